"""Records in databases and files of others: a real PostgreSQL, SQLite as Python has it."""
import csv
import io
import json
import random
import signal
import sqlite3
import struct
import subprocess
import time
import zlib

import pytest

import postgresql
from conftest import PROGRAM, ROOT, clean_environment, free_port, wait_until

CONTEXT = {"host": "lab", "threads": 4, "schema_version": 1}


def record(number, device="pi-07", **more):
    return {"timestamp": f"2026-11-{1 + number // 86400 % 28:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000001Z",
            "device_id": device, "model_name": "SmolLM2", "inference_time_ms": 100.125 + number % 1000, "memory_used_mb": 160.5,
            "cpu_percent_avg": 180.25, "energy_consumed_mj": 1000.0 + number % 777, "compute_device": "cpu",
            "record_id": f"{device}/00000000000005ed/{number + 1}", "generated_tokens": number % 64, "status": "ok", **more}


def older(number):
    one = record(number)
    for key in ("record_id", "generated_tokens", "status"):
        del one[key]
    return {**one, "timestamp": one["timestamp"][:-1], "inference_time_seconds": one["inference_time_ms"] / 1000}


def put(folder, name, records, context=CONTEXT):
    folder.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in records)
    (folder / f"inference_metrics_{name}.json").write_text(f'{{"context":{json.dumps(context)},"detailed_metrics":[\n{lines}\n]}}\n')


@pytest.fixture
def metrics(tmp_path):
    """Two devices of ours, one with a load, and one of the older system, whose files repeat what came before."""
    root = tmp_path / "metrics"
    put(root / "edge-1", "pi-07_1", [record(0), record(1, flags=["swap", 'a,"b\\'], throttled=True, swap_mb=0.5)])
    put(root / "edge-2", "pi-08_1", [record(2, "pi-08"), {"timestamp": "2026-11-01T00:00:00Z", "device_id": "pi-08", "model_name": "SmolLM2",
                                                         "record_id": "pi-08/00000000000005ed/4", "status": "error", "error_type": "cancelled"}],
        {"host": "other"})
    put(root / "edge-3", "1", [older(10), older(11)], {})
    put(root / "edge-3", "2", [older(10), older(11), older(12)], {})
    (root / "edge-1" / "loading_metrics.json").write_text(json.dumps(
        {"event": "model_loading", "timestamp": "2026-11-01T00:00:00Z", "device_id": "pi-07", "model_name": "SmolLM2",
         "load_time_seconds": 1.25, "memory_increase_mb": 99.5}))
    return root


@pytest.fixture(scope="module")
def server():
    server = postgresql.Server().start()
    yield server
    server.stop()


@pytest.fixture
def database(server):
    return server.create(f"base_{random.getrandbits(48):x}")


def export(inferometer, to, *more, code=0):
    done = inferometer("export", "--to", to, *more)
    assert done.returncode == code, done.stderr
    return done


def test_postgresql_holds_every_record_once_and_in_its_type(metrics, inferometer, server, database):
    done = export(inferometer, server.url(database))
    assert "7 records to postgresql://inferometer@" in done.stderr and "7 of them new or changed" in done.stderr and done.stdout == ""
    assert server.rows("SELECT record_key, device_name, inference_time_ms, generated_tokens FROM records WHERE device_id = 'pi-07' "
                       "AND record_id IS NOT NULL ORDER BY 1", database) == [
        ["pi-07/00000000000005ed/1", "edge-1", "100.125", "0"], ["pi-07/00000000000005ed/2", "edge-1", "101.125", "1"]]
    assert server.rows("SELECT timestamp AT TIME ZONE 'UTC', flags[2], throttled, swap_mb FROM records WHERE throttled", database) == [
        ["2026-11-01 00:00:01.000001", 'a,"b\\', "t", "0.5"]]
    assert server.rows("SELECT count(*), count(energy_consumed_mj), count(flags), sum(energy_consumed_mj) FROM records", database) == [
        ["7", "6", "1", str(6000 + 0 + 1 + 2 + 10 + 11 + 12)]]
    assert server.rows("SELECT context->>'host', count(*) FROM records LEFT JOIN contexts USING (context_key) GROUP BY 1 ORDER BY 1",
                       database) == [["lab", "2"], ["other", "2"], ["", "3"]]
    assert server.rows("SELECT device_name, load_time_seconds, load->'memory_increase_mb' FROM loads", database) == [["edge-1", "1.25", "99.5"]]
    assert all(key.startswith("content:") for [key] in server.rows("SELECT record_key FROM records WHERE record_id IS NULL", database))


