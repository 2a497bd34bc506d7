"""The audit log: appending, crashes, and that every change is found."""

import errno
import hashlib
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import EnvironmentFault, InputError, UsageError
from mitograft.provenance import AuditLog
from mitograft.provenance.chain import NO_ENTRY, continuation, find_problems, parse_lines

TIME = "2025-01-01T00:00:00Z"


def chain(count, data=b""):
    for k in range(count):
        data += continuation(data, TIME, f"event-{k}", {"rows": k, "text": "\u00b5\n"})[0]
    return data


@pytest.fixture
def log(tmp_path):
    made = AuditLog(tmp_path / "audit.jsonl")
    for k in range(5):
        made.append("run", {"k": k})
    return made


def rewrite(log, change):
    log.path.write_bytes(change(log.path.read_bytes()))
    return log


# Appending


def test_entries_come_back_in_order_and_are_chained(log):
    entries = log.entries()
    assert [(e.sequence, e.event, e.detail) for e in entries] == [(k, "run", {"k": k}) for k in range(5)]
    assert [e.previous for e in entries] == [NO_ENTRY, *(e.hash for e in entries[:-1])]
    assert log.verify() == []
    assert log.head() == entries[-1].hash
    assert log.verify(entries[-1].hash) == []


def test_append_returns_the_new_head(log):
    assert log.append("next") == log.head()


def test_a_line_is_plain_json_whose_hash_anybody_can_check(log):
    line = log.path.read_text().splitlines()[3]
    body = json.loads(line)
    stated = body.pop("hash")
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == stated
    assert sorted(body) == ["detail", "event", "previous", "sequence", "time"]


def test_the_time_is_that_of_source_date_epoch_where_set(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    log = AuditLog(tmp_path / "a")
    log.append("run")
    assert log.entries()[0].time == "1970-01-02T00:00:00Z"


def test_an_empty_or_missing_log_is_whole(tmp_path):
    log = AuditLog(tmp_path / "a")
    assert (log.entries(), log.head(), log.verify()) == ((), NO_ENTRY, [])
    log.path.touch()
    assert (log.entries(), log.head(), log.verify()) == ((), NO_ENTRY, [])
    log.append("first")
    assert log.verify() == []


@pytest.mark.parametrize("detail", [{"a": float("nan")}, {"a": {1, 2}}, {"a": b"x"}, {1: "x", "a": 2}])
def test_a_detail_that_is_not_json_is_refused(detail, log):
    before = log.path.read_bytes()
    with pytest.raises(UsageError, match="event 'run': found a detail that is not plain JSON, expected"):
        log.append("run", detail)
    with pytest.raises(UsageError, match="found an event without a name"):
        log.append(" ", {})
    assert log.path.read_bytes() == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.dictionaries(st.text(), json_values, max_size=3), min_size=1, max_size=4))
def test_any_json_detail_comes_back(details):
    data = b""
    for detail in details:
        data += continuation(data, TIME, "e", detail)[0]
    entries, tail = parse_lines(data)
    assert [entry.detail for entry in entries] == details
    assert tail == b""
    assert list(find_problems(data)) == []


def test_a_file_that_is_no_log_is_left_alone(tmp_path):
    for content in (b"a,b\n1,2\n", b"notes", b"{}\n", b'{"detail":[]}'):
        log = AuditLog(tmp_path / "notes.txt")
        log.path.write_bytes(content)
        with pytest.raises(InputError, match=r"without a single audit entry.*\[not-an-audit-log\]"):
            log.append("run")
        assert log.path.read_bytes() == content


