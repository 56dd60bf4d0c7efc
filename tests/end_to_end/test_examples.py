"""The examples for data people do what they say."""
import json
import subprocess

import pytest

from conftest import ROOT, clean_environment
from test_export import put, record

PACKAGES = ROOT / "third_party/examples-python"


@pytest.mark.skipif(not (PACKAGES / "pandas").is_dir(), reason="no pandas: tools/setup examples")
@pytest.mark.parametrize("name", ["records.jsonl", "records.csv"])
def test_pandas_gets_the_figures_of_analyze(inferometer, tmp_path, name):
    good = [record(number, decode_ms=40.0 + number, generated_tokens=number % 20, energy_source="model") for number in range(90)]
    failed = {"timestamp": "2026-11-01T00:00:00Z", "device_id": "pi-07", "model_name": "SmolLM2", "record_id": "pi-07/00000000000005ed/91",
              "status": "error", "error_type": "cancelled"}
    put(tmp_path / "metrics" / "edge-1", "1", [*good, failed])
    put(tmp_path / "metrics" / "edge-2", "1", [record(number, "pi-08") for number in range(3)])
    assert inferometer("export", "--to", name).returncode == 0
    done = subprocess.run(["/usr/bin/python3", ROOT / "examples/pandas/summary.py", name], cwd=tmp_path, capture_output=True, text=True,
                          env=clean_environment(PYTHONPATH=str(PACKAGES)))
    assert done.returncode == 0, done.stderr
    header, *rows, last = done.stdout.splitlines()
    assert last == "1 failed inferences are in no figure"
    table = [dict(zip(header.split(), row.replace("2026-11-01 ", "2026-11-01_").split())) for row in rows]
    groups = json.loads(inferometer("analyze", "--format", "json").stdout)["groups"]
    assert len(table) == len(groups) == 2
    for row, group in zip(table, groups):
        assert row["device_id"] == group["device_id"] and int(row["inferences"]) == group["total_inferences"] - group["failed_inferences"]
        assert float(row["inference_time_ms"]) == pytest.approx(group["inference_time_ms"]["p50"], abs=0.051)
        assert float(row["energy_consumed_mj"]) == pytest.approx(group["energy_consumption_mj"]["avg"], abs=0.051)
    assert float(table[0]["tokens_per_second"]) == pytest.approx(groups[0]["tokens_per_second"]["avg"], abs=0.0051)
    assert table[1]["tokens_per_second"] == "NaN"


@pytest.mark.skipif(not (PACKAGES / "duckdb").is_dir(), reason="no DuckDB for Python: tools/setup examples")
def test_duckdb_gets_the_figures_of_analyze_from_the_lake(inferometer, tmp_path):
    good = [record(number, decode_ms=40.0 + number, generated_tokens=number % 20, energy_source="model") for number in range(90)]
    failed = {"timestamp": "2026-11-01T00:00:00Z", "device_id": "pi-07", "model_name": "SmolLM2", "record_id": "pi-07/00000000000005ed/91",
              "status": "error", "error_type": "cancelled", "energy_source": "model"}
    put(tmp_path / "metrics" / "edge-1", "1", [*good, failed])
    put(tmp_path / "metrics" / "edge-2", "1", [record(number, "pi-08") for number in range(3)])
    assert inferometer("archive", "--grace", "0").returncode == 0
    done = subprocess.run(["/usr/bin/python3", ROOT / "examples/duckdb/summary.py", "metrics/lake"], cwd=tmp_path, capture_output=True,
                          text=True, env=clean_environment(PYTHONPATH=str(PACKAGES)))
    assert done.returncode == 0, done.stderr
    header, *rows = [line.split("\t") for line in done.stdout.splitlines()]
    table = [dict(zip(header, row)) for row in rows]
    groups = json.loads(inferometer("analyze", "--format", "json").stdout)["groups"]
    assert len(table) == len(groups) == 2
    for row, group in zip(table, groups):
        assert row["device_id"] == group["device_id"] and int(row["failed"]) == group["failed_inferences"]
        assert int(row["inferences"]) == group["total_inferences"] - group["failed_inferences"]
        assert float(row["p50_ms"]) == pytest.approx(group["inference_time_ms"]["p50"], abs=0.051)
        assert float(row["energy_mj"]) == pytest.approx(group["energy_consumption_mj"]["avg"], abs=0.051)
    assert float(table[0]["tokens_per_second"]) == pytest.approx(groups[0]["tokens_per_second"]["avg"], abs=0.0051)
    assert table[1]["tokens_per_second"] == ""
