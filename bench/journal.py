#!/usr/bin/env python3
"""What keeping 64 records durably costs: the journal, SQLite and a plain file in turn; then the journal's own figures.

    bench/journal.py [--rounds N] [--quick]

SQLite as one would use it for this: WAL, synchronous=FULL, one transaction for the same 64 records of about 1,000 bytes."""
import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import time

import rig

RECORDS_A_BATCH = 64
BATCHES = 50
WARM_UP = 4
LINE = b"x" * 1070  # as long as bench-journal's records


def sqlite_us(folder):
    """Median time of a transaction."""
    base = sqlite3.connect(folder / "records.db", isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE records (stream INTEGER, sequence INTEGER, line BLOB, PRIMARY KEY (stream, sequence)) WITHOUT ROWID")
    times = []
    for batch in range(WARM_UP + BATCHES):
        rows = [(7, batch * RECORDS_A_BATCH + i, LINE) for i in range(RECORDS_A_BATCH)]
        begin = time.perf_counter()
        base.execute("BEGIN")
        base.executemany("INSERT INTO records VALUES (?, ?, ?)", rows)
        base.execute("COMMIT")
        times.append(1e6 * (time.perf_counter() - begin))
    base.close()
    return statistics.median(times[WARM_UP:])


def one_round():
    folder = rig.fresh_folder("journal")
    done = subprocess.run([rig.BUILD / "bench-journal", folder / "ours", "--round"], capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    return {"journal": figures["journal_us"], "plain file": figures["plain_us"], "SQLite": sqlite_us(folder)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    rounds = [one_round() for _ in range(3 if arguments.quick else arguments.rounds)]
    print(f"{RECORDS_A_BATCH} records written one by one, then made durable; median of {len(rounds)} rounds in turn")
    for name in rounds[0]:
        ratios = [figures["journal"] / figures[name] for figures in rounds]
        beside = f"   journal over it {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{name:12} {statistics.median(figures[name] for figures in rounds):9.0f} us{'' if name == 'journal' else beside}")
    command = [rig.BUILD / "bench-journal", rig.fresh_folder("journal"), *(["--quick"] if arguments.quick else [])]
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
