"""Rows whose faults need a disk or a process of another make: they are unit tests and tests of the whole program, run from here by name."""
import os
import re
import subprocess

from rows import row
from stage import ROOT, CannotRun


def unit(stage, program, tests, preset="asan"):
    """GoogleTests of one folder under the sanitizers."""
    binary = ROOT / "build" / preset / "src" / program / f"{program}_test"
    if not binary.exists():
        raise CannotRun(f"needs build/{preset}: ./check {'unit' if preset == 'asan' else 'threads'}")
    environment = {**os.environ, **({"INFEROMETER_FULL_TESTS": "1"} if stage.full else {})}
    done = subprocess.run([binary, f"--gtest_filter={tests}"], capture_output=True, text=True, env=environment)
    passed = re.search(r"\[  PASSED  \] (\d+) test", done.stdout)
    stage.expect(done.returncode == 0, done.stdout[-1500:] + done.stderr[-500:])
    stage.expect(passed and int(passed[1]) > 0, f"no test {tests} in {program}_test")
    stage.note(f"{passed[1] if passed else 0} unit tests of {program}")


def end_to_end(stage, file, tests):
    done = subprocess.run(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/end_to_end/{file}", "-k", tests], cwd=ROOT,
                          capture_output=True, text=True)
    passed = re.search(r"(\d+) passed", done.stdout)
    stage.expect(done.returncode == 0 and passed, done.stdout[-1500:])
    stage.note(f"{passed[1] if passed else 0} tests with a real broker")


def not_yet(name, title, what):
    @row(name, title, seconds=0)
    def play(_):
        raise CannotRun(what)


@row(2, "a power cut: everything that was not synced is gone", seconds=10, quick=False)
def power_cut(stage):
    unit(stage, "store", "*JournalCrashTest*")


@row(3, "a power cut: blocks torn and reordered", seconds=10, quick=False)
def torn_blocks(stage):
    unit(stage, "store", "*JournalCrashTest*")


@row(5, "the open segment cut at every byte", seconds=5, quick=False)
def every_truncation(stage):
    unit(stage, "store", "SegmentReaderTest.EveryTruncation*")


@row(6, "every bit of a segment flipped", seconds=5, quick=False)
def every_flipped_bit(stage):
    unit(stage, "store", "*FlippedBitTest*")


@row(13, "short writes and interrupted calls", seconds=2, quick=False)
def short_writes(stage):
    unit(stage, "os", "WriteAll*:*ShortWrite*:*Interrupted*")
    unit(stage, "store", "*EveryCallMayFail*")


@row(35, "another device's topic; a payload that names another device", seconds=20, quick=False)
def another_name(stage):
    end_to_end(stage, "test_security.py", "anothers_name")


@row(36, "user names with /, + and #", seconds=15, quick=False)
def wildcard_names(stage):
    end_to_end(stage, "test_security.py", "wildcard or slash or no_device_id")


@row(37, "another's client id", seconds=10, quick=False)
def client_id(stage):
    end_to_end(stage, "test_security.py", "client_id")


@row(38, "revoked, expired and foreign certificates, and none", seconds=40, quick=False)
def certificates(stage):
    end_to_end(stage, "test_security.py", "revoked or revocation or without_tls")
    unit(stage, "mqtt", "*Certificate*")


@row(53, "threads that keep, save, acknowledge and end at once", seconds=20, quick=False)
def threads(stage):
    unit(stage, "device", "*", preset="tsan")


not_yet(46, "hostile HTTP", "there is no HTTP server yet")
not_yet(47, "HTTP without the right to", "there is no HTTP server yet")
not_yet(49, "compaction to Parquet killed at every call", "there is no lake yet")
not_yet(50, "Parquet files that are damaged", "there is no lake yet")
