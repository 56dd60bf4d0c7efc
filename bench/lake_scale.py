#!/usr/bin/python3
"""Measures the summary of a large lake against DuckDB asked directly, and how its cost grows with the records.

    bench/lake_scale.py [--millions N] [--rounds N] [--build DIR]

Makes a lake of N million records of the older layout in build/bench/lake-scale: a day that `inferometer archive` wrote, multiplied by
DuckDB over 40 devices with 50,000 records a day each, with other numbers in the columns that statistics are made of. Asks for the
summary of a tenth of it, of a third, and of all; and asks DuckDB's Python module for the same of all: counts, extremes, averages, sums
and three quantiles, by device and model. Then the same with all records those of one device, whose quantiles need more than there is of
memory. Both are held against each other figure by figure. Prints seconds, processor time, peak memory, the ratios beside their bounds,
and the slope of seconds over records; exits 1 when a bound is missed or an answer differs.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys

import analyze

DATA = os.path.join(analyze.ROOT, "build", "bench", "lake-scale")
DEVICES = 40
A_DAY = 50_000
MOST_MEMORY_MB = 512
LEAST_OVER_DUCKDB = 1.0

MULTIPLY = """
import glob, os, sys, urllib.parse
import duckdb
seed, lake, devices, days, a_day, is_one = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])
[file] = glob.glob(seed + "/lake/device=*/date=*/records.parquet")[:1]
database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
database.execute(f"CREATE TABLE seed AS FROM read_parquet('{file}', hive_partitioning = false)")
times = -(-a_day // database.sql("SELECT count(*) FROM seed").fetchone()[0])
for device in range(devices):
    for day in range(days):
        number, date_number = (0, device * days + day) if is_one else (device, day)
        name = f"02:00:00:00:00:{number:02x}"
        date = database.sql(f"SELECT strftime(DATE '2000-01-01' + {date_number}, '%Y-%m-%d')").fetchone()[0]
        folder = f"{lake}/device={urllib.parse.quote(name, safe='')}/date={date}"
        os.makedirs(folder)
        database.execute(f'''COPY (SELECT * REPLACE (
            '{name}' AS device_id, 'edge-{number}' AS device_name,
            TIMESTAMPTZ '{date} 00:00:00+00' + to_microseconds(((row_number() OVER ()) * 86399000000 // {a_day})::BIGINT) AS timestamp,
            (100 + 400 * random() * random() + {number})::DECIMAL(18, 3) AS inference_time_ms,
            (150 + 80 * random())::DECIMAL(18, 2) AS memory_used_mb,
            (150 + 50 * random())::DECIMAL(18, 2) AS cpu_percent_avg,
            (700 + 4000 * pow(random(), 1.5))::DECIMAL(18, 2) AS energy_consumed_mj)
          FROM (SELECT seed.* FROM seed, range({times}) LIMIT {a_day}))
          TO '{folder}/records.parquet' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)''')
"""

DUCKDB = """
import json, sys
import duckdb
four = ("inference_time_ms", "memory_used_mb", "cpu_percent_avg", "energy_consumed_mj")
asked = ", ".join(f"min({x})::DOUBLE, max({x})::DOUBLE, avg({x}), sum({x})::DOUBLE, quantile_cont({x}::DOUBLE, [0.5, 0.95, 0.99])" for x in four)
duckdb.execute("SET enable_progress_bar = false")
rows = duckdb.sql(f'''SELECT device_id, model_name, count(*), {asked}
  FROM read_parquet('{sys.argv[1]}/lake/*/*/*.parquet', hive_partitioning = false) GROUP BY device_id, model_name ORDER BY ALL''').fetchall()
json.dump(rows, sys.stdout)
"""
BLOCKS = ("inference_time_ms", "memory_usage_mb", "cpu_usage_percent", "energy_consumption_mj")


def make_lake(build, folder, millions, is_one):
    analyze.say(f"making a lake of {millions} million records of {'one device' if is_one else f'{DEVICES} devices'}")
    shutil.rmtree(folder, ignore_errors=True)
    seed = os.path.join(DATA, "seed")
    shutil.rmtree(seed, ignore_errors=True)
    subprocess.run([os.path.join(build, "bench-analyze-data"), seed, "older", "4", "1000"], check=True)
    subprocess.run([os.path.join(build, "inferometer"), "archive", "--metrics-dir", seed], check=True, stdout=subprocess.DEVNULL)
    days = max(1, millions * 1_000_000 // (DEVICES * A_DAY))
    analyze.run([sys.executable, "-c", MULTIPLY, seed, os.path.join(folder, "lake"), str(DEVICES), str(days), str(A_DAY), str(int(is_one))])
    return days * DEVICES * A_DAY


def part_of(folder, share):
    """A folder with the first days of the lake, as links to its files."""
    part = f"{folder}-{share}"
    shutil.rmtree(part, ignore_errors=True)
    for device in os.listdir(os.path.join(folder, "lake")):
        days = sorted(os.listdir(os.path.join(folder, "lake", device)))
        for day in days[:math.ceil(len(days) / share)]:
            to = os.path.join(part, "lake", device, day)
            os.makedirs(to)
            os.link(os.path.join(folder, "lake", device, day, "records.parquet"), os.path.join(to, "records.parquet"))
    return part


def answer_of(command):
    environment = dict(os.environ, PYTHONPATH=analyze.RIVALS)
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def differences(ours, theirs):
    """How many figures differ by more than the rounding of a sum."""
    groups = {(group["device_id"], group["model_name"]): group for group in ours["groups"]}
    count = abs(len(groups) - len(theirs))
    for device, model, records, *figures in theirs:
        group = groups[device, model]
        count += group["total_inferences"] != records
        for i, block in enumerate(BLOCKS):
            low, high, average, total, quantiles = figures[5 * i:5 * i + 5]
            wanted = {"min": low, "max": high, "avg": average, **dict(zip(("p50", "p95", "p99"), quantiles))}
            if "total" in group[block]:
                wanted["total"] = total
            count += sum(not math.isclose(group[block][name], value, rel_tol=1e-9) for name, value in wanted.items())
    return count


def measure(arguments, program, is_one):
    folder = os.path.join(DATA, "one" if is_one else "fleet")
    records = make_lake(arguments.build, folder, arguments.millions, is_one)
    ours = [program, "analyze", "--no-index", "--format", "json", "--metrics-dir"]
    theirs = [sys.executable, "-c", DUCKDB, folder]
    different = differences(answer_of([*ours, folder]), answer_of(theirs))
    runs = {f"inferometer, 1/{share}": [] for share in (10, 3)} | {"inferometer": [], "DuckDB asked directly": []}
    commands = {f"inferometer, 1/{share}": [*ours, part_of(folder, share)] for share in (10, 3)}
    commands |= {"inferometer": [*ours, folder], "DuckDB asked directly": theirs}
    for number in range(arguments.rounds):
        for name, command in commands.items():
            runs[name].append(analyze.run(command))
        analyze.say(f"round {number + 1} of {arguments.rounds} done")
    medians, memory = analyze.report(f"{records:,} records of {'one device' if is_one else f'{DEVICES} devices'} in a lake", runs)
    sizes = {name: sum(len(files) for _, _, files in os.walk(command[-1])) * A_DAY for name, command in commands.items()}
    points = [(sizes[name], medians[name]) for name in commands if name.startswith("inferometer")]
    slope = statistics.linear_regression([math.log(n) for n, _ in points], [math.log(seconds) for _, seconds in points]).slope
    over = medians["DuckDB asked directly"] / medians["inferometer"]
    print(f"  {medians['inferometer'] / records * 1e9:6.1f} ns a record; slope of log seconds over log records {slope:.2f} (linear: 1)")
    print(f"  {different:6} figures differ from DuckDB's (bound: 0){'  MISSED' if different else ''}")
    print(f"  {memory:6.0f} MB of memory (bound: {MOST_MEMORY_MB}){'  MISSED' if memory > MOST_MEMORY_MB else ''}")
    print(f"  {over:6.2f} times as fast as DuckDB (bound: {LEAST_OVER_DUCKDB}){'  MISSED' if over < LEAST_OVER_DUCKDB else ''}", flush=True)
    for name in os.listdir(DATA):
        shutil.rmtree(os.path.join(DATA, name), ignore_errors=True)
    return different == 0 and memory <= MOST_MEMORY_MB and over >= LEAST_OVER_DUCKDB


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layout", choices=("fleet", "one"), action="append", help="only this one: 40 devices, or one (default: both)")
    parser.add_argument("--build", default=os.path.join(analyze.ROOT, "build", "bench"), help="where the bench preset was built")
    parser.add_argument("--program", help="the inferometer to measure (default: the one in --build)")
    arguments = parser.parse_args()
    analyze.bring_duckdb()
    program = arguments.program or os.path.join(arguments.build, "inferometer")
    results = [measure(arguments, program, layout == "one") for layout in arguments.layout or ("fleet", "one")]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
