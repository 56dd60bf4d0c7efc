#!/usr/bin/python3
"""Measures what `inferometer archive` makes of metrics files: bytes a record in the lake, beside the bounds.

    bench/lake.py [--files N] [--build DIR]

Writes files of 1,000 records each into build/bench/lake (the older layout with three decimals, the same with every digit that
Python prints, ours, and ours with every field), archives them into a new lake, asks the lake for every record again, and prints the
sizes; exits 1 when a bound is missed or a record is not there.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(ROOT, "build", "bench", "lake")
RECORDS_PER_FILE = 1000
# Bytes a record; nothing where there is no bound.
BOUNDS = {"older": 40, "older-unrounded": None, "ours": None, "full": 90}


def size_of(folder, ending):
    return sum(os.path.getsize(os.path.join(parent, name)) for parent, _, names in os.walk(folder) for name in names
               if name.endswith(ending))


def measure(build, layout, files):
    """Bytes a record in files and in the lake, records in a partition, and seconds."""
    program = os.path.join(build, "inferometer")
    folder = os.path.join(DATA, layout)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([os.path.join(build, "bench-analyze-data"), folder, layout, str(files), str(RECORDS_PER_FILE)], check=True)
    begin = time.monotonic()
    done = subprocess.run([program, "archive", "--metrics-dir", folder, "--format", "json"], check=True, capture_output=True, text=True)
    seconds = time.monotonic() - begin
    records = files * RECORDS_PER_FILE
    answer = json.loads(done.stdout)
    asked = subprocess.run([program, "query", "SELECT count(*) AS n, count(DISTINCT (device_id, timestamp)) AS once FROM records",
                            "--metrics-dir", folder, "--format", "json"], check=True, capture_output=True, text=True)
    found = json.loads(asked.stdout)[0]
    if answer["records"] != records or found["n"] != records:
        sys.exit(f"{layout}: {records} records written, {answer['records']} archived, {found['n']} found")
    partitions = sum(name.endswith(".parquet") for _, _, names in os.walk(folder) for name in names)
    return size_of(folder, ".json") / records, size_of(folder, ".parquet") / records, records / partitions, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "bench"), help="where the bench preset was built")
    arguments = parser.parse_args()
    missed = False
    print(f"{'layout':16} {'JSON':>8} {'lake':>8}  bound  bytes a record; records a partition, records/s")
    for layout, bound in BOUNDS.items():
        json_bytes, lake_bytes, partition, seconds = measure(arguments.build, layout, arguments.files)
        is_missed = bound is not None and lake_bytes > bound
        missed = missed or is_missed
        print(f"{layout:16} {json_bytes:8.1f} {lake_bytes:8.1f}  {bound or '':>5}  {partition:,.0f}, "
              f"{arguments.files * RECORDS_PER_FILE / seconds:,.0f}{'  MISSED' if is_missed else ''}")
    shutil.rmtree(DATA, ignore_errors=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
