"""Find out whether a program keeps the screen on, as most do that show a film, a presentation or a call.

No desktop says what fills the screen, but GNOME's session manager and Plasma's policy agent say that a program asked
for the screen to stay on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing, suppress

from jeepney import DBusAddress, DBusErrorResponse, MessageFlag, new_method_call
from jeepney.wrappers import unwrap_msg

from snapsortd.daemon.desktop import open_session_bus

TIMEOUT_S = 0.3
"""Maximum wait for an answer: the loop waits, too."""
_GNOME = "org.gnome.SessionManager"
_PLASMA = "org.kde.Solid.PowerManagement.PolicyAgent"
_ASKED = (  # the flags: "idle", and "change screen settings"
    (DBusAddress("/org/gnome/SessionManager", _GNOME, _GNOME), "IsInhibited", 8),
    (DBusAddress("/org/kde/Solid/PowerManagement/PolicyAgent", _PLASMA, _PLASMA), "HasInhibition", 4),
)


def is_kept_awake(env: Mapping[str, str] = os.environ) -> bool:
    """Return True if a program keeps the screen on; False if not, or if that is unknown."""
    with suppress(OSError), closing(open_session_bus(env, TIMEOUT_S)) as bus:
        for address, method, flag in _ASKED:
            request = new_method_call(address, method, "u", (flag,))
            request.header.flags |= MessageFlag.no_auto_start
            with suppress(DBusErrorResponse):
                if unwrap_msg(bus.send_and_get_reply(request, timeout=TIMEOUT_S))[0]:
                    return True
    return False
