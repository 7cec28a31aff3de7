"""Make a new classifier process hand over to `tests.crash_sweep.warm`, where torch is already loaded."""

import os
import socket
import sys

_WARM = os.environ.get("SNAPSORT_WARM_CLASSIFIER")

if _WARM and "snapsortd.vision.child.main" in sys.orig_argv:
    with socket.socket(socket.AF_UNIX) as _connection:
        _connection.connect(_WARM)
        _theirs = int(sys.orig_argv[-1])
        socket.send_fds(_connection, [b"\0"], [_theirs])
        os.close(_theirs)  # so that only the classifier's end keeps the daemon's open
        _connection.recv(1)  # until the classifier exits
    os._exit(0)
