"""The crash sweep: kills, and every failing disk, at each system call of the installed programs."""
