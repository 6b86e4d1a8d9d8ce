"""From the commit in a worker to the frame in the client, with many open sockets."""
