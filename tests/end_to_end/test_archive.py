"""`inferometer archive` on what the program itself wrote, and killed at every step."""
import json
import shutil
import signal
import subprocess
import time

import pytest

from conftest import PROGRAM, clean_environment, wait_until
from kills import kills

# What changes something that survives: a kill before each call, one after the other. strace counts the calls of each thread for
# itself, so those of one kind at a time are gone through.
STEPS = ["rename", "unlink", "fsync", "mkdir", "write", "openat", "close"]


def record(device, sequence, day=7):
    return {"timestamp": f"2025-10-{day:02}T10:30:{sequence:02}.250000Z", "device_id": device, "model_name": "SmolLM2",
            "inference_time_ms": 100.5 + sequence, "memory_used_mb": 160.5, "cpu_percent_avg": 180.25, "energy_consumed_mj": 500.25,
            "compute_device": "cpu", "record_id": f"{device}/000000000000002a/{sequence + 100 * day}", "status": "ok"}


def older(second):
    """A record of the older system: no id, keys of its own, digits that no column holds."""
    return {"timestamp": f"2025-10-07T10:30:{second:02}.250000", "device_id": "b8:27:eb:bf:9d:51", "model_name": "SmolLM2",
            "inference_time_ms": 1427.9161230000001 + second, "memory_used_mb": 12.5, "memory_total_mb": 512.25, "cpu_percent_avg": 98.5,
            "cpu_percent_samples": [97.0, 100.0], "energy_consumed_mj": 500, "prompt_length": 200, "response_length": 80,
            "compute_device": "cpu"}


def put(folder, name, records):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps({"detailed_metrics": records}))


@pytest.fixture
def metrics(tmp_path):
    """15 records in four files: two days of one device, cumulative files of another."""
    root = tmp_path / "metrics"
    put(root / "edge-1", "inference_metrics_a.json", [record("pi-07", i) for i in range(4)])
    put(root / "edge-1", "inference_metrics_b.json", [record("pi-07", i, day) for day in (7, 8) for i in range(4, 7)])
    put(root / "edge-2", "inference_metrics_c.json", [older(i) for i in range(3)])
    put(root / "edge-2", "inference_metrics_d.json", [older(i) for i in range(5)])
    return root


RECORDS = 15


