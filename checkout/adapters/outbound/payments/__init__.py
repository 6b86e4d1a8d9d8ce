"""Payment providers that come with us. Each needs its own extra, and a host names the one it uses."""
