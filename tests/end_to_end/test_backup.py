"""`inferometer archive --tar`: what comes back from tar(1) answers as the directory does, also while a device writes."""
import json
import subprocess

import pytest

from conftest import PROGRAM, clean_environment, wait_until
from test_archive import older, put, record


def restored(tar, folder):
    folder.mkdir()
    subprocess.run(["tar", "-C", folder, "-xf", tar], check=True)
    return folder / "metrics"


def answers(inferometer, root):
    """What analyze and verify say, without the folder's own name."""
    analyzed = inferometer("analyze", "--metrics-dir", root, "--format", "json")
    verified = inferometer("verify", root, "--format", "json")
    assert analyzed.returncode == 0, analyzed.stderr
    return [done.stdout.replace(str(root), "ROOT") for done in (analyzed, verified)]


@pytest.fixture
def metrics(inferometer, device, tmp_path):
    """A device's folder with its journal, files of others, and a lake that holds a part of it."""
    one = device("--generate", 50, "--save-every", 25)
    assert one.wait() == 0, one.log()
    root = tmp_path / "metrics"
    put(root / "edge-2", "inference_metrics_c.json", [older(i) for i in range(3)])
    assert inferometer("archive", "--metrics-dir", root).returncode == 0
    put(root / "edge-1", "inference_metrics_b.json", [record("pi-07", i) for i in range(4)])
    return root


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.zst", "backup.tar.gz"])
def test_what_tar_gives_back_answers_as_the_directory(inferometer, metrics, tmp_path, name):
    done = inferometer("archive", "--metrics-dir", metrics, "--tar", tmp_path / name, "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["tar_bytes"] == (tmp_path / name).stat().st_size and answer["left"] == []
    assert answers(inferometer, restored(tmp_path / name, tmp_path / "out")) == answers(inferometer, metrics)


def test_tar_to_standard_output_is_the_same(inferometer, metrics, tmp_path):
    with open(tmp_path / "piped.tar", "wb") as out:
        subprocess.run([PROGRAM, "archive", "--metrics-dir", metrics, "--tar", "-"], stdout=out, stderr=subprocess.PIPE, check=True,
                       env=clean_environment())
    assert answers(inferometer, restored(tmp_path / "piped.tar", tmp_path / "out")) == answers(inferometer, metrics)


def test_name_that_tells_no_format_and_place_within_the_directory_are_refused(inferometer, metrics, tmp_path):
    assert inferometer("archive", "--metrics-dir", metrics, "--tar", tmp_path / "backup.zip").returncode == 2
    done = inferometer("archive", "--metrics-dir", metrics, "--tar", metrics / "backup.tar")
    assert done.returncode == 1 and "hold itself" in done.stderr
    assert inferometer("archive", "--metrics-dir", metrics, "--tar", tmp_path / "x.tar", "--dry-run").returncode == 2


def test_backup_of_a_running_device_is_whole(inferometer, device, tmp_path):
    one = device("--generate", 100_000, "--save-every", 5)
    wait_until(lambda: len(one.files()) >= 2, "the device saves")
    for number in range(3):
        tar = tmp_path / f"{number}.tar"
        assert inferometer("archive", "--metrics-dir", tmp_path / "metrics", "--tar", tar).returncode == 0
        root = restored(tar, tmp_path / str(number))
        done = inferometer("verify", root)
        assert done.returncode == 0, done.stdout
        assert list(root.rglob("inference_metrics_*.json")) and list(root.rglob("*.journal"))
    assert one.stop() == 0
