#!/usr/bin/python3
"""Measures `inferometer analyze` against Python's json.load and DuckDB's read_json over the same files.

    bench/analyze.py [--rounds N] [--build DIR]

Writes its data into build/bench/data (1,000 files with 1,000,000 records: the older layout with three decimals, the same
with all the digits that Python prints, and ours), in every round anew, so that the page cache holds all of it as a program
has just written it, for every rival: a machine may evict what nobody read for some seconds, and what it reads again lies
in smaller pieces, which takes twice as long. Puts DuckDB into third_party/bench-python (tools/pins-bench.txt) unless it is
there, and runs the rivals one after another in every round, so that a slow minute of the machine falls on all of them. Prints the median, the best and the processor's time of each, the ratios of the medians and the peak memory
beside the bounds; exits 1 when a bound is missed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(ROOT, "build", "bench", "data")
RIVALS = os.path.join(ROOT, "third_party", "bench-python")
FILES = 1000
RECORDS_PER_FILE = 1000
LEAST_OVER_JSON = 25
LEAST_OVER_DUCKDB = 5
MOST_OVER_CAT = 2
MOST_UNCHANGED_SECONDS = 0.05
MOST_MEMORY_MB = 200

JSON_LOAD = """
import glob, json, sys
records = 0
for name in sorted(glob.glob(sys.argv[1] + "/*/inference_metrics_*.json")):
    with open(name, encoding="utf-8") as file:
        records += len(json.load(file)["detailed_metrics"])
print(records)
"""

# DuckDB is told the few columns it needs, which is faster than letting it find out.
DUCKDB = """
import sys
import duckdb
print(duckdb.sql(f'''
  SELECT sum(n)::BIGINT FROM (
    SELECT m.device_id, m.model_name, count(*) AS n,
           min(m.inference_time_ms), avg(m.inference_time_ms), max(m.inference_time_ms),
           quantile_cont(m.inference_time_ms, [0.5, 0.95, 0.99]),
           min(m.memory_used_mb), avg(m.memory_used_mb), max(m.memory_used_mb),
           quantile_cont(m.memory_used_mb, [0.5, 0.95, 0.99]),
           min(m.cpu_percent_avg), avg(m.cpu_percent_avg), max(m.cpu_percent_avg),
           quantile_cont(m.cpu_percent_avg, [0.5, 0.95, 0.99]),
           min(m.energy_consumed_mj), avg(m.energy_consumed_mj), max(m.energy_consumed_mj), sum(m.energy_consumed_mj),
           quantile_cont(m.energy_consumed_mj, [0.5, 0.95, 0.99])
    FROM (SELECT unnest(detailed_metrics) AS m FROM read_json('{sys.argv[1]}/*/inference_metrics_*.json', columns = {{
            detailed_metrics: 'STRUCT(device_id VARCHAR, model_name VARCHAR, inference_time_ms DOUBLE,
                                      memory_used_mb DOUBLE, cpu_percent_avg DOUBLE, energy_consumed_mj DOUBLE)[]'}}))
    GROUP BY ALL)''').fetchone()[0])
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_data(build, layout):
    folder = os.path.join(DATA, layout)
    shutil.rmtree(folder, ignore_errors=True)
    maker = os.path.join(build, "bench-analyze-data")
    subprocess.run([maker, folder, layout, str(FILES), str(RECORDS_PER_FILE)], check=True)
    os.sync()  # no rival shares the processors with what writes the pages to the disk
    return folder


def bring_duckdb():
    if os.path.isdir(os.path.join(RIVALS, "duckdb")):
        return
    say("installing DuckDB into third_party/bench-python, checked against tools/pins-bench.txt")
    pins = os.path.join(ROOT, "tools", "pins-bench.txt")
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--require-hashes", "--target", RIVALS, "-r", pins], check=True)


def run(command):
    """Seconds, seconds of the processors and peak memory in MB of one run; its output goes nowhere."""
    environment = dict(os.environ, PYTHONPATH=RIVALS)
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} failed with {child.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def read_all(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                file.read()


def measure(contenders, rounds, make):
    """Runs of each contender, interleaved over the folder that `make` writes, after one round that is not counted."""
    runs = {name: [] for name in contenders}
    for number in range(rounds + 1):
        folder = make()
        for name, command in contenders.items():
            read_all(folder)
            result = run(command)
            if number > 0:
                runs[name].append(result)
        say(f"round {number} of {rounds} done" if number else "warmed up")
    return runs


def report(title, runs):
    """Prints one table; returns the medians and our peak memory."""
    medians = {name: statistics.median(result[0] for result in results) for name, results in runs.items()}
    print(f"\n{title}\n{'':18} {'median s':>9} {'best s':>9} {'CPU s':>9} {'peak MB':>8} {'times ours':>11}")
    for name, results in runs.items():
        best = min(result[0] for result in results)
        cpu = statistics.median(result[1] for result in results)
        peak = max(result[2] for result in results)
        times = medians[name] / medians["inferometer"]
        print(f"{name:18} {medians[name]:9.3f} {best:9.3f} {cpu:9.3f} {peak:8.0f} {times:11.1f}")
    return medians, max(result[2] for result in runs["inferometer"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "bench"), help="where the bench preset was built")
    parser.add_argument("--program", help="the inferometer to measure (default: the one in --build)")
    arguments = parser.parse_args()
    program = arguments.program or os.path.join(arguments.build, "inferometer")
    bring_duckdb()
    missed = []
    for layout in ("older", "older-unrounded", "ours"):
        folder = os.path.join(DATA, layout)
        say(f"{FILES} files of the {layout} layout in {os.path.relpath(folder)}")
        ours = [program, "analyze", "--metrics-dir", folder, "--format", "json"]
        runs = measure({
            "inferometer": ours,
            "again, unchanged": ours,
            "cat": ["sh", "-c", f"cat {folder}/*/inference_metrics_*.json > /dev/null"],
            "json.load": [sys.executable, "-c", JSON_LOAD, folder],
            "DuckDB read_json": [sys.executable, "-c", DUCKDB, folder],
        }, arguments.rounds, lambda name=layout: make_data(arguments.build, name))
        medians, memory = report(f"{FILES * RECORDS_PER_FILE:,} records, {FILES:,} files, {layout} layout", runs)
        if layout != "ours":
            over_json = medians["json.load"] / medians["inferometer"]
            over_duckdb = medians["DuckDB read_json"] / medians["inferometer"]
            of_cat = medians["inferometer"] / medians["cat"]
            unchanged = medians["again, unchanged"]
            bounds = (("times faster than json.load", over_json, f"at least {LEAST_OVER_JSON}",
                       over_json >= LEAST_OVER_JSON),
                      ("times faster than DuckDB", over_duckdb, f"at least {LEAST_OVER_DUCKDB}",
                       over_duckdb >= LEAST_OVER_DUCKDB),
                      ("times the seconds of cat", of_cat, f"at most {MOST_OVER_CAT}", of_cat <= MOST_OVER_CAT),
                      ("ms when nothing changed", unchanged * 1000, f"under {MOST_UNCHANGED_SECONDS * 1000:.0f}",
                       unchanged < MOST_UNCHANGED_SECONDS),
                      ("MB of memory", memory, f"under {MOST_MEMORY_MB}", memory < MOST_MEMORY_MB))
            for what, value, bound, good in bounds:
                print(f"  {value:6.1f} {what} (bound: {bound}){'' if good else '  MISSED'}")
                missed += [] if good else [what]
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
