"""What breaks in practice, looked for one by one. Only looks: no lock is taken, no file is made or changed.

Each subject has a module: facts are gathered by functions that read, and judged by `check_*` functions that only
get facts, so that every judgement can be tested on any system.
"""

from snapsortd.ctl.doctor.examine import DoctorInput, examine
from snapsortd.ctl.doctor.finding import Finding, Status

__all__ = ["DoctorInput", "Finding", "Status", "examine"]
