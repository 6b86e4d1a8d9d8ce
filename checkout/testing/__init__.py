"""What a shop's developers test with: fakes of the ports, builders, and a contract suite per port."""
