"""snapsortctl: the command line client. It imports only what the requested command needs."""
