"""The daemon's side (`classifier`, `formats`) and the classifier process (`child` and what it imports)."""
