"""Diagnosis of common problems. Read-only: no lock is taken, no file is created or changed,
except in a private folder on file systems whose abilities are unknown, which is removed at once.

Each subject has a module: its facts are gathered by functions that read the system and judged by pure `check_*`
functions, so that every judgement can be tested on any system.
"""

from snapsortd.ctl.doctor.examine import DoctorInput, examine
from snapsortd.ctl.doctor.finding import Finding, Status

__all__ = ["DoctorInput", "Finding", "Status", "examine"]
