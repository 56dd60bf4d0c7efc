"""What other programs wrote becomes records; the details of every format stand in golden tests beside the code."""
import hashlib
import json
import subprocess

import pytest

from conftest import PROGRAM, ROOT, clean_environment
from test_export import older, put

LLAMA_BENCH = ROOT / "third_party/llama-build/bin/llama-bench"
MODEL = ROOT / "third_party/models/SmolLM2-135M-Instruct.Q4_1.gguf"
OLLAMA = {"model": "gemma3", "created_at": "2025-10-17T23:14:07.414671Z", "response": "Hello!", "done": True, "done_reason": "stop",
          "total_duration": 174560334, "load_duration": 101397084, "prompt_eval_count": 11, "prompt_eval_duration": 13074791,
          "eval_count": 18, "eval_duration": 52479709}
LLAMA_SERVER = {"choices": [{"finish_reason": "stop", "index": 0}], "created": 1757141666, "model": "Smol",
                "timings": {"cache_n": 236, "prompt_n": 1, "prompt_ms": 30.958, "predicted_n": 35, "predicted_ms": 661.064}}
AIPERF = {"metadata": {"request_start_ns": 1759813207532900363, "benchmark_phase": "profiling", "was_cancelled": False},
          "metrics": {"input_sequence_length": {"value": 550, "unit": "tokens"}, "request_latency": {"value": 297.525, "unit": "ms"},
                      "time_to_first_token": {"value": 255.886, "unit": "ms"}, "output_sequence_length": {"value": 9, "unit": "tokens"}},
          "error": None}


def lines(path, *values):
    path.write_text("".join((value if isinstance(value, str) else json.dumps(value)) + "\n" for value in values))
    return path


def imported(tmp_path, name="imported"):
    """The records of a device's folder, each with the context of its file."""
    for path in sorted((tmp_path / "metrics" / name).glob("inference_metrics_*.json")):
        content = json.loads(path.read_text())
        for record in content["detailed_metrics"]:
            yield record, content["context"]


