"""Spark reads the lake and gets what `analyze` says of the files, group by group and figure by figure."""
import json
import random
import subprocess

import pytest

from conftest import ROOT, clean_environment
from test_export import CONTEXT, put

PACKAGES = ROOT / "third_party/examples-spark"
RECORDS_A_FILE, SECONDS_APART = 250, 977  # of one stream: some 88 records a day


def moment(number):
    seconds = number * SECONDS_APART
    return f"2026-11-{1 + seconds // 86400:02}T{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{number:06}Z"


def ours(number, device, model, rng, **more):
    ms, mj = rng.uniform(300, 3000), rng.uniform(100, 20000)
    one = {"timestamp": moment(number), "device_id": device, "model_name": model, "inference_time_ms": round(ms, 3),
           "memory_used_mb": round(rng.uniform(150, 170), 2), "cpu_percent_avg": round(rng.uniform(90, 400), 2),
           "energy_consumed_mj": round(mj, 2), "compute_device": "cpu", "record_id": f"{device}/00000000000005ed/{number + 1}",
           "time_to_first_token_ms": round(ms * 0.6, 3), "decode_ms": round(ms * 0.4, 3), "generated_tokens": rng.randrange(64),
           "tokens_per_second": round(rng.uniform(5, 90), 3), "energy_source": "rapl", "energy_scope": "package",
           "energy_uncertainty_mj": round(mj * 0.02, 2), "status": "ok", **more}
    for key in rng.sample(["decode_ms", "tokens_per_second", "time_to_first_token_ms", "generated_tokens"], rng.randrange(3)):
        del one[key]  # not measured
    return one


def failed(number, device, model):
    return {"timestamp": moment(number), "device_id": device, "model_name": model, "status": "error", "error_type": "cancelled",
            "record_id": f"{device}/00000000000005ed/{number + 1}"}


def older(number, device, model, rng):
    """As the older system writes it: every digit of a double, a naive time, no id."""
    seconds, joules = rng.uniform(0.3, 3), rng.uniform(1, 20)
    return {"timestamp": moment(number)[:-1], "device_id": device, "model_name": model, "inference_time_seconds": seconds,
            "inference_time_ms": seconds * 1000, "memory_used_mb": rng.uniform(1, 90), "memory_total_mb": rng.uniform(500, 900),
            "cpu_percent_avg": rng.uniform(20, 99), "cpu_percent_samples": [1.5, 2.5], "energy_consumed_j": joules,
            "energy_consumed_mj": joules * 1000, "compute_device": "cuda", "prompt_length": 200, "response_length": 90}


def put_stream(folder, name, records, context=CONTEXT):
    for first in range(0, len(records), RECORDS_A_FILE):
        put(folder, f"{name}_{first:05}", records[first:first + RECORDS_A_FILE], context)


@pytest.fixture
def lake(inferometer, tmp_path):
    """A lake made from files of both layouts, and what analyze said of the files."""
    rng, metrics = random.Random(6), tmp_path / "metrics"
    put_stream(metrics / "edge-1", "a", [failed(i, "pi-07", "SmolLM2") if i % 50 == 7 else ours(i, "pi-07", "SmolLM2", rng)
                                         for i in range(1200)])
    # Two kinds of energy, so that failed inferences belong to neither; few of one kind, too few for some quantiles.
    put_stream(metrics / "edge-2", "b", [failed(i, "00:0f:00:70:91:0a", "Qwen3") if i % 99 == 3 else
                                         ours(i, "00:0f:00:70:91:0a", "Qwen3", rng, **({"energy_scope": "board"} if i % 20 == 0 else {}))
                                         for i in range(800)])
    put_stream(metrics / "edge-2", "c", [ours(i, "00:0f:00:70:91:0a", "Größe \"7\"", rng) for i in range(1000, 1040)])
    old = [older(i, "edge-3-id", "distilgpt2", rng) for i in range(700)]
    put(metrics / "edge-3", "d_1", old[:300], {})
    put(metrics / "edge-3", "d_2", old, {})  # cumulative: the first 300 again
    groups = json.loads(inferometer("analyze", "--format", "json").stdout)["groups"]
    done = inferometer("archive", "--grace", "0s")
    assert done.returncode == 0 and not list(metrics.glob("*/inference_metrics_*")), done.stderr
    return metrics / "lake", groups


@pytest.mark.skipif(not (PACKAGES / "pyspark").is_dir(), reason="no Spark: tools/setup examples")
def test_spark_gets_the_summary_of_analyze_from_the_lake_row_by_row(lake, tmp_path):
    folder, groups = lake
    before = sorted(folder.rglob("*"))
    # Short programs gain nothing from the slow compiler.
    environment = clean_environment(PYTHONPATH=str(PACKAGES), TMPDIR=str(tmp_path), PYTHONDONTWRITEBYTECODE="1",
                                    JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    done = subprocess.run(["/usr/bin/python3", ROOT / "examples/spark/summary.py", folder], cwd=tmp_path, capture_output=True, text=True,
                          env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == len(groups) == 6
    assert sum(row["total_inferences"] for row in rows) == 1200 + 800 + 40 + 700
    compared = 0
    for row, group in zip(rows, groups):
        assert row.keys() == group.keys(), row["model_name"]
        for name, said in group.items():
            if isinstance(said, dict):
                assert row[name] == pytest.approx(said, rel=1e-12), (row["model_name"], name)
                compared += len(said)
            else:
                assert row[name] == said
    assert compared > 150
    assert [line for line in done.stderr.splitlines() if "JDK_JAVA_OPTIONS" not in line] == []
    assert sorted(folder.rglob("*")) == before and sorted(path.name for path in tmp_path.iterdir()) == ["metrics"]
