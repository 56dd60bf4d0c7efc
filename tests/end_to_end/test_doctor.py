"""What the machine can measure, and calibration against a fake powercap tree that another process drives."""
import json
import signal
import subprocess
import sys

import pytest

from conftest import PROGRAM, ROOT, clean_environment, wait_until

MODEL = ROOT / "third_party/models/SmolLM2-135M-Instruct.Q4_1.gguf"
IDLE_WATTS, WATTS_PER_CPU = 5.0, 10.0

# Counts 5 W, and the watts of argv[3] for each CPU that the process in argv[2] uses, until it is killed.
DRIVER = f"""
import os, sys, time
path, pid_file, watts_per_cpu = sys.argv[1:]
ticks = os.sysconf("SC_CLK_TCK")
file = os.open(path, os.O_WRONLY)
energy, shown, last, cpu_last = 0.0, 0.0, time.monotonic(), None
while True:
    time.sleep(0.002)
    now = time.monotonic()
    try:
        fields = open(f"/proc/{{open(pid_file).read()}}/stat").read().rpartition(")")[2].split()
        cpu = (int(fields[11]) + int(fields[12])) / ticks
    except (OSError, ValueError, IndexError):
        cpu = cpu_last
    energy += {IDLE_WATTS} * (now - last)
    if cpu is not None and cpu_last is not None:
        energy += float(watts_per_cpu) * max(0, cpu - cpu_last)
    last, cpu_last = now, cpu
    shown = max(shown, energy)  # a counter never goes down
    os.pwrite(file, b"%013d\\n" % int(shown * 1e6), 0)
"""


class Powercap:
    """A /sys with one package, whose counter stands until it is driven."""

    def __init__(self, folder):
        self.sysfs, self.process = folder / "sys", None
        self.zone = self.sysfs / "class/powercap/intel-rapl:0"
        self.zone.mkdir(parents=True)
        (self.zone / "name").write_text("package-0\n")
        (self.zone / "max_energy_range_uj").write_text("262143328850\n")
        (self.zone / "energy_uj").write_text("%013d\n" % 0)
        self.pid_file = folder / "pid"
        self.pid_file.write_text("")

    def drive(self, watts_per_cpu=WATTS_PER_CPU):
        self.process = subprocess.Popen([sys.executable, "-c", DRIVER, self.zone / "energy_uj", self.pid_file, str(watts_per_cpu)])

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def powercap(tmp_path):
    one = Powercap(tmp_path)
    yield one
    one.stop()


def calibrate(powercap, tmp_path, *arguments):
    process = subprocess.Popen([PROGRAM, "doctor", "--calibrate", "--path.sysfs", powercap.sysfs, "--model", MODEL, "--threads", "1",
                                "--seconds", "4", *map(str, arguments)], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=clean_environment(HOME=str(tmp_path), XDG_CONFIG_HOME=""))
    powercap.pid_file.write_text(str(process.pid))
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def findings(done):
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["schema_version"] == 1
    return content, {one["name"]: one for one in content["findings"]}


def test_doctor_looks_and_gives_a_verdict(inferometer):
    done = inferometer("doctor")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    for words in ("What can be measured here", "steady clock", "rapl", "Can figures from here be published?"):
        assert words in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Verdict: ")


def test_doctor_speaks_json(inferometer):
    content, by_name = findings(inferometer("doctor", "--format", "json"))
    assert [one["figure"] for one in content["figures"]] == ["time", "tokens", "cpu", "memory", "energy", "heat"]
    assert content["publishable"] in ("yes", "with_care", "no") and content["verdict"]
    assert by_name["process CPU clock"]["state"] == "used" and by_name["process CPU clock"]["cost_us"] > 0


def test_doctor_measures_the_step_of_a_counter_that_moves(inferometer, powercap):
    powercap.drive()
    content, by_name = findings(inferometer("doctor", "--format", "json", "--path.sysfs", powercap.sysfs))
    assert by_name["rapl"]["state"] == "used", by_name["rapl"]
    assert 0 < by_name["rapl"]["step_ms"] < 100 and by_name["rapl"]["cost_us"] > 0
    [energy] = [one for one in content["figures"] if one["figure"] == "energy"]
    assert energy["publishable"] == "yes" and "package" in energy["reason"]


def test_doctor_does_not_trust_a_counter_that_stands_still(inferometer, powercap):
    content, by_name = findings(inferometer("doctor", "--format", "json", "--path.sysfs", powercap.sysfs))
    assert by_name["rapl"]["state"] == "unusable"
    [energy] = [one for one in content["figures"] if one["figure"] == "energy"]
    assert energy["publishable"] == "no" and "60 %" in energy["reason"]


