"""From what a device really saved to answers; the details of every format stand in golden tests beside the code."""
import csv
import io
import json
import shutil
import statistics
import subprocess
import sys

import pytest

from conftest import DEVICE_ID, PROGRAM, ROOT, clean_environment


@pytest.fixture
def measured(device):
    """A directory with ten good inferences and, mostly, a cancelled one."""
    one = device("--generate", 50)
    assert one.wait() == 0
    more = device("--generate", 100000, "--interval", 1, "--max-tokens", 2000, "--save-every", 1000)
    more.wait_for_log("loaded")
    more.wait_for_log("energy")
    assert more.stop() == 0
    return one


def test_answers_equal_the_records(measured, inferometer):
    done = inferometer("analyze", "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["schema_version"] == 1 and answer["damaged"] == [] and answer["disagreements"] == []
    assert answer["files_read"] == len(measured.files())
    [group] = answer["groups"]
    records = measured.records()
    good = [record for record in records if record["status"] == "ok"]
    assert group["device_id"] == DEVICE_ID and group["device_name"] == "edge-device-01"
    assert group["total_inferences"] == len(records) and group["failed_inferences"] == len(records) - len(good)
    times = [record["inference_time_ms"] for record in good]
    assert group["inference_time_ms"]["avg"] == pytest.approx(statistics.fmean(times), rel=1e-9)
    assert group["inference_time_ms"]["p50"] == pytest.approx(statistics.median(times), rel=1e-9)
    assert group["inference_time_ms"]["max"] == max(times) and "p95" not in group["inference_time_ms"]
    assert group["energy_consumption_mj"]["total"] == pytest.approx(sum(r["energy_consumed_mj"] for r in good), rel=1e-9)
    rated = [record for record in good if "tokens_per_second" in record]
    assert group["tokens_per_second"]["avg"] == pytest.approx(
        sum(r["generated_tokens"] - 1 for r in rated) / sum(r["decode_ms"] for r in rated) * 1000, rel=1e-6)
    assert group["energy_per_token_mj"]["avg"] == pytest.approx(
        sum(r["energy_consumed_mj"] for r in good) / sum(r["generated_tokens"] for r in good), rel=1e-9)
    assert group["load_time_seconds"] > 0


def test_csv_has_one_row_a_group_or_an_inference(measured, inferometer, tmp_path):
    assert inferometer("analyze", "--export-csv", "out.csv").returncode == 0
    [row] = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()))
    assert row["device_name"] == "edge-device-01" and float(row["inference_time_ms_avg"]) > 0
    assert inferometer("analyze", "--records", "--export-csv", "all.csv").returncode == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert {row["record_id"] for row in rows} == {record["record_id"] for record in measured.records()}
    assert list(rows[0])[:3] == ["timestamp", "device_id", "model_name"]


def test_copies_in_an_experiment_folder_count_once(measured, inferometer):
    shutil.copytree(measured.out, measured.out.parent / "experiments" / "copy")
    answer = json.loads(inferometer("analyze", "--format", "json").stdout)
    assert sum(group["total_inferences"] for group in answer["groups"]) == len(measured.records())


def test_damaged_file_is_named_and_the_rest_is_answered(measured, inferometer):
    whole, count = measured.files()[0], len(measured.records())
    (whole.parent / "inference_metrics_x_20250101_000000.json").write_bytes(whole.read_bytes()[:5000])
    done = inferometer("analyze", "--format", "json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    [damage] = answer["damaged"]
    assert damage["file"].endswith("inference_metrics_x_20250101_000000.json") and 0 < damage["offset"] <= 5000 and damage["error"]
    assert answer["groups"][0]["total_inferences"] == count
    assert "inference_metrics_x_20250101_000000.json" in done.stderr


def test_summary_that_disagrees_is_named_and_the_records_are_believed(measured, inferometer):
    path = measured.files()[0]
    content = json.loads(path.read_text())
    truth = content["summary"]["inference_time_ms"]["avg"]
    content["summary"]["inference_time_ms"]["avg"] = truth + 1
    path.write_text(json.dumps(content))
    done = inferometer("analyze", "--format", "json")
    assert done.returncode == 0 and "inference_time_ms" in done.stderr
    [disagreement] = json.loads(done.stdout)["disagreements"]
    assert disagreement["field"] == "inference_time_ms.avg"
    assert disagreement["summary"] == pytest.approx(truth + 1) and disagreement["records"] == pytest.approx(truth, abs=0.001)


def test_missing_and_empty_directories_say_the_next_step(inferometer, tmp_path):
    done = inferometer("analyze")
    assert done.returncode == 1 and "--metrics-dir" in done.stderr and done.stdout == ""
    (tmp_path / "metrics").mkdir()
    done = inferometer("analyze")
    assert done.returncode == 1 and done.stdout == ""


def test_unknown_device_lists_those_there_are(measured, inferometer):
    done = inferometer("analyze", "--device", "nobody")
    assert done.returncode == 1 and "edge-device-01" in done.stderr
    assert inferometer("analyze", "--device", "edge-device-01").returncode == 0
    assert inferometer("analyze", "--device", DEVICE_ID.upper()).returncode == 0


def test_older_command_keeps_working(measured, tmp_path):
    done = subprocess.run([sys.executable, ROOT / "scripts/analyze_metrics.py", "--metrics-dir", "metrics", "--compare"],
                          cwd=tmp_path, capture_output=True, text=True, env=clean_environment(INFEROMETER=str(PROGRAM)))
    assert done.returncode == 0 and "edge-device-01" in done.stdout, done.stderr


def test_cost_and_charge_come_with_their_uncertainty(measured, inferometer):
    done = inferometer("analyze", "--compare", "--price-per-kwh", "0.30", "--battery-wh", "50")
    assert done.returncode == 0 and "+/-" in done.stdout, done.stdout + done.stderr
