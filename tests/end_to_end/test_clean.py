"""`inferometer clean`: what goes, what stays whoever asks, and what a kill at any step leaves."""
import json
import os
import pty
import subprocess

import pytest

from conftest import PROGRAM, at_broker, clean_environment, wait_until
from kills import kills
from test_archive import older, put, record

# As in test_archive.py: what changes something that survives, and what comes before and behind it.
STEPS = ["unlink", "rename", "fsync", "write", "openat", "close", "rmdir"]
OLD = "--older-than", "1d"


@pytest.fixture
def metrics(tmp_path):
    """Seven records of one device, and files of two others, of whom one has no ids and cumulative files; most of it in the lake as well."""
    root = tmp_path / "metrics"
    put(root / "edge-1", "inference_metrics_a.json", [record("pi-07", i) for i in range(4)])
    put(root / "edge-2", "inference_metrics_c.json", [older(i) for i in range(3)])
    put(root / "edge-2", "inference_metrics_e.json", [record("pi-08", i) for i in range(2)])
    put(root / "edge-2", "inference_metrics_d.json", [older(i) for i in range(5)])
    subprocess.run([PROGRAM, "archive", "--metrics-dir", root], check=True, capture_output=True, env=clean_environment())
    put(root / "edge-1", "inference_metrics_b.json", [record("pi-07", i, 8) for i in range(4, 7)])
    return root


def kept(inferometer, root):
    """The records that --keep edge-1=forever lets stay, and how often each stands there."""
    done = inferometer("query", "SELECT record_id, count(*) AS n FROM records WHERE device_id = 'pi-07' GROUP BY 1 ORDER BY 1",
                       "--metrics-dir", root, "--format", "json")
    assert done.returncode == 0, done.stderr
    return [(row["record_id"].rsplit("/", 1)[1], row["n"]) for row in json.loads(done.stdout)]


ALL_OF_PI = [(str(i), 1) for i in (700, 701, 702, 703, 804, 805, 806)]


def clean(inferometer, root, *arguments):
    done = inferometer("clean", "--metrics-dir", root, "--format", "json", *arguments)
    return done, json.loads(done.stdout) if done.stdout else None


def test_old_records_go_from_files_and_lake_and_the_disk_gets_room(inferometer, metrics):
    on_disk = sum(path.stat().st_blocks * 512 for path in metrics.rglob("*") if path.suffix in (".json", ".parquet"))
    dry = clean(inferometer, metrics, *OLD, "--dry-run")[1]
    assert inferometer("analyze", "--metrics-dir", metrics).returncode == 0
    done, answer = clean(inferometer, metrics, *OLD)
    assert done.returncode == 0, done.stderr
    assert {**dry, "dry_run": False} == answer
    assert (answer["files"], answer["lake_days"], answer["bytes"]) == (5, 3, on_disk)
    assert {one["device_name"] for one in answer["devices"]} == {"edge-1", "edge-2"}
    assert not list(metrics.rglob("*.json")) and not list(metrics.rglob("device=*"))
    assert inferometer("verify", metrics).returncode == 0 or "neither metrics files" in inferometer("verify", metrics).stderr


def test_devices_own_age_comes_from_the_environment_and_from_the_settings_file(inferometer, metrics, tmp_path):
    settings = tmp_path / "settings.toml"
    settings.write_text('[clean]\nolder-than = "1d"\nkeep = "edge-1=forever,nobody=3d"\n')
    before = kept(inferometer, metrics)
    done = inferometer("clean", "--metrics-dir", metrics, "--config", settings)
    assert done.returncode == 1 and "--keep nobody" in done.stderr and "nothing was removed" in done.stderr
    assert kept(inferometer, metrics) == before
    settings.write_text('[clean]\nolder-than = "1d"\nkeep = "edge-1=forever"\n')
    assert inferometer("clean", "--metrics-dir", metrics, "--config", settings).returncode == 0
    assert kept(inferometer, metrics) == ALL_OF_PI
    done = inferometer("clean", "--metrics-dir", metrics, *OLD, environment={"INFEROMETER_KEEP": "pi-07=forever"})
    assert done.returncode == 0 and kept(inferometer, metrics) == ALL_OF_PI
    assert inferometer("clean", "--metrics-dir", metrics, *OLD).returncode == 0
    assert kept(inferometer, metrics) == []


def test_all_asks_first(inferometer, metrics):
    refused = inferometer("clean", "--metrics-dir", metrics, "--all")
    assert refused.returncode == 1 and "--yes" in refused.stderr
    for word, code in (("no", 1), ("yes", 0)):
        mine, its = pty.openpty()
        asked = subprocess.Popen([PROGRAM, "clean", "--metrics-dir", metrics, "--all"], stdin=its, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=clean_environment())
        os.write(mine, f"{word}\n".encode())
        out, err = asked.communicate(timeout=60)
        os.close(mine), os.close(its)
        assert asked.returncode == code and "Type yes" in err, err
        assert bool(list(metrics.rglob("*.json"))) == (word == "no")