def test_processes_take_turns(tmp_path):
    program = (
        "import sys; from pathlib import Path; from mitograft.provenance import AuditLog\n"
        "for k in range(25): AuditLog(Path(sys.argv[1])).append('run', {'who': sys.argv[2], 'k': k})"
    )
    path = tmp_path / "a"
    running = [subprocess.Popen([sys.executable, "-c", program, path, str(who)]) for who in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    log = AuditLog(path)
    assert log.verify() == []
    seen = [(e.detail["who"], e.detail["k"]) for e in log.entries()]
    assert sorted(seen) == [(str(who), k) for who in range(3) for k in range(25)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a"]


# Refusals of the machine


@pytest.mark.parametrize("step", ["os.write", "os.fsync", "os.open"])
@pytest.mark.parametrize(
    ("code", "sentence"), [(errno.ENOSPC, "found a full disk"), (errno.EACCES, "found no permission")]
)
def test_a_refusal_leaves_the_log_as_it_was(step, code, sentence, log, monkeypatch):
    before = log.path.read_bytes()
    original, calls = getattr(os, step[3:]), []

    def refuse(*arguments):
        calls.append(arguments)
        if step == "os.write" and len(calls) == 1:
            return original(arguments[0], arguments[1][:20])  # a part fits, then the disk is full
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(step, refuse)
        with pytest.raises(EnvironmentFault, match=rf"Cannot (write|lock) '.*audit\.jsonl': {sentence}"):
            log.append("run")
    assert calls
    assert log.path.read_bytes() == before
    log.append("run")
    assert log.verify() == []


def test_a_missing_folder_is_for_the_person_to_mend(tmp_path):
    with pytest.raises(UsageError, match="found no such file or folder"):
        AuditLog(tmp_path / "none" / "a").append("run")
    with pytest.raises(UsageError, match="found a folder, expected a file"):
        AuditLog(tmp_path).verify()


# Crashes: a torn last line


@pytest.mark.parametrize("whole", [0, 1, 3])
def test_a_line_torn_anywhere_is_reported_recorded_and_passed(whole):
    start = chain(whole)
    data = chain(1, start)
    for cut in range(len(start) + 1, len(data)):
        torn = data[:cut]
        problems = list(find_problems(torn))
        assert len(problems) == 1
        assert f"line {whole + 1} is incomplete" in problems[0]
        after = torn + continuation(torn, TIME, "next", {})[0]
        assert list(find_problems(after)) == []
        events = [e.event for e in parse_lines(after)[0]]
        expected = ["event-0", "next"] if cut == len(data) - 1 else ["torn-line", "next"]
        assert events[whole:] == expected


def test_a_crash_while_a_torn_line_is_recorded_is_passed_too():
    start = chain(2)
    torn = start + chain(1, start)[len(start) :][:40]
    recovery = continuation(torn, TIME, "next", {})[0]
    for cut in range(1, len(recovery)):
        again = torn + recovery[:cut]
        after = again + continuation(again, TIME, "last", {})[0]
        assert list(find_problems(after)) == []
        assert [e.event for e in parse_lines(after)[0]][-1] == "last"


def test_recorded_torn_bytes_must_stay_as_they_are():
    start = chain(2)
    torn = chain(1, start)[:-30]
    after = torn + continuation(torn, TIME, "next", {})[0]
    for position in range(len(start), len(after)):
        assert list(find_problems(flip(after, position))) != []
    # The fragment taken out, or put at another place.
    fragment = torn[len(start) :]
    assert list(find_problems(after.replace(fragment + b"\x18", b""))) != []
    assert list(find_problems(after.replace(fragment, fragment[:-1]))) != []


def test_the_crash_is_seen_through_the_log_itself(log):
    rewrite(log, lambda data: data[:-10])
    assert log.verify() == [
        "audit.jsonl: line 5 is incomplete: a run was stopped while writing it, or it was cut off."
    ]
    log.append("next")
    assert log.verify() == []
    assert [e.event for e in log.entries()][-2:] == ["torn-line", "next"]
    assert log.entries()[-2].detail["bytes"] > 0


# Changes


def flip(data, position, bit=0):
    return data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :]


@pytest.mark.parametrize("bit", range(8))
def test_every_single_bit_counts(bit):
    data = chain(3)
    missed = [position for position in range(len(data)) if not list(find_problems(flip(data, position, bit)))]
    assert missed == []


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_any_change_of_one_byte_is_found_also_after_more_appends(data):
    log = chain(3)
    position = data.draw(st.integers(0, len(log) - 2))  # the last line end: see the next test
    value = data.draw(st.integers(0, 255).filter(lambda v: v != log[position]))
    damaged = log[:position] + bytes([value]) + log[position + 1 :]
    assert list(find_problems(damaged)) != []
    assert list(find_problems(chain(2, damaged))) != []


@pytest.mark.parametrize("value", [b" ", b"}", b"\x18", b"\x00", b"\r"])
def test_a_changed_last_line_end_is_not_taken_for_a_crash(value):
    damaged = chain(3)[:-1] + value
    assert list(find_problems(damaged)) != []
    assert list(find_problems(chain(2, damaged))) != []


@settings(deadline=None)
@given(st.integers(0, 5), st.integers(0, 5))
def test_removed_repeated_and_moved_lines_are_found(one, other):
    lines = chain(6).splitlines(keepends=True)
    if one < 5:  # the last line: see below
        assert list(find_problems(b"".join(lines[:one] + lines[one + 1 :]))) != []
    assert list(find_problems(b"".join([*lines[:one], lines[other], *lines[one:]]))) != []
    if one != other:
        swapped = list(lines)
        swapped[one], swapped[other] = lines[other], lines[one]
        assert list(find_problems(b"".join(swapped))) != []


def test_an_inserted_line_with_a_right_hash_is_found():
    lines = chain(4).splitlines(keepends=True)
    forged = chain(2)[len(lines[0]) :].replace(b"event-1", b"event-9")
    body = json.loads(forged)
    body.pop("hash")
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    whole = json.dumps(
        body | {"hash": hashlib.sha256(text.encode()).hexdigest()}, sort_keys=True, separators=(",", ":")
    )
    line = whole.encode() + b"\n"
    assert parse_lines(line)[0] != [None]
    for place in range(len(lines) + 1):
        assert list(find_problems(b"".join([*lines[:place], line, *lines[place:]]))) != []
    assert list(find_problems(b"".join([lines[0], line, *lines[2:]]))) != []


def test_a_gap_in_the_numbers_is_found_though_the_hashes_agree():
    body = {
        "detail": {},
        "event": "e",
        "previous": parse_lines(chain(1))[0][0].hash,
        "sequence": 2,
        "time": TIME,
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    body["hash"] = hashlib.sha256(text.encode()).hexdigest()
    line = json.dumps(body, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert list(find_problems(chain(1) + line.replace(b":2,", b":1,"))) == [
        "line 2 was altered or is not an entry."
    ]
    assert list(find_problems(chain(1) + line)) == [
        "line 2 does not follow on the entry before it: a line was removed, added or moved."
    ]


def test_the_problem_names_the_line(log):
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join([lines[0], lines[2], lines[3].replace(b'"k":3', b'"k":7'), lines[4]]))
    assert log.verify() == [
        "audit.jsonl: line 2 does not follow on the entry before it: a line was removed, added or moved.",
        "audit.jsonl: line 3 was altered or is not an entry.",
        "audit.jsonl: line 4 does not follow on the entry before it: a line was removed, added or moved.",
    ]


@pytest.mark.parametrize("removed", [1, 2, 5])
def test_lines_removed_from_the_end_are_found_against_the_recorded_head(removed, log):
    head = log.head()
    rewrite(log, lambda data: b"".join(data.splitlines(keepends=True)[:-removed]))
    assert log.verify() == []
    assert log.verify(head) == [
        "audit.jsonl: the entry that the manifest names is missing: the log was shortened or replaced."
    ]


@pytest.mark.parametrize(
    "line", [b"[]", b"null", b"3", b'"x"', b"[" * 50_000, b"\xff", b"{}", b'{"hash":"x"}', b'{"detail":{}}']
)
def test_odd_lines_are_damage_and_not_a_crash(line):
    assert list(find_problems(chain(1) + line + b"\n")) == ["line 2 was altered or is not an entry."]
