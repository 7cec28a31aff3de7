"""The soak: random operations on four file systems under a real daemon, and a record of every byte that was written."""