def test_clock_that_stands_wrong_is_refused(inferometer, metrics):
    put(metrics / "edge-1", "inference_metrics_x.json", [{**record("pi-07", 9), "timestamp": "2101-01-01T00:00:00Z"}])
    done = inferometer("clean", "--metrics-dir", metrics, *OLD)
    assert done.returncode == 1 and "inference_metrics_x.json has records of 2101" in done.stderr
    assert len(list(metrics.rglob("*.json"))) == 6
    assert inferometer("clean", "--metrics-dir", metrics, *OLD, "--trust-clock").returncode == 0
    assert len(list(metrics.rglob("*.json"))) == 1


def test_what_was_cleaned_is_not_missed_by_verify(inferometer, device):
    one = device("--generate", 50, "--save-every", 25)
    assert one.wait() == 0, one.log()
    first = one.files()[0]
    done, answer = clean(inferometer, one.out, "--all", "--yes")
    assert done.returncode == 0 and answer["records"] == 10, done.stderr
    assert not one.files() and not first.exists()
    done = inferometer("verify", one.out)
    assert done.returncode == 0 and "let 10 records go" in done.stdout, done.stdout
    again = device("--generate", 25)
    assert again.wait() == 0, again.log()
    done = inferometer("verify", one.out)
    assert done.returncode == 0, done.stdout


def test_what_a_hub_has_not_acknowledged_stays_unless_forced_and_reaches_it_all_the_same(inferometer, device, hub, broker):
    collector = hub()
    one = device("--generate", 25, *at_broker(broker))
    assert one.wait() == 0, one.log()
    collector.stop()
    acknowledged = one.files()
    again = device("--generate", 25, "--drain", 1, *at_broker(broker))
    assert again.wait() == 0, again.log()
    owed = sorted(set(again.files()) - set(acknowledged))
    assert acknowledged and owed
    done, answer = clean(inferometer, one.out, "--all", "--yes")
    assert done.returncode == 1 and one.files() == owed, done.stderr
    assert [left["file"] for left in answer["left"]] == [str(path) for path in owed] and "no hub has acknowledged" in done.stderr
    done, answer = clean(inferometer, one.out, "--all", "--yes", "--force")
    assert done.returncode == 0 and answer["unacknowledged"] == 5 and not one.files(), done.stderr
    assert "5 records went before a hub had acknowledged them" in done.stderr
    verified = inferometer("verify", one.out)
    assert verified.returncode == 0 and "let 10 records go, 5 of them before a hub" in verified.stdout, verified.stdout
    collector.start()
    drained = device("--generate", 0, *at_broker(broker))
    assert drained.wait() == 0, drained.log()
    collector.stop()
    assert len(collector.records()) == 10
    done, answer = clean(inferometer, collector.out, "--all", "--yes")
    assert done.returncode == 0 and answer["records"] == 10 and answer["unacknowledged"] == 0, done.stderr
    assert not collector.records() and inferometer("verify", collector.out).returncode == 0, inferometer("verify", collector.out).stdout


def test_beside_a_running_device_nothing_is_lost(inferometer, device):
    one = device("--generate", 100_000, "--save-every", 5)
    wait_until(lambda: len(one.files()) >= 3, "the device saves")
    for _ in range(3):
        clean(inferometer, one.out, "--older-than", "0")
    assert one.stop() == 0, one.log()
    verified = inferometer("verify", one.out)
    assert verified.returncode == 0, verified.stdout


@pytest.mark.parametrize("call", STEPS)
def test_kill_at_any_step_loses_nothing_that_was_to_stay_and_doubles_nothing(inferometer, metrics, tmp_path, call):
    (metrics / "edge-2/inference_metrics_x.json.tmp").write_text("what a crash left")
    cleaning = ["clean", *OLD, "--keep", "edge-1=forever", "--metrics-dir"]
    for step, root in kills(call, metrics, tmp_path, lambda root: [*cleaning, root]):
        assert kept(inferometer, root) == ALL_OF_PI, step
        done = inferometer(*cleaning, root)
        assert done.returncode == 0, (step, done.stderr)
        assert kept(inferometer, root) == ALL_OF_PI, step
        assert {path.parent.name for path in root.rglob("*.json")} == {"edge-1"}, step
        assert not list(root.rglob("*.tmp")) and [path.name for path in root.glob("lake/device=*")] == ["device=pi-07"], step
        assert inferometer("archive", "--metrics-dir", root, "--grace", "0").returncode == 0, step
        assert kept(inferometer, root) == ALL_OF_PI, step