def test_second_export_changes_nothing_and_a_change_one_row(metrics, inferometer, server, database):
    export(inferometer, server.url(database))
    everything = "SELECT r::text, xmin FROM records r ORDER BY record_key"
    before = server.rows(everything, database)
    assert "7 records" in (done := export(inferometer, server.url(database))).stderr and "0 of them new or changed" in done.stderr
    assert server.rows(everything, database) == before, "no row was even touched"
    put(metrics / "edge-1", "pi-07_1", [record(0), record(1, received_at="2026-11-02T00:00:00Z")])
    assert "1 of them new or changed" in export(inferometer, server.url(database)).stderr
    assert server.rows("SELECT count(*), count(received_at) FROM records", database) == [["7", "1"]]


def test_devices_are_what_the_records_and_contexts_say_of_them(metrics, inferometer, server, database):
    put(metrics / "edge-1", "pi-07_2", [record(5)], {"host": "new", "cpus_online": 4, "kernel": 6})
    export(inferometer, server.url(database))
    columns = "device_id, device_name, inferences, failed_inferences, host, cpus_online, kernel"
    assert server.rows(f"SELECT {columns} FROM devices ORDER BY 1, 3", database) == [
        ["pi-07", "edge-3", "6", "0", "new", "4", ""], ["pi-08", "edge-2", "2", "1", "other", "", ""]]
    assert "0 of them new" in export(inferometer, server.url(database)).stderr, "the view is there already"
    same = json.loads(inferometer("query", "--format", "json", f"SELECT {columns} FROM devices ORDER BY 1, 3").stdout)
    assert [[str("" if value is None else value) for value in row.values()] for row in same][1] == [
        "pi-08", "edge-2", "2", "1", "other", "", ""]
    other = server.create(f"base_{random.getrandbits(48):x}")
    server.psql("CREATE TABLE devices (id int)", other)
    assert '"devices" is there and is none of ours' in export(inferometer, server.url(other), code=1).stderr
    assert server.rows("SELECT to_regclass('records') IS NULL", other) == [["t"]], "nothing is changed"


def report_loss(ledger, stream, first, last):
    """Writes a ledger with one loss report, of evicted records (docs/journal-format.md)."""
    count = last - first + 1
    slot = b"INFLEDG\n" + struct.pack("<II5Q2I", 1, 64 + 48 + 4, 1, 0, 2, 0, count, 0, 1)
    slot += struct.pack("<5Q2I", 1, stream, first, last, count, 1, 0)
    slot += struct.pack("<I", zlib.crc32(slot))
    ledger.write_bytes(slot.ljust(65536, b"\0"))


def test_losses_that_a_ledger_reports_are_there_as_in_a_query(device, inferometer, server, database):
    one = device("--generate", 10)
    assert one.wait() == 0, one.log()
    ids = [json.loads(path.read_text())["detailed_metrics"][0]["record_id"] for path in one.out.glob("inference_metrics_*")]
    device_id, stream, _ = ids[0].split("/")
    report_loss(one.out / "journal" / "ledger", int(stream, 16), 7, 9)
    for _ in range(2):
        export(inferometer, server.url(database), "--metrics-dir", one.out)
    wanted = [device_id, stream, "7", "9", "3", "evicted"]
    assert server.rows("SELECT device_id, stream, first_sequence, last_sequence, count, reason FROM losses", database) == [wanted]
    said = json.loads(inferometer("query", "--metrics-dir", one.out, "--format", "json", "SELECT * FROM losses").stdout)
    assert [[str(value) for value in row.values()] for row in said] == [wanted]
    (one.out / "journal" / "ledger").write_bytes(b"damaged")
    for done in (inferometer("query", "--metrics-dir", one.out, "SELECT * FROM losses"),
                 export(inferometer, server.url(database), "--metrics-dir", one.out, code=1)):
        assert done.returncode == 1 and "its losses may not all be told" in done.stderr
    assert len(server.rows("SELECT * FROM losses", database)) == 1, "what is stored stays"


