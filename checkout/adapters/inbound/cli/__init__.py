"""What the command line answers: the flow, one checkout explained, doctor, rebuild and proof."""
