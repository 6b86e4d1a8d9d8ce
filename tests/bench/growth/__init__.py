"""What the sweeps, the watch, the admin and the doctor touch when very much is finished."""
