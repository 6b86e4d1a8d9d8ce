"""The tree itself: style, types, imports, migrations and documents hold what we promise."""
