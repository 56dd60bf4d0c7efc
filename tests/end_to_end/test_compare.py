"""Two experiments that a device really recorded, held against each other; the statistics stand in tests beside the code."""
import json
import random

import pytest

KEYS = ["metric", "n", "ratio", "interval", "verdict", "reason"]
WORDS = {"lower", "higher", "equivalent", "undecided", "not_comparable"}


@pytest.fixture
def experiments(device):
    """12 inferences of few tokens, then 12 of many, by one device into one folder."""
    for name, tokens in (("short", 4), ("long", 24)):
        one = device("--generate", 24, "--interval", 2, "--max-tokens", tokens, "--experiment", name)
        assert one.wait() == 0
    return one


def comparisons(done):
    answer = json.loads(done.stdout)
    assert answer["schema_version"] == 1
    for one in answer["comparisons"]:
        assert list(one)[:6] == KEYS and one["verdict"] in WORDS and one["reason"]
    return {one["metric"]: one for one in answer["comparisons"] if one["stratum"] is None}


def test_experiments_of_other_length_are_refused_unless_that_is_compared(experiments, inferometer):
    arms = ("experiment=short", "experiment=long", "--format", "json")
    # Whatever the machine was doing beside, it was doing in both.
    done = inferometer("compare", *arms, "--across", "flags")
    assert done.returncode == 0, done.stderr
    refused = comparisons(done)
    assert refused["inference_time_ms"]["verdict"] == "not_comparable"
    assert "generated_tokens differ: 4 and " in refused["inference_time_ms"]["reason"]
    done = inferometer("compare", *arms, "--across", "flags,generated_tokens")
    asked = comparisons(done)
    assert asked["inference_time_ms"]["n"] == {"a": 12, "b": 12}
    low, high = asked["inference_time_ms"]["interval"]
    assert low <= asked["inference_time_ms"]["ratio"] <= high
    assert inferometer("compare", *arms, "--across", "flags,generated_tokens").stdout == done.stdout


def made_up(folder, median_ms):
    """30 inferences without drift, whatever this machine is doing."""
    noise = random.Random(7)
    records = [{"timestamp": f"2026-11-30T10:{number:02}:00.000000Z", "device_id": "pi-07", "model_name": "SmolLM2",
                "inference_time_ms": round(noise.gauss(median_ms, median_ms / 50), 3), "memory_used_mb": 160.5, "cpu_percent_avg": 180.25,
                "energy_consumed_mj": 500, "compute_device": "cpu", "record_id": f"pi-07/{round(median_ms):016x}/{number + 1}", "status": "ok"}
               for number in range(30)]
    folder.mkdir()
    (folder / "inference_metrics_1.json").write_text(json.dumps({"context": {"threads": 4}, "detailed_metrics": records}))
    return folder


def test_a_regression_is_exit_code_one(inferometer, tmp_path):
    before, after = made_up(tmp_path / "before", 1000), made_up(tmp_path / "after", 1200)
    worse = inferometer("compare", "--baseline", before, after, "--metric", "inference_time_ms")
    assert worse.returncode == 1 and "slower" in worse.stdout and "than the baseline" in worse.stderr, worse.stdout + worse.stderr
    better = inferometer("compare", "--baseline", after, before, "--metric", "inference_time_ms")
    assert better.returncode == 0 and "faster" in better.stdout, better.stdout + better.stderr


def test_the_devices_first_inference_is_a_warm_up(experiments):
    warm = [record for record in experiments.records() if record.get("warmup")]
    assert len(warm) == 2


def test_wrong_usage_is_exit_code_two(inferometer):
    assert inferometer("compare", "only-one").returncode == 2
    done = inferometer("compare", "threads=", "threads=4")
    assert done.returncode == 2 and "field=value" in done.stderr
    assert inferometer("compare", "a", "b", "--margin", "0").returncode == 2
    done = inferometer("compare", "nowhere", "nothing")
    assert done.returncode == 1 and "nowhere" in done.stderr
