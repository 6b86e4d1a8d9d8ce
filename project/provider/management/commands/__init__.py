"""`manage.py provider` runs the provider alone."""