def test_responses_of_ollama(inferometer, tmp_path):
    file = lines(tmp_path / "ollama.jsonl", {"model": "gemma3", "created_at": "2025-10-17T23:14:07Z", "done": False}, OLLAMA)
    done = inferometer("import", file, "--device-id", "pi-07", "--device-name", "edge-1")
    assert done.returncode == 0 and done.stdout == "" and "1 records into metrics" in done.stderr, done.stderr
    [(record, context)] = imported(tmp_path, "edge-1")
    assert record["timestamp"] == "2025-10-17T23:14:07.341508Z" and record["device_id"] == "pi-07" and record["model_name"] == "gemma3"
    assert record["inference_time_ms"] == pytest.approx((174560334 - 101397084) / 1e6, abs=0.0006)
    assert record["tokens_per_second"] == pytest.approx(17 / 0.052479709, rel=1e-5)
    assert "energy_consumed_mj" not in record and "memory_used_mb" not in record
    assert context["imported_from"] == "ollama" and context["imported_file"] == "ollama.jsonl"
    assert context["imported_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_same_again_adds_nothing_and_a_grown_file_what_is_new(inferometer, tmp_path):
    file = lines(tmp_path / "server.jsonl", LLAMA_SERVER)
    for _ in range(2):
        assert inferometer("import", file).returncode == 0
    assert len(list(imported(tmp_path))) == 1
    lines(file, "data: " + json.dumps(LLAMA_SERVER), {**LLAMA_SERVER, "created": 1757141667}, "data: [DONE]")
    assert "1 records into" in inferometer("import", file).stderr
    assert len({record["record_id"] for record, _ in imported(tmp_path)}) == len(list(imported(tmp_path))) == 2
    done = inferometer("verify", "metrics", "--format", "json")
    assert done.returncode == 0 and json.loads(done.stdout)["records"] == 2, done.stdout


def test_bad_lines_are_named_and_the_rest_is_imported(inferometer, tmp_path):
    bad = {**LLAMA_SERVER, "timings": {**LLAMA_SERVER["timings"], "prompt_ms": "slow"}}
    done = inferometer("import", lines(tmp_path / "server.jsonl", LLAMA_SERVER, "{", bad))
    assert done.returncode == 1
    assert "server.jsonl: line 2, byte 1" in done.stderr and 'line 3, byte ' in done.stderr and '"timings.prompt_ms": not a number' in done.stderr
    assert "2 left out" in done.stderr and len(list(imported(tmp_path))) == 1


def test_requests_of_aiperf_and_the_model_that_they_do_not_name(inferometer, tmp_path):
    failed = {**AIPERF, "metrics": None, "error": {"code": 500, "type": "ServerError", "message": "x"}}
    done = inferometer("import", lines(tmp_path / "profile_export.jsonl", AIPERF, failed))
    assert done.returncode == 0 and "--model" in done.stderr
    records = [record for record, _ in imported(tmp_path)]
    assert [record["model_name"] for record in records] == ["unknown", "unknown"]
    assert records[0]["tokens_per_second"] == pytest.approx(8 / (297.525 - 255.886) * 1000, rel=1e-5)
    assert records[1]["status"] == "error" and records[1]["error_type"] == "ServerError"
    answer = json.loads(inferometer("analyze", "--format", "json").stdout)
    assert answer["groups"][0]["failed_inferences"] == 1


@pytest.mark.needs_llama_bench
def test_a_real_llama_bench(inferometer, tmp_path):
    with open(tmp_path / "bench.jsonl", "w") as out:
        subprocess.run([LLAMA_BENCH, "-m", MODEL, "-p", "16", "-n", "4", "-r", "2", "-t", "1", "-o", "jsonl"], stdout=out,
                       stderr=subprocess.DEVNULL, check=True)
    assert inferometer("import", "bench.jsonl").returncode == 0
    tests = [json.loads(line) for line in (tmp_path / "bench.jsonl").read_text().splitlines()]
    records = list(imported(tmp_path))
    assert sorted(record["inference_time_ms"] for record, _ in records) == pytest.approx(
        sorted(ns / 1e6 for test in tests for ns in test["samples_ns"]), abs=0.0006)
    for record, context in records:
        assert record["flags"] == ["synthetic"] and record["model_name"] == MODEL.stem
        [test] = [test for test in tests if test["n_prompt"] == record["prompt_tokens"]]
        rate = record["tokens_per_second"] if context["test"] == "tg4" else record["prompt_tokens_per_second"]
        assert any(rate == pytest.approx(ts, rel=1e-4) for ts in test["samples_ts"])


def test_older_directory_becomes_ours_each_record_once(inferometer, tmp_path):
    old = tmp_path / "old"
    put(old / "edge-3", "1", [older(10), older(11)], {})
    put(old / "edge-3", "2", [older(10), older(11), older(12)], {})
    assert inferometer("import", old).returncode == 0
    again = inferometer("import", old, "--format", "older")
    assert "0 records into metrics" in again.stderr and "3 were there already" in again.stderr
    records = list(imported(tmp_path, "edge-3"))
    assert len(records) == 3 and records[2][1]["imported_file"] == "inference_metrics_2.json"
    first, second = (json.loads(inferometer("analyze", "--format", "json", "--metrics-dir", where).stdout)["groups"] for where in ("old", "metrics"))
    assert first[0]["inference_time_ms"] == second[0]["inference_time_ms"]
    assert json.loads(inferometer("verify", "metrics", "--format", "json").stdout)["findings_count"] == 0


def test_what_was_imported_and_archived_is_not_imported_again(inferometer, tmp_path):
    file = lines(tmp_path / "server.jsonl", LLAMA_SERVER)
    assert inferometer("import", file).returncode == 0
    assert inferometer("archive", "--grace", "0s").returncode == 0
    assert not list(imported(tmp_path))
    assert "1 were there already" in inferometer("import", file).stderr


def test_wrong_usage_names_the_next_step(inferometer, tmp_path):
    (tmp_path / "old").mkdir()
    assert inferometer("import", "old", "--format", "ollama").returncode == 2
    assert inferometer("import", lines(tmp_path / "a.jsonl", OLLAMA), "--format", "older").returncode == 2
    assert inferometer("import", "a.jsonl", "--device-id", "../x").returncode == 2
    assert inferometer("import", "a.jsonl", "--measured-at", "yesterday").returncode == 2
    done = inferometer("import", lines(tmp_path / "b.jsonl", {"a": 1}))
    assert done.returncode == 1 and "--format" in done.stderr
    assert inferometer("import", "nowhere.jsonl").returncode == 1
    assert not (tmp_path / "metrics").exists()


def test_killed_import_is_completed_by_the_next(inferometer, tmp_path):
    count = 20_000
    file = lines(tmp_path / "ollama.jsonl", *({**OLLAMA, "eval_duration": 52479709 + number} for number in range(count)))
    for seconds in (0.15, 0.3, 0.5):
        running = subprocess.Popen([PROGRAM, "import", file], cwd=tmp_path, env=clean_environment(), stderr=subprocess.DEVNULL)
        try:
            running.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
    assert inferometer("import", file).returncode == 0
    ids = [record["record_id"] for record, _ in imported(tmp_path)]
    assert len(ids) == len(set(ids)) == count
