"""./demo as a newcomer meets it: in a fresh clone, which shares this checkout's third_party/ so that nothing is downloaded again, and
its build/ so that nothing is compiled again. With INFEROMETER_DEMO_BUILDS=1, as in ./check full, the clone builds for itself."""
import glob
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = ["third_party"] if os.environ.get("INFEROMETER_DEMO_BUILDS") else ["build", "third_party"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone") / "inferometer"
    subprocess.run(["git", "clone", "-q", "--no-local", ROOT, folder], check=True)
    for name in SHARED:
        (folder / name).symlink_to(ROOT / name)
    return folder


def processes_of(folder):
    """Every process that was started in the folder or from it."""
    found = []
    for link in glob.glob("/proc/[0-9]*/cwd"):
        try:
            if os.readlink(link).startswith(str(folder)):
                found.append(pathlib.Path(link).parent.joinpath("cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has ended meanwhile
    return found


def records(folder):
    return [record for path in sorted(folder.glob("demo-run/metrics/*/inference_metrics_*.json"))
            for record in json.loads(path.read_text())["detailed_metrics"]]


def test_demo_from_a_fresh_clone(clone):
    done = subprocess.run(["./demo"], cwd=clone, capture_output=True, text=True, timeout=1200, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "30 records in files, 30 seen on MQTT, 30 at the hub" in done.stderr
    for name in ("edge-device-01", "edge-device-02", "edge-device-03"):
        assert name in done.stdout
        assert len(list((clone / "demo-run/metrics" / name).glob("inference_metrics_*.json"))) == 1
    assert len(list((clone / "demo-run/hub").glob("edge-device-0?/inference_metrics_*.json"))) == 3
    found = records(clone)
    assert len(found) == 30 and all(record["status"] == "ok" for record in found)
    assert {record["device_id"] for record in found} == {"00:0f:00:70:91:0a", "1c:bf:ce:15:ec:4d", "b8:27:eb:bf:9d:51"}
    assert processes_of(clone) == []
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert set(status.stdout.splitlines()) <= {f"?? {name}" for name in SHARED}, "the demo writes only where git does not look"


def test_ctrl_c_stops_everything_and_saves(clone):
    log = clone / "ctrl-c.log"
    with open(log, "w") as out:
        demo = subprocess.Popen(["./demo"], cwd=clone, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 300
    while "message 10:" not in log.read_text():
        assert demo.poll() is None and time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.05)
    os.killpg(demo.pid, signal.SIGINT)  # as a terminal does it: to everyone in the group
    assert demo.wait(timeout=60) == 130, log.read_text()[-3000:]
    assert len([record for record in records(clone) if record["status"] == "ok"]) >= 2
    assert "what was finished is saved" in log.read_text()
    assert processes_of(clone) == []


def test_ctrl_c_before_the_first_record_is_clean_too(clone):
    log = clone / "ctrl-c.log"
    with open(log, "w") as out:
        demo = subprocess.Popen(["./demo"], cwd=clone, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
    time.sleep(0.7)
    os.killpg(demo.pid, signal.SIGINT)
    assert demo.wait(timeout=60) == 130
    assert processes_of(clone) == []
