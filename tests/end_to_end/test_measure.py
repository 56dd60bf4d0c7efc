"""`inferometer measure`: any program as a whole, against what the program itself says, and against a power curve that is known."""
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from conftest import PROGRAM, clean_environment, wait_until


@pytest.fixture(scope="session")
def burner(tmp_path_factory):
    program = tmp_path_factory.mktemp("burner") / "burner"
    source = pathlib.Path(__file__).with_name("burner.cc")
    subprocess.run(["c++", "-std=c++17", "-O1", "-pthread", "-o", program, source], check=True)
    return program


@pytest.fixture
def measure(inferometer):
    """Measures a command; its exit code, its standard output, and the record of standard error."""

    def run(*command, options=()):
        done = inferometer("measure", "--format", "json", "--energy", "none", *options, "--", *command)
        return done, json.loads(done.stderr)

    return run


def test_cpu_time_and_peak_memory_are_those_of_the_program(measure, burner):
    done, record = measure(burner, 2, 2, 300)
    truth = json.loads(done.stdout)
    assert record["cpu_time_ms"] == pytest.approx(1000 * truth["cpu_seconds"], rel=0.005), (record, truth)
    assert record["cpu_time_ms"] >= 2000
    assert record["memory_peak_mb"] == pytest.approx(truth["peak_kb"] / 1024, abs=1), (record, truth)
    assert 300 <= record["memory_peak_mb"] < 310
    assert record["memory_peak_source"] == "ru_maxrss" and record["cpu_source"] == "rusage" and record["processes"] == 1
    assert record["cpu_percent_avg"] == pytest.approx(100 * record["cpu_time_ms"] / record["inference_time_ms"], abs=0.02)
    assert record["status"] == "ok" and record["exit_code"] == 0


def test_children_count_for_the_tree(measure, burner):
    script = f"{burner} 0.5 1 50 >a & {burner} 0.5 1 50 >b; wait; cat a b"
    done, record = measure("/bin/sh", "-c", script)
    truths = [json.loads(line) for line in done.stdout.splitlines()]
    assert record["cpu_time_ms"] == pytest.approx(1000 * sum(truth["cpu_seconds"] for truth in truths), rel=0.02)
    assert record["processes"] == 3


def test_exit_codes_are_handed_on(measure, inferometer, tmp_path):
    for script, code, error in (("exit 0", 0, None), ("exit 3", 3, "exit_code"), ("kill -9 $$", 137, "signal")):
        done, record = measure("/bin/sh", "-c", script)
        assert (done.returncode, record["exit_code"], record.get("error_type")) == (code, code, error)
    done = inferometer("measure", "--", "no-such-program")
    assert done.returncode == 127 and "cannot run no-such-program" in done.stderr
    (tmp_path / "plain.txt").write_text("x")
    done = inferometer("measure", "--", "./plain.txt")
    assert done.returncode == 126 and "plain.txt" in done.stderr


def test_streams_and_arguments_pass_through_untouched(inferometer):
    odd = ["--format", "-h", "[a,b]", "", "--", "device", "a b"]
    done = inferometer("measure", "--energy", "none", "--", sys.executable, "-c", "import sys; print(sys.argv[1:], sys.stdin.read())", *odd,
                       input="typed")
    assert done.stdout == f"{odd} typed\n"
    assert "wall time" in done.stderr and "peak memory" in done.stderr


def test_the_record_goes_to_standard_error_and_is_appended_to_a_file(measure, inferometer, tmp_path):
    options = ("--out", "records.jsonl")
    first, record = measure("true", options=options)
    second, _ = measure("false", options=options)
    assert first.stdout == second.stdout == ""
    kept = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text().splitlines()]
    assert kept[0] == record and [one["exit_code"] for one in kept] == [0, 1]
    assert kept[0]["command"] == "true"
    done = inferometer("measure", "--quiet", "--out", "records.jsonl", "--", "echo", "hi")
    assert (done.stdout, done.stderr) == ("hi\n", "")


