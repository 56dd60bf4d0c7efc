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
    stage.note(f"{passed[1] if passed else 0} tests of the whole program")


def not_yet(name, title, what):
    @row(name, title, seconds=0)
    def play(_):
        raise CannotRun(what)


def play_elsewhere(name, title, seconds, *parts):
    """Each part a function and its arguments. Not in the quick form: other stages of ./check run them."""
    @row(name, title, seconds, quick=False)
    def play(stage):
        for function, *arguments in parts:
            function(stage, *arguments)


play_elsewhere(2, "a power cut: everything that was not synced is gone", 10, (unit, "store", "*JournalCrashTest*"))
play_elsewhere(3, "a power cut: blocks torn and reordered", 10, (unit, "store", "*JournalCrashTest*"))
play_elsewhere(5, "the open segment cut at every byte", 5, (unit, "store", "SegmentReaderTest.EveryTruncation*"))
play_elsewhere(6, "every bit of a segment flipped", 5, (unit, "store", "*FlippedBitTest*"))
play_elsewhere(13, "short writes and interrupted calls", 2, (unit, "os", "WriteAll*:*ShortWrite*:*Interrupted*"),
               (unit, "store", "*EveryCallMayFail*"))
play_elsewhere(35, "another device's topic; a payload that names another device", 20, (end_to_end, "test_security.py", "anothers_name"))
play_elsewhere(36, "user names with /, + and #", 15, (end_to_end, "test_security.py", "wildcard or slash or no_device_id"))
play_elsewhere(37, "another's client id", 10, (end_to_end, "test_security.py", "client_id"))
play_elsewhere(38, "revoked, expired and foreign certificates, and none", 40,
               (end_to_end, "test_security.py", "revoked or revocation or without_tls"), (unit, "mqtt", "*Certificate*"))
play_elsewhere(49, "compaction to Parquet, and what lets old files go, killed at every call", 600, (end_to_end, "test_archive.py", "kill"),
               (end_to_end, "test_clean.py", "kill"), (unit, "archive", "*AnyFailingCall*"))
play_elsewhere(50, "Parquet files that are damaged", 60, (unit, "lake", "FileChecksumTest.*"), (end_to_end, "test_lake_damage.py", "flipped or damaged"),
               (end_to_end, "test_archive.py", "damaged"))
play_elsewhere(53, "threads that keep, save, acknowledge and end at once", 20, (unit, "device", "*", "tsan"))

not_yet(46, "hostile HTTP", "there is no HTTP server yet")
not_yet(47, "HTTP without the right to", "there is no HTTP server yet")
