"""What every benchmark measures with: figures, a counting proxy, servers, processes, counters."""
