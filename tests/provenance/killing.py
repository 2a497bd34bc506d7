"""Kill writers with signal 9 and look at what they left; started by test_kill.py as a program of its own.

It forks, and forking is safe only in a process without threads; the test runner may have some.

``random``: each writer writes in a loop and is killed at some moment, again and again.
``steps``: each writer writes once and ends without any clean-up just before its first, second, third, ...
step on the disk (every file opened, renamed, removed, ...), so that no moment is left to chance.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from mitograft.provenance import AuditLog, atomic, atomic_directory, atomic_write_bytes

NAMES = ("manifest.json", "deep/c.csv")
STEPS = 500


def content(number):
    """A whole content that tells its number; half of it is recognised."""
    return (
        f"mitograft {number} ".encode() + str(number % 10).encode() * (1000 + 997 * (number % 300)) + b" end"
    )


def number_of(data):
    number = int(data.split(b" ", 2)[1]) if data.startswith(b"mitograft ") else -1
    return number if data == content(number) else None


def write_file(place, number):
    atomic_write_bytes(place / "final", content(number))


def read_file(place):
    return number_of((place / "final").read_bytes())


def write_folder(place, number):
    with atomic_directory(place / "final", keep=["kept"]) as folder:
        for name in NAMES:
            (folder / name).parent.mkdir(exist_ok=True)
            atomic_write_bytes(folder / name, content(number))
        if not (folder / "kept").exists():
            (folder / "kept").write_text("kept")


def read_folder(place, name="final"):
    final = place / name
    found = sorted(p.relative_to(final).as_posix() for p in final.rglob("*") if p.is_file())
    numbers = {number_of((final / name).read_bytes()) for name in NAMES if (final / name).exists()}
    whole = found == sorted((*NAMES, "kept")) and len(numbers) == 1
    return numbers.pop() if whole else None


def append_line(place, number):
    acknowledged = AuditLog(place / "final").append("event", {"number": number, "text": "x" * (number % 997)})
    with (place / "acknowledged").open("a") as stream:
        stream.write(acknowledged + "\n")


def read_log(place):
    """The last number, if every acknowledged line is there and nothing is wrong but a torn end."""
    log = AuditLog(place / "final")
    acknowledged = (place / "acknowledged").read_text().split("\n")[:-1]
    entries = log.entries()
    lost = set(acknowledged) - {entry.hash for entry in entries}
    wrong = [p for p in log.verify() if "is incomplete" not in p]
    numbers = [entry.detail["number"] for entry in entries if entry.event == "event"]
    return None if lost or wrong or numbers != sorted(set(numbers)) else numbers[-1]


WRITERS = {
    "file": (write_file, read_file),
    "folder": (write_folder, read_folder),
    "log": (append_line, read_log),
}


def in_child(job, kill_after=None):
    """Run a job in a forked process; return its exit status, or None where it was killed."""
    child = os.fork()
    if child == 0:
        try:
            job()
            os._exit(0)
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            sys.stderr.flush()
            os._exit(1)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if status == -signal.SIGKILL else status


def litter(place):
    return sorted(p.name for p in place.iterdir() if p.name not in ("final", "acknowledged"))


def kill_at_random(kind, place, kills):
    write, read = WRITERS[kind]
    write(place, 0)
    report = {"kills": 0, "wrong": [], "written": 0}
    for k in range(kills):
        before = read(place)

        def job(start=before):
            for number in range(start + 1, start + 10_000):
                write(place, number)

        if in_child(job, kill_after=0.004 + 0.03 * (k * 61 % 97) / 97) is None:
            report["kills"] += 1
        seen = read(place) if (place / "final").exists() else None
        if seen is None or seen < before:
            report["wrong"].append([k, before, seen, litter(place)])
            break
        report["written"] += seen - before
    write(place, 10**6)
    report["end"] = read(place)
    return report


def set_aside(place):
    """Leave the folders as a run does that was killed between the first two renames."""
    (place / "final").rename(place / ".final.old")
    (place / ".final.new").mkdir()
    (place / ".final.new" / "half").write_text("half")


def kill_at_each_step(kind, place, way):
    """Return what was seen under the final name after the end at step 1, 2, 3, ..."""
    if way != "exchange":
        atomic._exchange = lambda *_: False
    write, read = WRITERS[kind]
    write(place, 0)
    report = {"seen": [], "recovered": [], "wrong": [], "litter": []}
    for step in range(1, STEPS):
        before = read(place)
        if way == "set aside":
            set_aside(place)
        status = in_child(lambda step=step, before=before: stop_at(step, lambda: write(place, before + 1)))
        seen = read(place) - before if (place / "final").exists() else "nothing"
        report["seen"].append(seen)
        if (place / ".final.old").exists() and read(place, ".final.old") != before:
            # The next run may put this one back, so it must never be half removed.
            report["wrong"].append([step, "half a folder set aside"])
        status_next = in_child(lambda before=before: write(place, before + 2))
        report["recovered"].append(read(place) - before)
        if status_next != 0 or status not in (0, 9):
            report["wrong"].append([step, status, status_next])
        report["litter"].append(litter(place))
        if status == 0:
            break
    return report


def stop_at(step, job):
    left = step

    def hook(event, _):
        nonlocal left
        if event.partition(".")[0] in ("open", "os", "fcntl", "shutil", "ctypes"):
            left -= 1
            if left == 0:
                os._exit(9)

    sys.addaudithook(hook)
    job()


def main():
    how, kind, place, *rest = sys.argv[1:]
    folder = Path(place)
    if how == "random":
        report = kill_at_random(kind, folder, int(rest[0]))
    else:
        report = kill_at_each_step(kind, folder, rest[0])
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
