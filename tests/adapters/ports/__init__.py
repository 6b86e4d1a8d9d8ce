"""Every port contract, against the fakes and against the shop."""