def test_a_bad_place_for_the_record_is_said_before_anything_runs(inferometer, tmp_path):
    done = inferometer("measure", "--out", "none/records.jsonl", "--", "touch", "ran")
    assert done.returncode == 1 and "none/records.jsonl" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_wrong_usage_says_what_is_right(inferometer):
    for arguments, words in (([], "nothing to measure"), (["--"], "nothing to measure"), (["true"], "put -- before the command"),
                             (["--pid", "1", "--", "true"], "not both"), (["--for", "1", "--", "true"], "--for belongs to --pid"),
                             (["--format", "xml", "--", "true"], "xml"), (["--board", "cray", "--", "true"], "cray"),
                             (["--pid", "0"], "--pid")):
        done = inferometer("measure", *arguments)
        assert done.returncode == 2 and words in done.stderr, (arguments, done.returncode, done.stderr)
        assert done.stdout == ""


def test_sigterm_reaches_the_program_and_the_record_is_still_written(tmp_path):
    script = "trap 'exit 5' TERM; echo >runs; while :; do sleep 0.05; done"
    process = subprocess.Popen([PROGRAM, "measure", "--format", "json", "--energy", "none", "--", "/bin/sh", "-c", script], cwd=tmp_path,
                               stderr=subprocess.PIPE, text=True, env=clean_environment())
    wait_until((tmp_path / "runs").exists, "the script runs")
    process.send_signal(signal.SIGTERM)
    record = json.loads(process.communicate(timeout=30)[1])
    assert process.returncode == 5 and record["exit_code"] == 5


def test_ctrl_c_ends_the_program_and_is_reported(tmp_path):
    process = subprocess.Popen([PROGRAM, "measure", "--format", "json", "--energy", "none", "--", "/bin/sh", "-c", "echo >runs; exec sleep 60"],
                               cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=clean_environment(), start_new_session=True)
    wait_until((tmp_path / "runs").exists, "the script runs")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    record = json.loads(process.communicate(timeout=30)[1])
    assert process.returncode == 130 and record["error_type"] == "signal"


# A second process that counts energy along P(t) = BASE + AMPLITUDE x sin(2 pi t / PERIOD) watts, 1,000 times a second.
BASE, AMPLITUDE, PERIOD = 8.0, 4.0, 0.7
DRIVER = f"""
import math, os, sys, time
file = os.open(sys.argv[1], os.O_WRONLY)
start = float(sys.argv[2])
while True:
    t = time.monotonic() - start
    joules = {BASE} * t + {AMPLITUDE} * {PERIOD} / (2 * math.pi) * (1 - math.cos(2 * math.pi * t / {PERIOD}))
    os.pwrite(file, b"%013d\\n" % int(joules * 1e6), 0)
    time.sleep(0.001)
"""


def joules_until(t):
    return BASE * t + AMPLITUDE * PERIOD / (2 * math.pi) * (1 - math.cos(2 * math.pi * t / PERIOD))


@pytest.fixture
def powered(tmp_path):
    """A /sys whose package counts energy along the curve; the folder, and the monotonic time at which the curve begins."""
    zone = tmp_path / "sys/class/powercap/intel-rapl:0"
    zone.mkdir(parents=True)
    (zone / "name").write_text("package-0\n")
    (zone / "max_energy_range_uj").write_text("262143328850\n")
    (zone / "energy_uj").write_text("0000000000000\n")
    start = time.monotonic()
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, zone / "energy_uj", str(start)])
    wait_until(lambda: int((zone / "energy_uj").read_text()) > 0, "the counter runs")
    yield tmp_path / "sys", start
    driver.kill()
    driver.wait()


def test_energy_is_that_of_the_curve_within_the_reported_uncertainty(inferometer, powered, burner):
    sysfs, start = powered
    for seconds in (0.5, 1.3, 2.0):
        called = time.monotonic()
        done = inferometer("measure", "--format", "json", "--path.sysfs", sysfs, "--", burner, seconds, 1, 0)
        around_ms = 1000 * (time.monotonic() - called)
        record, truth = json.loads(done.stderr), json.loads(done.stdout)
        true_mj = 1000 * (joules_until(truth["end"] - start) - joules_until(truth["begin"] - start))
        # The program cannot see its own start and end, which are in the window.
        hidden_ms = record["inference_time_ms"] - 1000 * (truth["end"] - truth["begin"])
        assert hidden_ms >= 0 and record["inference_time_ms"] <= around_ms, (record, truth, around_ms)
        error, uncertainty = record["energy_consumed_mj"] - true_mj, record["energy_uncertainty_mj"]
        assert -uncertainty <= error <= uncertainty + hidden_ms * (BASE + AMPLITUDE), (record, truth, true_mj)
        assert uncertainty < 0.1 * true_mj
        assert record["energy_source"] == "rapl" and record["energy_scope"] == "package" and record["energy_quality"] == "ok"


