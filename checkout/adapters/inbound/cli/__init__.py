"""What the command line answers: the flow table, one checkout explained, and the doctor."""
