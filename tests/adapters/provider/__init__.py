"""The simulated provider, by itself: no checkout and no shop takes part."""
