"""The daemon's side (`classifier`, `sniff`) and the classifier process (`child` and what it imports)."""
