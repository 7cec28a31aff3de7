"""snapsortctl: the command line client. It loads only what the command at hand needs."""