def test_calibration_finds_the_power_that_was_drawn(inferometer, powercap, tmp_path):
    powercap.drive()
    code, out, err = calibrate(powercap, tmp_path)
    assert code == 0, err
    for words in ("idle", "prefill", "decode", "tokens/s", "+/-"):
        assert words in out
    path = tmp_path / ".config/inferometer/power-profile.json"
    assert str(path) in err
    profile = json.loads(path.read_text())
    assert profile["schema_version"] == 1 and profile["source"] == "rapl" and profile["scope"] == "package"
    assert profile["threads"] == 1 and profile["model_name"] == "SmolLM2-135M-Instruct.Q4_1"
    assert profile["idle"]["watts"] == pytest.approx(IDLE_WATTS, abs=0.5)
    for point in ("prefill", "decode"):  # one thread at work; other tests may take most of its CPU, and its power with it
        assert IDLE_WATTS + 0.03 * WATTS_PER_CPU < profile[point]["watts"] < IDLE_WATTS + 1.1 * WATTS_PER_CPU

    # It is found again, and beats the model where nothing measures.
    home = {"HOME": str(tmp_path)}
    empty = tmp_path / "empty"
    empty.mkdir()
    _, by_name = findings(inferometer("doctor", "--format", "json", "--path.sysfs", empty, environment=home))
    assert by_name["power profile"]["state"] == "used", by_name["power profile"]
    done = inferometer("device", "--device-id", "abc", "--device-name", "d", "--generate", "5", "--threads", "1", "--max-tokens", "6",
                       "--path.sysfs", empty, "--out", tmp_path / "out", environment=home)
    assert done.returncode == 0, done.stderr
    [path] = (tmp_path / "out").glob("inference_metrics_*.json")
    [record] = json.loads(path.read_text())["detailed_metrics"]
    assert record["energy_source"] == "model_calibrated" and record["energy_scope"] == "package"
    seconds = record["inference_time_ms"] / 1000
    assert 1000 * seconds * IDLE_WATTS < record["energy_consumed_mj"] < 1000 * seconds * (IDLE_WATTS + 1.1 * WATTS_PER_CPU)


def test_calibration_refuses_a_meter_that_sees_no_load(powercap, tmp_path):
    powercap.drive(watts_per_cpu=-3)
    code, out, err = calibrate(powercap, tmp_path, "--out", "profile.json")
    assert code == 1 and "is it the meter of this machine" in err and out == "", err
    assert not list(tmp_path.glob("profile.json*"))


def test_calibration_that_is_stopped_leaves_no_file(powercap, tmp_path):
    powercap.drive()
    process = subprocess.Popen([PROGRAM, "doctor", "--calibrate", "--path.sysfs", powercap.sysfs, "--model", MODEL, "--threads", "1",
                                "--out", tmp_path / "profile.json"], stderr=subprocess.PIPE, text=True, env=clean_environment())
    wait_until(lambda: list(tmp_path.glob("profile.json*")), "the profile is begun")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1 and "no profile was written" in err, err
    assert not list(tmp_path.glob("profile.json*"))


def test_calibration_without_a_meter_says_what_to_attach(inferometer, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    out = tmp_path / "profile.json"
    done = inferometer("doctor", "--calibrate", "--path.sysfs", empty, "--out", out)
    assert done.returncode == 1 and "attach a meter" in done.stderr and done.stdout == "", done.stderr
    assert not out.exists() and not list(tmp_path.glob("*.tmp"))


def test_bad_profile_that_is_named_is_an_error(inferometer, tmp_path):
    (tmp_path / "bad.json").write_text('{"schema_version":7}')
    for name, words in (("bad.json", "byte 18"), ("none.json", "none.json")):
        done = inferometer("device", "--device-id", "abc", "--generate", "5", "--enable-llm", "false", "--power-profile", name)
        assert done.returncode == 1 and words in done.stderr, done.stderr


def test_doctor_survives_a_default_profile_that_is_garbage(inferometer, tmp_path):
    (tmp_path / "inferometer").mkdir()
    (tmp_path / "inferometer/power-profile.json").write_text("garbage\x1b[31m")
    _, by_name = findings(inferometer("doctor", "--format", "json", environment={"XDG_CONFIG_HOME": str(tmp_path)}))
    assert by_name["power profile"]["state"] == "unusable" and "power-profile.json" in by_name["power profile"]["detail"]


def test_default_profile_that_is_garbage_stops_nobody(inferometer, tmp_path):
    (tmp_path / "inferometer").mkdir()
    (tmp_path / "inferometer/power-profile.json").write_text("garbage\x1b[31m")
    empty = tmp_path / "empty"
    empty.mkdir()
    for name, arguments in (("measure", ("--format", "json", "--", "true")), ("selftest", ("--no-model", "--for", "1", "--margin", "100")),
                            ("device", ("--device-id", "abc", "--generate", "5", "--enable-llm", "false", "--out", "out"))):
        done = inferometer(name, "--path.sysfs", empty, *arguments, environment={"XDG_CONFIG_HOME": str(tmp_path)})
        assert done.returncode == 0, (name, done.stderr)
        assert done.stderr.count("power-profile.json") == 1 and "is not used" in done.stderr and "\x1b[31m" not in done.stderr, (name, done.stderr)
        if name == "measure":
            assert "power profile unusable" in done.stderr
