"""The promises of snapsortd, tried on this machine in a temporary folder, by the installed programs."""