def rows(inferometer, root, select):
    done = inferometer("query", select, "--metrics-dir", root, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def whole(inferometer, root):
    """Every record is there once, to the digit, whoever is asked."""
    found = rows(inferometer, root, "SELECT count(*) AS n, count(DISTINCT (device_id, timestamp)) AS once, "
                 "count(record_id) AS ids, count(unrounded) AS exact FROM records")[0]
    assert found == {"n": RECORDS, "once": RECORDS, "ids": 10, "exact": 5}
    done = inferometer("analyze", "--metrics-dir", root, "--format", "json")
    assert done.returncode == 0, done.stderr
    return sum(group["total_inferences"] for group in json.loads(done.stdout)["groups"]) == RECORDS


def summary(inferometer, root):
    return json.loads(inferometer("analyze", "--metrics-dir", root, "--format", "json").stdout)["groups"]


def test_summary_is_the_same_before_and_after_the_files_go(inferometer, metrics):
    before = summary(inferometer, metrics)
    done = inferometer("archive", "--metrics-dir", metrics, "--grace", "0", "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["files"], answer["records"], answer["records_known"], answer["dropped_files"]) == (4, RECORDS, 3, 4)
    assert not list(metrics.rglob("*.json"))
    after = summary(inferometer, metrics)
    assert [group["device_name"] for group in after] == [group["device_name"] for group in before] == ["edge-2", "edge-1"]
    for one, other in zip(before, after):
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert other[key] == (pytest.approx(value, rel=1e-12) if isinstance(value, dict) else value), key
    assert whole(inferometer, metrics)


def test_other_engines_find_partitions_where_hive_puts_them(inferometer, metrics):
    assert inferometer("archive", "--metrics-dir", metrics).returncode == 0
    assert sorted(str(path.relative_to(metrics / "lake")) for path in (metrics / "lake").rglob("*.parquet")) == [
        "device=b8%3A27%3Aeb%3Abf%3A9d%3A51/date=2025-10-07/records.parquet",
        "device=pi-07/date=2025-10-07/records.parquet", "device=pi-07/date=2025-10-08/records.parquet"]


def test_lake_of_a_read_only_directory_is_read(inferometer, metrics):
    assert inferometer("archive", "--metrics-dir", metrics, "--grace", "0").returncode == 0
    for path in [metrics, *metrics.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert whole(inferometer, metrics)
    finally:
        for path in [metrics, *metrics.rglob("*")]:
            path.chmod(0o755)


def test_damaged_file_of_the_lake_is_named_and_the_rest_is_answered(inferometer, metrics):
    assert inferometer("archive", "--metrics-dir", metrics, "--grace", "0").returncode == 0
    bad = metrics / "lake/device=pi-07/date=2025-10-08/records.parquet"
    bad.write_bytes(bad.read_bytes()[:-20])
    done = inferometer("analyze", "--metrics-dir", metrics, "--format", "json")
    assert done.returncode == 1 and str(bad) in done.stderr
    assert sum(group["total_inferences"] for group in json.loads(done.stdout)["groups"]) == RECORDS - 3
    done = inferometer("query", "SELECT count(*) AS n FROM records", "--metrics-dir", metrics, "--format", "json")
    assert done.returncode == 1 and str(bad) in done.stderr and json.loads(done.stdout) == [{"n": RECORDS - 3}]


@pytest.fixture
def half_archived(inferometer, metrics, tmp_path):
    """One file is still to go into partitions that hold records already, and one repeats what is there."""
    shutil.move(metrics / "edge-1/inference_metrics_b.json", tmp_path)
    assert inferometer("archive", "--metrics-dir", metrics, "--grace", "0").returncode == 0
    shutil.move(tmp_path / "inference_metrics_b.json", metrics / "edge-1")
    put(metrics / "edge-2", "inference_metrics_d.json", [older(i) for i in range(5)])
    return metrics


@pytest.mark.parametrize("call", STEPS)
def test_kill_at_any_step_loses_nothing_and_doubles_nothing(inferometer, half_archived, tmp_path, call):
    for step, root in kills(call, half_archived, tmp_path, lambda root: ["archive", "--metrics-dir", root, "--grace", "0"]):
        assert whole(inferometer, root), step
        done = inferometer("archive", "--metrics-dir", root, "--grace", "0")
        assert done.returncode == 0, (step, done.stderr)
        assert not list(root.rglob("*.json")), step
        assert whole(inferometer, root), step


@pytest.mark.parametrize("grace", ["0", "7d"])
def test_a_query_beside_an_archive_sees_every_record_once(inferometer, metrics, tmp_path, grace):
    for i in range(6):
        root = shutil.copytree(metrics, tmp_path / f"{i}")
        archive = subprocess.Popen([PROGRAM, "archive", "--metrics-dir", root, "--grace", grace], stdout=subprocess.DEVNULL, env=clean_environment())
        time.sleep(0.02 * i)
        while True:
            is_over = archive.poll() is not None
            assert rows(inferometer, root, "SELECT count(*) AS n, count(DISTINCT (device_id, timestamp)) AS once FROM records") == [
                {"n": RECORDS, "once": RECORDS}]
            if is_over:
                break
        assert archive.returncode == 0


def test_a_lake_that_is_a_link_is_read_as_it_is_written(inferometer, metrics, tmp_path):
    (tmp_path / "disk").mkdir()
    (metrics / "lake").symlink_to(tmp_path / "disk")
    assert inferometer("archive", "--metrics-dir", metrics, "--grace", "0").returncode == 0
    assert whole(inferometer, metrics)


def test_a_lake_elsewhere_is_verified_with_the_files(inferometer, metrics, tmp_path):
    (metrics / "edge-2/inference_metrics_c.json").unlink()
    assert inferometer("archive", "--metrics-dir", metrics, "--lake", tmp_path / "elsewhere", "--grace", "0").returncode == 0
    done = inferometer("verify", metrics, "--lake", tmp_path / "elsewhere", "--format", "json")
    assert json.loads(done.stdout)["records"] == RECORDS, done.stderr


def test_limit_on_file_sizes_is_told(metrics):
    done = subprocess.run(["bash", "-c", f"ulimit -f 4; exec {PROGRAM} archive --metrics-dir {metrics} --grace 0"], capture_output=True, text=True,
                          env=clean_environment())
    assert done.returncode == 1 and "File too large" in done.stderr
    assert len(list(metrics.rglob("inference_metrics_*.json"))) == 4


def test_ctrl_c_ends_a_query_and_leaves_nothing_behind(inferometer, metrics, tmp_path):
    endless = "SELECT count(*) FROM range(100000) a, range(10000000) b WHERE a.range * b.range % 7 = 3"
    aside = tmp_path / "aside"
    aside.mkdir()
    asked = subprocess.Popen([PROGRAM, "query", endless, "--metrics-dir", metrics], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env=clean_environment(TMPDIR=str(aside)))
    wait_until(lambda: list(aside.iterdir()), "the query is under way")
    time.sleep(1)
    asked.send_signal(signal.SIGINT)
    out, err = asked.communicate(timeout=30)
    assert (asked.returncode, out) == (1, "") and "interrupted" in err
    assert not list(aside.iterdir())