def test_ids_that_no_index_takes_are_stored_too(inferometer, server, database, tmp_path):
    long_id = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=1024))
    ids = [long_id, "a\u0000", "a\ufffd"]
    put(tmp_path / "metrics" / "edge", "1", [record(number, record_id=one) for number, one in enumerate(ids)])
    assert "3 of them new" in export(inferometer, server.url(database)).stderr
    assert "0 of them new" in export(inferometer, server.url(database)).stderr
    assert server.rows("SELECT count(DISTINCT record_key), max(length(record_id)) FROM records", database) == [["3", "1024"]]


def test_only_the_device_that_was_asked_for(metrics, inferometer, server, database):
    export(inferometer, server.url(database), "--device", "edge-2")
    assert server.rows("SELECT device_name, count(*) FROM records GROUP BY 1", database) == [["edge-2", "2"]]
    assert server.rows("SELECT count(*) FROM loads", database) == [["0"]]
    assert "edge-1 (pi-07)" in export(inferometer, server.url(database), "--device", "nobody", code=1).stderr


def test_killed_exports_go_on_where_they_were(inferometer, server, database, tmp_path):
    count, files = 90_000, 30
    for number in range(files):
        first = number * count // files
        put(tmp_path / "metrics" / "edge", f"pi-07_{number:03}", [record(i) for i in range(first, first + count // files)])
    stored = []
    for seconds in (0.3, 0.7, 1.1, 1.6):
        command = [PROGRAM, "export", "--to", server.url(database)]
        running = subprocess.Popen(command, cwd=tmp_path, env=clean_environment(), stderr=subprocess.DEVNULL)
        time.sleep(seconds * random.uniform(0.5, 1.5))
        running.kill()
        running.wait()
        there = server.psql("SELECT count(*), count(DISTINCT record_key) FROM records", database, check=False).stdout.split()
        assert not there or there[0] == there[1]
        stored.append(int(there[0]) if there else 0)
    assert stored == sorted(stored) and stored[-1] % 20_000 in (0, count % 20_000), stored
    export(inferometer, server.url(database))
    assert server.rows("SELECT count(*), count(DISTINCT record_id), sum(split_part(record_id, '/', 3)::bigint) FROM records", database) == [
        [str(count), str(count), str(count * (count + 1) // 2)]]


def test_two_exports_at_once_store_each_record_once(metrics, server, database, tmp_path):
    both = [subprocess.Popen([PROGRAM, "export", "--to", server.url(database)], cwd=tmp_path, env=clean_environment()) for _ in range(2)]
    assert [one.wait(timeout=60) for one in both] == [0, 0]
    assert server.rows("SELECT count(*), (SELECT count(*) FROM contexts) FROM records", database) == [["7", "2"]]


def test_id_that_is_another_records_key_stops_no_export(metrics, inferometer, server, database):
    export(inferometer, server.url(database))
    [[key]] = server.rows("SELECT min(record_key) FROM records WHERE record_id IS NULL", database)
    put(metrics / "edge-3", "3", [record(50, record_id=key)])
    other = server.create(database + "_other")
    for _ in range(2):
        export(inferometer, server.url(other))
        assert server.rows("SELECT count(*), count(DISTINCT record_key) FROM records", other) == [["7", "7"]]


def test_table_of_an_older_program_gets_the_new_columns(metrics, inferometer, server, database):
    export(inferometer, server.url(database))
    server.psql("ALTER TABLE records DROP COLUMN swap_mb; ALTER TABLE records ADD COLUMN note text", database)
    assert "records.swap_mb" in export(inferometer, server.url(database)).stderr
    assert server.rows("SELECT count(*), count(swap_mb) FROM records", database) == [["7", "1"]]


@pytest.mark.parametrize("table, problem", [
    ("CREATE TABLE records (id bigint PRIMARY KEY)", 'the table "records" is there and is none of ours'),
    ("CREATE TABLE records (record_key text PRIMARY KEY, swap_mb text)", 'the column "swap_mb" of the table "records" is of type text'),
    ("CREATE VIEW records AS SELECT 1 AS record_key", 'the table "records" is there and is none of ours')])
def test_table_of_somebody_else_is_named_and_left_alone(metrics, inferometer, server, database, table, problem):
    server.psql(table, database)
    before = server.rows("SELECT attname FROM pg_attribute WHERE attrelid = 'records'::regclass ORDER BY 1", database)
    done = export(inferometer, server.url(database), code=1)
    assert problem in done.stderr and "postgresql://" in done.stderr
    assert server.rows("SELECT attname FROM pg_attribute WHERE attrelid = 'records'::regclass ORDER BY 1", database) == before


def test_text_that_no_database_takes_is_stored_with_a_mark(inferometer, server, database, tmp_path):
    put(tmp_path / "metrics" / "edge", "1", [record(0, model_name="a\0b", error_type="\U0001f600")], {"host\0": "x\0", "n": 10**400})
    export(inferometer, server.url(database))
    assert server.rows("SELECT model_name, error_type FROM records", database) == [["a\ufffdb", "\U0001f600"]]
    export(inferometer, "a.sqlite")
    assert sqlite3.connect(tmp_path / "a.sqlite").execute("SELECT model_name FROM records").fetchall() == [("a\ufffdb",)]


def test_batch_of_the_longest_records_is_cut_short(inferometer, server, database, tmp_path):
    long = ["x" * 1024] * 64
    put(tmp_path / "metrics" / "edge", "1", [record(number, flags=long) for number in range(600)])
    for _ in range(2):
        export(inferometer, server.url(database))
        assert server.rows("SELECT count(*), min(array_length(flags, 1)) FROM records", database) == [["600", "64"]]


def test_password_shows_in_no_message(metrics, inferometer):
    port = free_port()
    server = postgresql.Server("listen_addresses=127.0.0.1", f"port={port}")
    server.port = port
    server.start()
    try:
        right = postgresql.PASSWORD.replace("/", "%2F").replace("@", "%40")
        assert export(inferometer, f"postgresql://inferometer:{right}@127.0.0.1:{port}/postgres").returncode == 0
        for url in (f"postgresql://inferometer:hunter2@127.0.0.1:{port}/postgres", "postgresql://hunter2@127.0.0.1:1/x?password=hunter2",
                    f"postgresql://inferometer:hunter2@127.0.0.1:{free_port()}/postgres"):
            done = export(inferometer, url, code=1)
            assert "password" in done.stderr or "refused" in done.stderr
            assert "hunter2" not in done.stderr.replace("//hunter2@", ""), done.stderr
        for url in ("postgresql://inferometer:hunt/er2@127.0.0.1/postgres", "postgresql://inferometer:hunt@er2@127.0.0.1/postgres"):
            done = export(inferometer, url, code=2)
            assert "hunt" not in done.stderr and "er2" not in done.stderr and "%40" in done.stderr
    finally:
        server.stop()


def test_server_that_goes_away_is_named_and_the_export_goes_on_later(metrics, inferometer, server, database):
    export(inferometer, server.url(database))
    server.psql("ALTER TABLE records ADD CONSTRAINT small CHECK (inference_time_ms < 100)  NOT VALID", database)
    put(metrics / "edge-1", "pi-07_2", [record(20)])
    assert "small" in export(inferometer, server.url(database), code=1).stderr
    server.psql("ALTER TABLE records DROP CONSTRAINT small", database)
    assert "1 of them new or changed" in export(inferometer, server.url(database)).stderr


def test_sqlite_holds_the_same(metrics, inferometer, tmp_path):
    export(inferometer, "sqlite:records")
    export(inferometer, "records", "--format", "sqlite")
    rows = sqlite3.connect(tmp_path / "records")
    assert rows.execute("SELECT count(*), count(energy_consumed_mj), sum(energy_consumed_mj) FROM records").fetchall() == [(7, 6, 6036.0)]
    assert json.loads(rows.execute("SELECT flags FROM records WHERE throttled").fetchone()[0]) == ["swap", 'a,"b\\']
    assert rows.execute("SELECT load_time_seconds FROM loads").fetchall() == [(1.25,)]


def test_csv_is_that_of_analyze_and_json_lines_are_the_records(metrics, inferometer, tmp_path):
    export(inferometer, "out.csv")
    assert inferometer("analyze", "--records", "--export-csv", "same.csv").returncode == 0
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "same.csv").read_bytes()
    lines = export(inferometer, "-", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines][:2] == [record(0), record(1, flags=["swap", 'a,"b\\'], throttled=True, swap_mb=0.5)]
    assert len(lines) == 7
    assert len(list(csv.DictReader(io.StringIO(export(inferometer, "-", "--format", "csv").stdout)))) == 7


PACKAGES = ROOT / "third_party/examples-python"


@pytest.mark.skipif(not (PACKAGES / "duckdb").is_dir(), reason="no DuckDB for Python: tools/setup examples")
def test_parquet_holds_the_records_row_by_row(metrics, inferometer, tmp_path):
    export(inferometer, "out.parquet")
    export(inferometer, "out.parquet")  # again: takes its place
    assert not list(tmp_path.glob("*.tmp"))
    script = """
import duckdb
rows = duckdb.sql("SET TimeZone = 'UTC'; FROM 'out.parquet'").to_df()
reals = {name: float for name, type in zip(rows, duckdb.sql("FROM 'out.parquet'").types) if type.id == "decimal"}
print(rows.astype(reals).to_json(orient="records", date_format="iso", date_unit="us"))
"""
    done = subprocess.run(["/usr/bin/python3", "-c", script], cwd=tmp_path, capture_output=True, text=True,
                          env=clean_environment(PYTHONPATH=str(PACKAGES)))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in export(inferometer, "-", "--format", "jsonl").stdout.splitlines()]
    rows = json.loads(done.stdout)
    assert len(rows) == len(lines) == 7
    fields = export(inferometer, "-", "--format", "csv").stdout.splitlines()[0].split(",")
    for row, line in zip(rows, lines):
        assert {key: value for key, value in row.items() if value is not None and key in fields} == line
    assert [row["device_name"] for row in rows] == ["edge-1"] * 2 + ["edge-2"] * 2 + ["edge-3"] * 3
    assert rows[0]["host"] == "lab" and rows[0]["threads"] == 4 and rows[4]["host"] is None


def test_parquet_in_a_lake_is_queried_as_the_files_are(metrics, inferometer, tmp_path):
    partition = tmp_path / "other" / "lake" / "device=any" / "date=2026-11-01"
    partition.mkdir(parents=True)
    export(inferometer, partition / "records.parquet")
    sql = "SELECT * FROM records ORDER BY ALL"
    of_files = inferometer("query", "--format", "csv", sql).stdout
    assert of_files.count("\n") == 8 and inferometer("query", "--metrics-dir", "other", "--format", "csv", sql).stdout == of_files


def test_records_of_the_lake_are_exported_with_their_keys(metrics, inferometer, server, database):
    export(inferometer, server.url(database))
    done = inferometer("archive", "--grace", "0s")
    assert done.returncode == 0, done.stderr
    assert not list(metrics.glob("*/inference_metrics_*")), "they are in the lake only"
    put(metrics / "edge-1", "pi-07_9", [record(60)])
    done = export(inferometer, server.url(database))
    assert "8 records to" in done.stderr and "1 of them new or changed" in done.stderr


def test_damaged_file_is_named_and_the_rest_is_exported(metrics, inferometer, tmp_path):
    (metrics / "edge-1" / "inference_metrics_x.json").write_text('{"detailed_metrics":[{"timestamp":"x"')
    done = export(inferometer, "out.sqlite", code=1)
    assert "inference_metrics_x.json: byte" in done.stderr and "7 records to out.sqlite" in done.stderr


def test_nothing_there_and_wrong_targets_say_the_next_step(inferometer, tmp_path):
    assert "--metrics-dir" in export(inferometer, "out.csv", code=1).stderr
    assert not (tmp_path / "out.csv").exists()
    assert export(inferometer, "out.parquet", code=1).stdout == ""
    assert export(inferometer, "out.txt", code=2).stdout == ""
    assert inferometer("export").returncode == 2


def test_ctrl_c_leaves_no_file(inferometer, tmp_path):
    for number in range(60):
        put(tmp_path / "metrics" / "edge", f"pi-07_{number:03}", [record(i) for i in range(number * 1000, number * 1000 + 1000)])
    running = subprocess.Popen([PROGRAM, "export", "--to", "out.csv"], cwd=tmp_path, env=clean_environment(), stderr=subprocess.PIPE, text=True)
    wait_until((tmp_path / "out.csv.tmp").exists, "it writes")
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=60)[1]
    if running.returncode == 1:  # it may have been done already
        assert "stopped; nothing was written" in said
        assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "out.csv.tmp").exists()