METER = """
import sys, time
with open(sys.argv[1], "a") as file:
    while True:
        file.write("%.6f,12.5\\n" % time.time())
        file.flush()
        time.sleep(0.02)
"""


def test_a_meter_is_believed_as_far_as_its_data_sheet_says(inferometer, tmp_path):
    stream = tmp_path / "meter.csv"
    stream.write_text("time,watts\n")
    meter = subprocess.Popen([sys.executable, "-c", METER, stream])
    try:
        for percent in (2, 20):
            done = inferometer("measure", "--format", "json", "--meter", stream, "--meter-uncertainty", percent, "--", "sleep", 1)
            record = json.loads(done.stderr)
            assert record["energy_source"] == "external" and record["energy_scope"] == "system", record
            assert record["average_power_mw"] == pytest.approx(12500, rel=0.01), record  # a busy machine reads late
            assert record["energy_uncertainty_mj"] == pytest.approx(percent / 100 * record["energy_consumed_mj"], rel=0.02), record
    finally:
        meter.kill()
        meter.wait()
    done = inferometer("measure", "--meter", stream, "--meter-uncertainty", 0, "--", "true")
    assert done.returncode == 2 and "--meter-uncertainty" in done.stderr


def test_record_with_every_sensor_of_a_pc_takes_at_most_1400_bytes(device, powered):
    sysfs, _ = powered
    for path, text in {"class/thermal/thermal_zone0/type": "x86_pkg_temp", "class/thermal/thermal_zone0/temp": "61250",
                       "devices/system/cpu/cpufreq/policy0/scaling_cur_freq": "2400000",
                       "devices/system/cpu/cpu0/thermal_throttle/package_throttle_count": "3"}.items():
        (sysfs / path).parent.mkdir(parents=True, exist_ok=True)
        (sysfs / path).write_text(text + "\n")
    one = device("--generate", 50, "--path.sysfs", sysfs)
    assert one.wait() == 0, one.log()
    beside = {"flags", "background_cpu_percent"}  # say that other tests ran beside
    beside |= {"clock_state", "boot_id", "boottime_ms"}  # only where the machine's clock was not set
    sizes = []
    for record in one.records():
        assert record["energy_source"] == "rapl" and record["prefill_energy_mj"] > 0 and record["temperature_c"] == 61.25, record
        assert record["throttled"] is False and record["cpu_freq_avg_mhz"] == 2400 and record["sampler_cpu_us"] > 0, record
        quiet = {key: value for key, value in record.items() if key not in beside}
        sizes.append(len(json.dumps(quiet, separators=(",", ":"))))
    assert sum(sizes) / len(sizes) <= 1400, sizes


def test_a_running_process_is_measured_for_so_long(inferometer, burner):
    process = subprocess.Popen([burner, "60", "1", "40"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        done = inferometer("measure", "--format", "json", "--energy", "none", "--pid", process.pid, "--for", 1)
        record = json.loads(done.stdout)
        assert done.returncode == 0 and done.stderr == ""
        assert record["inference_time_ms"] == pytest.approx(1000, abs=100)
        assert 0 < record["cpu_time_ms"] <= record["inference_time_ms"] + 20
        assert record["cpu_source"] == "process_clock_ticks" and record["memory_peak_source"] == "sampled_sum"
        assert "exit_code" not in record
        process.kill()
        process.wait()
        done = inferometer("measure", "--pid", process.pid)
        assert done.returncode == 1 and f"there is no process {process.pid}" in done.stderr
    finally:
        process.kill()


def test_ctrl_c_and_the_end_of_the_process_end_the_measuring(tmp_path):
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        process = subprocess.Popen([PROGRAM, "measure", "--format", "json", "--energy", "none", "--pid", str(sleeper.pid)], stdout=subprocess.PIPE,
                                   text=True, env=clean_environment())
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        record = json.loads(process.communicate(timeout=30)[0])
        assert process.returncode == 0 and record["status"] == "ok"

        process = subprocess.Popen([PROGRAM, "measure", "--energy", "none", "--pid", str(sleeper.pid)], stdout=subprocess.PIPE, text=True,
                                   env=clean_environment())
        time.sleep(0.5)
        sleeper.kill()
        assert "wall time" in process.communicate(timeout=30)[0]
        assert process.returncode == 0
    finally:
        sleeper.kill()
        sleeper.wait()
