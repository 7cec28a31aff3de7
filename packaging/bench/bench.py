"""What snapsortd costs on this machine: start, memory, time per image. Prints a table, writes build/bench.json.

Linux only: memory is read from /proc. Figures are medians; compare ratios of one run, not times of two.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "packaging" / "demo"))

from demo import COMMANDS, Demo, images  # noqa: E402

ROUNDS = 5
SETTLE_S = 1.0
"""The demo's configuration waits this long after the last change; it is taken off."""


def pss_mib(pid: int) -> float:
    """Proportional set size of a process in MiB (proc_pid_smaps_rollup)."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def wake_ups(pid: int) -> int:
    """How often the threads of a process went to sleep of their own accord."""
    told = "\n".join(task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/status"))
    return sum(map(int, re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", told, re.MULTILINE)))


def timed(*words: str, env: dict[str, str]) -> float:
    """Seconds that a command takes from start to exit; the median of several."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run(words, env=env, capture_output=True, check=True)
        return time.perf_counter() - began

    return statistics.median(once() for _ in range(ROUNDS))


def close_to_filed(demo: Demo, events: subprocess.Popen[str]) -> list[float]:
    """Seconds from the close of each image to its event, without the settle time."""
    assert events.stdout is not None
    events.stdout.readline()
    found = []
    for number in range(ROUNDS):
        for name, data in images().items():
            path = demo.inbox / f"{number} {name}"
            path.write_bytes(data)
            closed = time.perf_counter()
            for line in events.stdout:
                if json.loads(line).get("path") == str(path):
                    break
            found.append(time.perf_counter() - closed - SETTLE_S)
    return found


def idle(pid: int, seconds: float = 30.0) -> tuple[float, float]:
    """Percent of one processor and wake-ups per second of an idle process."""
    before = cpu_s(pid), wake_ups(pid)
    time.sleep(seconds)
    return 100 * (cpu_s(pid) - before[0]) / seconds, (wake_ups(pid) - before[1]) / seconds


def measure(demo: Demo) -> dict[str, float]:
    """All figures of one instance."""
    began = time.perf_counter()
    with (demo.folder / "daemon.log").open("wb") as log:
        daemon = subprocess.Popen([COMMANDS / "snapsortd"], env=demo.env, stderr=log)
    try:
        socket = demo.folder / "run" / "snapsortd" / "control.sock"
        while not socket.exists():
            time.sleep(0.005)
        answers = time.perf_counter() - began
        demo.wait_until_running(daemon)
        loaded = time.perf_counter() - began
        ctl = str(COMMANDS / "snapsortctl")
        status = json.loads(subprocess.check_output([ctl, "status", "--json"], env=demo.env))
        events = subprocess.Popen([ctl, "watch", "--json"], env=demo.env, stdout=subprocess.PIPE, text=True)
        latency = close_to_filed(demo, events)
        events.terminate()
        events.wait()
        cpu, wakes = idle(daemon.pid)
        return {
            "answers_s": answers,
            "model_loaded_s": loaded,
            "status_s": timed(ctl, "status", env=demo.env),
            "close_to_filed_ms_p50": 1000 * statistics.median(latency),
            "close_to_filed_ms_max": 1000 * max(latency),
            "daemon_pss_mib": pss_mib(daemon.pid),
            "classifier_pss_mib": pss_mib(status["classifier_pid"]),
            "idle_cpu_percent": cpu,
            "idle_wakeups_per_s": wakes,
        }
    finally:
        daemon.terminate()
        daemon.wait(timeout=30)


def main() -> None:
    """Measure, print, write."""
    with tempfile.TemporaryDirectory(prefix="snapsortd-bench-") as folder:
        figures = {name: round(value, 3) for name, value in measure(Demo(Path(folder))).items()}
    for name, value in figures.items():
        print(f"{name:24} {value:10.3f}")
    out = REPOSITORY / "build"
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
