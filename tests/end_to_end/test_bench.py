"""`inferometer bench`: with the real engine and the real model, broken off and gone on with, and what other programs read of it."""
import csv
import io
import json
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess

import pytest

from conftest import PROGRAM, ROOT, clean_environment, wait_until

MODEL = ROOT / "third_party/models/SmolLM2-135M-Instruct.Q4_1.gguf"
QUICK = ("--energy", "none", "--device-id", "test-device")
ARMS = 2


def records_of(folder):
    """What stands in the metrics files, without warm-ups; a file is whole whenever it is read."""
    found = []
    for file in sorted(pathlib.Path(folder).glob("*/inference_metrics_*.json")):
        found += json.loads(file.read_text())["detailed_metrics"]
    return found


def runs_of(folder):
    return [record for record in records_of(folder) if not record.get("warmup")]


@pytest.fixture
def bench(inferometer):
    def run(*arguments, **more):
        return inferometer("bench", *arguments, **more)

    return run


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A bench of two thread counts and two tests, in six blocks."""
    out = tmp_path_factory.mktemp("bench") / "done"
    done = subprocess.run([PROGRAM, "bench", "-m", MODEL, "-t", "1,2", "-p", "4", "-n", "2", "-r", "6", "--seed", "7", "--out", out, *QUICK],
                          capture_output=True, text=True, env=clean_environment(), timeout=300)
    assert done.returncode == 0, done.stderr
    return out, done


def test_every_arm_runs_every_test_once_a_block_and_the_arms_are_compared(finished):
    out, done = finished
    runs = runs_of(out)
    assert sorted(run["run_index"] for run in runs) == list(range(6 * ARMS * 2))
    assert len({run["record_id"] for run in records_of(out)}) == len(records_of(out))
    blocks = {}
    for run in sorted(runs, key=lambda run: run["timestamp"]):
        blocks.setdefault(run["block_id"], []).append(run["prompt_id"])
    assert len(blocks) == 6 and all(sorted(tests) == ["pp4", "pp4", "tg2", "tg2"] for tests in blocks.values())
    assert {folder.name for folder in out.iterdir() if folder.is_dir()} == {f"{MODEL.stem}-t1", f"{MODEL.stem}-t2"}
    for threads in (1, 2):
        folder = out / f"{MODEL.stem}-t{threads}"
        loading = json.loads((folder / "loading_metrics.json").read_text())
        assert loading["event"] == "model_loading" and loading["threads"] == threads
    assert "| llama 256M Q4_1" in done.stdout and " pp4 |" in done.stdout and " tg2 |" in done.stdout
    assert f"inference_time_ms: each against {MODEL.stem}-t1" in done.stdout
    assert "seed 7" in done.stderr and "6 blocks in" in done.stderr


def test_memory_is_told_only_where_one_model_is_in_memory(finished, bench, tmp_path):
    out, _ = finished
    assert not any("memory_used_mb" in record or "memory_rss_mb" in record for record in records_of(out))
    done = bench("-m", MODEL, "-t", 1, "-p", 4, "-n", 0, "-r", 1, "--out", tmp_path / "one", *QUICK)
    assert done.returncode == 0, done.stderr
    assert runs_of(tmp_path / "one")[0]["memory_used_mb"] > 50


def test_the_other_commands_read_a_bench(finished, inferometer):
    out, _ = finished
    groups = json.loads(inferometer("analyze", "--metrics-dir", out, "--format", "json").stdout)["groups"]
    assert sorted(group["device_name"] for group in groups) == [f"{MODEL.stem}-t1", f"{MODEL.stem}-t2"]
    done = inferometer("compare", "threads=1,prompt_id=tg2", "threads=2,prompt_id=tg2", "--metrics-dir", out, "--metric", "inference_time_ms",
                       "--across", "conditions", "--format", "json")  # another program may run meanwhile, which is flagged
    comparison = json.loads(done.stdout)["comparisons"][0]
    assert comparison["verdict"] != "not_comparable" and comparison["resampled"] == "paired blocks", comparison
    assert inferometer("verify", out).returncode == 0


def test_output_is_that_of_llama_bench(finished, bench, inferometer, tmp_path):
    out, _ = finished

    def output(form):
        done = bench("--resume", out, "-o", form, *QUICK)
        assert done.returncode == 0, done.stderr
        assert "each against" in done.stderr and "each against" not in done.stdout
        return done.stdout

    rows = json.loads(output("json"))
    assert [(row["n_threads"], row["n_prompt"], row["n_gen"]) for row in rows] == [(1, 4, 0), (1, 0, 2), (2, 4, 0), (2, 0, 2)]
    assert all(len(row["samples_ns"]) == 6 and row["model_size"] == 96576768 for row in rows)
    assert [json.loads(line) for line in output("jsonl").splitlines()] == rows
    names = list(rows[0])[:-2]
    table = list(csv.DictReader(io.StringIO(output("csv"))))
    assert list(table[0]) == names and [row["avg_ns"] for row in table] == [str(row["avg_ns"]) for row in rows]
    database = sqlite3.connect(":memory:")
    database.executescript(output("sql"))
    assert database.execute("SELECT n_threads, n_prompt, n_gen, avg_ts FROM llama_bench").fetchall() == [
        (row["n_threads"], row["n_prompt"], row["n_gen"], row["avg_ts"]) for row in rows]
    assert output("md").startswith("| model                          |       size |     params | backend    | threads |")
    (tmp_path / "bench.jsonl").write_text(output("jsonl"))
    done = inferometer("import", tmp_path / "bench.jsonl", "--device-id", "test-device", "--out", tmp_path / "imported")
    assert done.returncode == 0, done.stderr
    imported = sum(len(json.loads(file.read_text())["detailed_metrics"]) for file in (tmp_path / "imported").rglob("inference_metrics_*.json"))
    assert imported == 4 * 6


def test_archived_bench_is_the_same_bench(finished, bench, inferometer, tmp_path):
    out = tmp_path / "archived"
    shutil.copytree(finished[0], out)

    def rows():
        done = bench("--resume", out, "-o", "json", *QUICK)
        assert done.returncode == 0 and "24 of its runs are there" in done.stderr, done.stderr
        return [{**row, "samples_ns": sorted(row["samples_ns"]), "samples_ts": sorted(row["samples_ts"])} for row in json.loads(done.stdout)]

    before = rows()
    done = inferometer("archive", "--metrics-dir", out, "--grace", "0s")
    assert done.returncode == 0 and not list(out.glob("*/inference*")), done.stderr
    assert rows() == before


# What llama.cpp's comparison imports beside Python's own: no repository to name commits from, and a table that a test can read.
STAND_INS = {
    "git.py": "class InvalidGitRepositoryError(Exception): pass\nclass Commit: pass\n"
              "class Repo:\n    def __init__(self, *_, **__): raise InvalidGitRepositoryError\n",
    "tabulate.py": "import json\ndef tabulate(rows, headers, **_): return json.dumps([dict(zip(headers, row)) for row in rows])\n",
}


@pytest.mark.parametrize("form", ["sql", "json", "jsonl", "csv"])
def test_llama_cpps_own_comparison_reads_every_output(finished, bench, tmp_path, form):
    out, _ = finished
    for name, text in STAND_INS.items():
        (tmp_path / name).write_text(text)
    rows = json.loads(bench("--resume", out, "-o", "json", *QUICK).stdout)
    text = bench("--resume", out, "-o", form, *QUICK).stdout
    file = tmp_path / f"bench.{form}"
    if form == "sql":
        sqlite3.connect(file).executescript(text).connection.close()
    else:
        file.write_text(text)
    commit = rows[0]["build_commit"]
    done = subprocess.run(["/usr/bin/python3", ROOT / "third_party/llama.cpp/scripts/compare-llama-bench.py", "-t", "llama-bench", "-i", file,
                           "-b", commit, "-c", commit], capture_output=True, text=True, cwd=tmp_path, env=clean_environment(PYTHONPATH=str(tmp_path)))
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout)
    assert sorted((int(row["Threads"]), row["Test"], row[f"t/s {commit}"]) for row in table) == sorted(
        (row["n_threads"], f"pp{row['n_prompt']}" if row["n_prompt"] else f"tg{row['n_gen']}", row["avg_ts"]) for row in rows)
    assert {row["Model"] for row in table} == {rows[0]["model_type"]} and {row["Speedup"] for row in table} == {1.0}


def test_columns_are_those_in_the_source_of_the_pinned_llama_bench(finished, bench):
    source = (ROOT / "third_party/llama.cpp/tools/llama-bench/llama-bench.cpp").read_text()
    fields = source.split("get_fields() {")[1].split("};")[0]
    header = bench("--resume", finished[0], "-o", "csv", *QUICK).stdout.splitlines()[0]
    assert header.split(",") == re.findall(r'"(\w+)"', fields)


@pytest.mark.needs_llama_bench
def test_columns_and_table_are_those_of_the_pinned_llama_bench(finished, bench):
    out, _ = finished
    real = ROOT / "third_party/llama-build/bin/llama-bench"

    def printed(form):
        return subprocess.run([real, "-m", MODEL, "-p", "4", "-n", "2", "-r", "1", "-t", "1", "-o", form], capture_output=True, text=True,
                              check=True).stdout

    ours = json.loads(bench("--resume", out, "-o", "json", *QUICK).stdout)[0]
    theirs = json.loads(printed("json"))[0]
    assert list(ours) == list(theirs)
    assert {name: type(value) for name, value in ours.items() if value is not None} == {
        name: type(theirs[name]) for name, value in ours.items() if value is not None}
    for name in ("cpu_info", "gpu_info", "backends", "model_type", "model_size", "model_n_params", "n_batch", "n_ubatch"):
        assert ours[name] == theirs[name], name
    heading = bench("--resume", out, "-o", "sql", *QUICK).stdout.split("INSERT")[0]
    assert heading == printed("sql").split("INSERT")[0]
    assert bench("--resume", out, "-o", "md", *QUICK).stdout.splitlines()[:2] == printed("md").splitlines()[:2]


def test_prompts_of_a_file_are_matched_by_their_ids(bench, tmp_path):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"prompt":"Is 30 degrees warm?","id":"warm"}\n{"prompt":"Say yes."}\n')
    done = bench("-m", MODEL, "-t", 1, "--prompts", prompts, "-n", 3, "-r", 2, "--out", tmp_path / "out", *QUICK)
    assert done.returncode == 0, done.stderr
    runs = runs_of(tmp_path / "out")
    assert sorted(run["prompt_id"] for run in runs) == ["prompt-2", "prompt-2", "warm", "warm"]
    assert all(run["generated_tokens"] <= 3 and run["prompt_tokens"] > 3 for run in runs)
    depths = {run["prompt_tokens"] for run in runs}
    assert all(f"@ d{depth} |" in done.stdout for depth in depths)
    assert "degrees" not in (tmp_path / "out/bench.json").read_text()


def start(out, blocks):
    """Two arms of one thread each, which wait for nobody on a busy machine."""
    for name in ("a.gguf", "b.gguf"):
        (out.parent / name).symlink_to(MODEL)
    return subprocess.Popen([PROGRAM, "bench", "-m", f"{out.parent}/a.gguf,{out.parent}/b.gguf", "-t", "1", "-p", "0", "-n", "2", "-r", str(blocks),
                             "--delay", "0.05", "--out", out, *QUICK], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_bench_that_was_broken_off_goes_on_and_loses_and_doubles_nothing(bench, tmp_path, how):
    out, blocks = tmp_path / "out", 8
    process = start(out, blocks)
    wait_until(lambda: len(runs_of(out)) >= 3, "three runs are stored")
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    stored = records_of(out)
    if how == signal.SIGINT:
        assert process.returncode == 1
        assert f"every run that was done is kept; inferometer bench --resume {out} goes on" in said
    done = bench("--resume", out, *QUICK)
    assert done.returncode == 0, done.stderr
    assert "of its runs are there; it goes on behind them" in done.stderr
    assert sorted(run["run_index"] for run in runs_of(out)) == list(range(blocks * ARMS))
    ids = [record["record_id"] for record in records_of(out)]
    assert len(ids) == len(set(ids)) and {record["record_id"] for record in stored} <= set(ids)
    assert "tg2" in done.stdout


def test_the_same_command_goes_on_and_another_one_is_refused(finished, bench):
    out, _ = finished
    same = ("-m", MODEL, "-t", "1,2", "-p", 4, "-n", 2, "-r", 6, "--out", out, *QUICK)
    done = bench(*same)
    assert done.returncode == 0 and "24 of its runs are there" in done.stderr, done.stderr
    done = bench(*same[:5], 16, *same[6:])
    assert done.returncode == 2 and "holds another bench" in done.stderr and '"prompt_tokens":16' in done.stderr, done.stderr
    done = bench("--resume", out, "-t", "4")
    assert done.returncode == 2 and "leave out --threads" in done.stderr
    assert len(runs_of(out)) == 24


def test_ranges_are_those_of_llama_bench(bench, tmp_path):
    done = bench("-m", MODEL, "-t", "1-2", "-p", "2,4-8*2", "-n", "1-3+2", "-r", 1, "--warm-ups", 0, "--out", tmp_path / "out", *QUICK)
    assert done.returncode == 0, done.stderr
    assert sorted(run["prompt_id"] for run in runs_of(tmp_path / "out")) == sorted(["pp2", "pp4", "pp8", "tg1", "tg3"] * 2)
    assert {folder.name for folder in (tmp_path / "out").iterdir() if folder.is_dir()} == {f"{MODEL.stem}-t1", f"{MODEL.stem}-t2"}


def test_changed_model_is_refused(bench, tmp_path):
    model = tmp_path / "model.gguf"
    shutil.copy(MODEL, model)
    assert bench("-m", model, "-t", 1, "-p", 4, "-n", 0, "-r", 1, "--out", tmp_path / "out", *QUICK).returncode == 0
    with model.open("ab") as file:
        file.write(b"x")
    done = bench("--resume", tmp_path / "out", *QUICK)
    assert done.returncode == 1 and f"{model} is not the file that the bench began with" in done.stderr


def test_wrong_usage_is_said_before_anything_is_loaded(bench, tmp_path):
    out = tmp_path / "out"
    for arguments, said in ((("-m", tmp_path / "none.gguf"), "no model at"), (("-p", 0, "-n", 0), "nothing to run"),
                            (("-t", "1,1"), "is asked for twice"), (("-t", "1-3,2"), "is asked for twice"),
                            (("-t", "0-4"), "--threads: 0-4 is not from 1 to 512"), (("-p", "8-2"), "8-2 is a range without a number"),
                            (("-n", "1-8x2"), "is no whole number and no range like"), (("-p", "0-1000"), "makes more than 256 numbers"), (("--metric", "speed"), "is none of"),
                            (("--max-time", "soon"), "--max-time soon"), (("--prompts", tmp_path / "none", "-p", 8), "exclude each other"),
                            (("-o", "xml"), "not in {")):
        done = bench(*arguments, "--out", out, *QUICK)
        assert done.returncode in (1, 2) and said in done.stderr, (arguments, done.stderr)
    (tmp_path / "prompts").write_text('{"prompt":3}\n')
    done = bench("--prompts", tmp_path / "prompts", "--out", out, *QUICK)
    assert done.returncode == 2 and "prompts: line 1: no text under" in done.stderr
    assert not list(tmp_path.glob("out/*/inference*"))
