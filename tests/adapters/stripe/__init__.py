"""The Stripe adapter over real HTTP: the emulator, a proxy of ours in front, a fake of the page."""
