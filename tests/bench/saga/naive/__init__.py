"""What one writes first: five tasks that each load, change and save, and then push."""
