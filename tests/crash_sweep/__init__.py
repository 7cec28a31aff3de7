"""The crash sweep: kills, and every disk error, at each system call of the installed programs."""
