#!/usr/bin/python3
"""Measures `inferometer export` into a real PostgreSQL: what is lost or doubled when it is killed again and again, and its speed beside
psql's plain COPY of the same rows.

    bench/export.py [--quick] [--records N] [--kills N] [--rounds N] [--program FILE]

Writes its data into build/bench/data (files of 1,000 records, every one with an id of its own). First the export is killed (SIGKILL) at
random moments and begun again until it ends by itself; every id must then be there once. Then whole exports into an empty database and
plain COPYs of the same rows into an empty table of the same shape, key included, run one after another in every round, so that a slow
minute of the machine falls on both. Prints rows a second, the ratio of the medians and the peak memory beside their bounds; exits 1 when a
bound is missed.
"""
import argparse
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import time

import rig
sys.path.insert(0, str(rig.ROOT / "tests"))
import postgresql  # noqa: E402

PER_FILE = 1000
LEAST_RATIO = 0.5
MOST_MEMORY_MB = 200
ID = re.compile(rb'"record_id":"([^"]+)"')


def make_data(records):
    """Real-looking records: the same text in each, but for its id, time and figures."""
    folder = rig.fresh_folder("export") / "metrics" / "edge-device-01"
    folder.mkdir(parents=True)
    rng = random.Random(1)
    context = '{"schema_version":1,"host":"lab","kernel":"6.1","cpu_model":"Cortex-A76","cpus_online":4,"engine":"llama.cpp","threads":4}'
    for first in range(0, records, PER_FILE):
        lines = []
        for number in range(first, min(first + PER_FILE, records)):
            ms, mj = rng.uniform(500, 3000), rng.uniform(1000, 20000)
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_760_000_000 + number * 5))
            lines.append(
                f'{{"timestamp":"{moment}.{number % 1000000:06}Z","device_id":"00:0f:00:70:91:0a","model_name":"SmolLM2-135M-Instruct.Q4_1",'
                f'"inference_time_ms":{ms:.3f},"memory_used_mb":{rng.uniform(150, 170):.2f},"cpu_percent_avg":{rng.uniform(150, 200):.2f},'
                f'"energy_consumed_mj":{mj:.2f},"compute_device":"cpu","record_id":"00:0f:00:70:91:0a/07265dc1a3d0c749/{number + 1}",'
                f'"time_to_first_token_ms":{ms * 0.6:.3f},"prefill_ms":{ms * 0.59:.3f},"decode_ms":{ms * 0.4:.3f},"time_per_output_token_ms":'
                f'{ms * 0.0125:.4f},"prompt_tokens":{rng.randrange(100, 200)},"generated_tokens":32,"tokens_per_second":{31000 / ms / 0.4:.3f},'
                f'"prompt_tokens_per_second":{rng.uniform(100, 200):.2f},"finish_reason":"stop","memory_added_mb":0,"memory_rss_mb":173.81,'
                f'"memory_peak_mb":173.81,"memory_peak_source":"vmhwm_reset","memory_anon_mb":69.82,"memory_file_mb":103.99,"swap_mb":0,'
                f'"major_faults":0,"cpu_time_ms":{ms * 2:.3f},"cpu_machine_percent_avg":{rng.uniform(40, 99):.2f},"cpu_source":"process_clock",'
                f'"background_cpu_percent":0.6,"steal_ms":0,"ctx_switches_involuntary":{rng.randrange(100)},"energy_source":"model",'
                f'"energy_scope":"board","energy_uncertainty_mj":{mj * 0.6:.2f},"energy_unavailable_reason":"no energy sensor",'
                f'"energy_quality":"estimate","average_power_mw":{mj / ms * 1000:.1f},"probe_overhead_us":121.3,"status":"ok"}}')
        name = f"inference_metrics_00:0f:00:70:91:0a_{time.strftime('%Y%m%d_%H%M%S', time.gmtime(1_760_000_000 + first))}.json"
        (folder / name).write_text(f'{{"context":{context},"detailed_metrics":[\n' + ",\n".join(lines) + "\n]}\n")
    return folder.parent


def ids_of(metrics):
    return sorted(name.decode() for path in metrics.glob("*/*.json") for name in ID.findall(path.read_bytes()))


def start(program, metrics, url):
    return subprocess.Popen([program, "export", "--to", url, "--metrics-dir", metrics], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, env=rig.clean_environment())


def measured(command):
    """Seconds and peak memory in MB; no less than this process's own, which counts until the child's program is there."""
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=rig.clean_environment())
    said = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} failed: {said}")
    return time.monotonic() - begin, usage.ru_maxrss / 1024


def interrupted(server, program, metrics, kills, whole_seconds, bounds):
    """Kills the export so many times, lets it end, and looks for every id."""
    database, url = server.create("interrupted"), server.url("interrupted")
    stored = []
    for _ in range(kills):
        running = start(program, metrics, url)
        time.sleep(random.uniform(0.02, 0.8) * whole_seconds)
        running.kill()
        running.wait()
        answer = server.psql("SELECT count(*) FROM records", database, check=False).stdout.strip()
        stored.append(int(answer or 0))
    if start(program, metrics, url).wait() != 0:
        sys.exit("the export failed after it had been killed")
    wanted = ids_of(metrics)
    there = sorted(row[0] for row in server.rows("SELECT record_id FROM records", database))
    bounds.row(f"stored after each of {kills} kills", " ".join(f"{count:,}" for count in stored), "records")
    bounds.row("records after the last run", f"{len(there):,}", "")
    bounds.row("  lost", f"{len(set(wanted) - set(there)):,}", "", "0", not set(wanted) - set(there))
    doubled = len(there) - len(set(there))
    bounds.row("  doubled", f"{doubled:,}", "", "0", doubled == 0)
    bounds.row("  not asked for", f"{len(set(there) - set(wanted)):,}", "", "0", not set(there) - set(wanted))


def speed(server, program, metrics, rounds, records, bounds):
    rows = metrics.parent / "rows.copy"
    schema = server.run("pg_dump", "-h", server.folder, "-U", postgresql.USER, "-s", "-t", "records", "interrupted").stdout
    schema = "\n".join(line for line in schema.splitlines() if not line.startswith("\\"))
    server.psql(f"\\copy records TO '{rows}'", "interrupted")
    ours, plain, again = [], [], []
    for number in range(rounds):
        server.create(f"ours_{number}")
        command = [program, "export", "--metrics-dir", metrics, "--to", server.url(f"ours_{number}")]
        ours.append(measured(command)[0])
        server.psql("CHECKPOINT")
        again.append(measured(command)[0])
        server.create(f"plain_{number}")
        server.psql(schema, f"plain_{number}")
        server.psql("CHECKPOINT")
        plain.append(measured([postgresql.find("psql"), "-X", "-q", server.url(f"plain_{number}"), "-c", f"\\copy records FROM '{rows}'"])[0])
        for name in (f"ours_{number}", f"plain_{number}"):
            server.psql(f"DROP DATABASE {name}")
        server.psql("CHECKPOINT")
        rig.say(f"round {number + 1} of {rounds} done")
    ours_s, plain_s = statistics.median(ours), statistics.median(plain)
    bounds.row("export, JSON files to PostgreSQL", f"{records / ours_s:,.0f}", "rows/s")
    bounds.row("psql's COPY of the same rows", f"{records / plain_s:,.0f}", "rows/s")
    ratio = plain_s / ours_s
    bounds.row("  export over COPY", f"{ratio:.2f}", "x", f"at least {LEAST_RATIO}", ratio >= LEAST_RATIO)
    bounds.row("the same export again, nothing new", f"{records / statistics.median(again):,.0f}", "rows/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100,000 records, one round")
    parser.add_argument("--records", type=int)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--program", default=rig.PROGRAM)
    arguments = parser.parse_args()
    records = arguments.records or (100_000 if arguments.quick else 1_000_000)
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    rig.say(f"writing {records:,} records")
    metrics = make_data(records)
    server = postgresql.Server("max_wal_size=8GB", "shared_buffers=256MB").start()
    bounds = rig.Bounds()
    try:
        server.create("first")
        seconds, memory = measured([arguments.program, "export", "--metrics-dir", metrics, "--to", server.url("first")])
        server.psql("DROP DATABASE first")
        interrupted(server, arguments.program, metrics, arguments.kills, seconds, bounds)
        speed(server, arguments.program, metrics, rounds, records, bounds)
        bounds.row("peak memory of an export", f"{memory:.0f}", "MB", f"under {MOST_MEMORY_MB}", memory < MOST_MEMORY_MB)
    finally:
        server.stop()
        shutil.rmtree(metrics.parent)
    sys.exit(bounds.exit_code())


if __name__ == "__main__":
    main()
