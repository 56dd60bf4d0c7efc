"""Verbs for the tests of the whole program: a broker, a subscriber, a device, as processes of their own on free loopback ports."""
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("INFEROMETER", ROOT / "build/release/inferometer"))
DEVICE_ID = "00:0f:00:70:91:0a"
# Short, so that a test's inferences take a tenth of a second.
PROMPT = "Temperature {temp}. One word: warm or cold?"


def pytest_configure(config):
    # Four minutes to build, so only `./check full` has it; what it printed once stands in golden tests, which every form runs.
    config.addinivalue_line("markers", "needs_llama_bench: runs llama-bench, which `tools/setup bench` builds")


def clean_environment(**more):
    keep = {key: value for key, value in os.environ.items()
            if not key.startswith(("INFEROMETER_", "MQTT_", "LLM_", "DEVICE_")) and key not in ("ENABLE_LLM", "LOG_LEVEL")}
    return {**keep, "NO_COLOR": "1", **more}


def wall_clock(faketime):
    """What a process's environment needs for a wall clock that is off ("-1h", "@1970-01-01 00:01:00"), and steady clocks that are not;
    None where this machine has no libfaketime."""
    found = list(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        return None
    return {"LD_PRELOAD": str(found[0]), "FAKETIME": faketime, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A real Mosquitto of its own."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        self.binary = subprocess.run([ROOT / "tools/find-mosquitto"], capture_output=True, text=True, check=True).stdout.strip()
        folder.mkdir(exist_ok=True)
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 100000\n")

    def start(self):
        self.process = subprocess.Popen([self.binary, "-c", self.folder / "mosquitto.conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, "the broker listens")
        return self

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def publish(self, topic, payloads):
        """One message a payload, over one connection, in order."""
        subprocess.run(["mosquitto_pub", "-p", str(self.port), "-V", "5", "-q", "1", "-t", topic, "-l"],
                       input="".join(payload + "\n" for payload in payloads).encode("utf-8", "surrogateescape"), check=True, timeout=120)

    def retained(self, topic):
        done = subprocess.run(["mosquitto_sub", "-p", str(self.port), "-V", "5", "-t", topic, "-C", "1", "-W", "1"],
                              capture_output=True, text=True)
        return json.loads(done.stdout) if done.stdout.strip() else None


class Subscriber:
    """mosquitto_sub, its lines kept: topic and payload of each message."""

    def __init__(self, broker, topic, path):
        self.path = path
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "mosquitto_sub", "-p", str(broker.port), "-V", "5", "-q", "1", "-i", f"subscriber-{os.getpid()}-{id(self)}",
             "-c", "-x", "3600", "-t", topic, "-F", "%t %p", "-d"],
            stdout=open(path, "w"), stderr=subprocess.DEVNULL)
        wait_until(lambda: "Subscribed" in path.read_text(), "mosquitto_sub has subscribed")

    def messages(self):
        return [tuple(line.split(" ", 1)) for line in self.path.read_text().splitlines() if line.startswith("iot/")]

    def payloads(self, topic):
        return [json.loads(payload) for on, payload in self.messages() if on == topic]


class Device:
    """`inferometer device` as a process."""

    def __init__(self, folder, *arguments, environment=None, wrapper=()):
        self.out = folder / "metrics" / "edge-device-01"
        prompt = folder / "prompt.txt"
        prompt.write_text(PROMPT)
        self.log_path = folder / f"device-{time.monotonic_ns()}.log"
        command = [*wrapper, PROGRAM, "device", "--device-name", "edge-device-01", "--device-id", DEVICE_ID, "--prompt", prompt,
                   "--max-tokens", "6", "--threads", "1", "--out", self.out, *map(str, arguments)]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=open(self.log_path, "w"),
                                        env=clean_environment(**(environment or {})))

    def log(self):
        return self.log_path.read_text()

    def wait(self, seconds=120):
        self.process.wait(timeout=seconds)
        assert self.process.stdout.read() == b"", "nothing but data belongs on stdout"
        return self.process.returncode

    def stop(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        return self.wait()

    def wait_for_log(self, text, seconds=60):
        wait_until(lambda: text in self.log() or self.process.poll() is not None, f"the device says {text!r}", seconds)
        assert text in self.log(), self.log()

    def files(self):
        return sorted(self.out.glob("inference_metrics_*.json"))

    def saved(self):
        return [json.loads(path.read_text()) for path in self.files()]

    def records(self):
        return [record for content in self.saved() for record in content["detailed_metrics"]]


class Hub:
    """`inferometer hub` as a process."""

    def __init__(self, folder, broker, *arguments):
        self.out, self.log_path = folder / "hub", folder / f"hub-{random.getrandbits(32):08x}.log"
        self.command = [PROGRAM, "hub", "--out", self.out, "--broker", "127.0.0.1", "--port", str(broker.port), *map(str, arguments)]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=open(self.log_path, "a"), env=clean_environment())
        return self

    def log(self):
        return self.log_path.read_text()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=60) == 0, self.log()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def records(self):
        return [record for path in sorted(self.out.glob("*/inference_metrics_*.json"))
                for record in json.loads(path.read_text())["detailed_metrics"]]


def at_broker(broker, *more):
    return ["--broker", "127.0.0.1", "--port", broker.port, *more]


def telemetry(number, device_id=DEVICE_ID):
    return json.dumps({"data": {"co": 0.005, "humidity": 50.0 + number % 20, "light": True, "lpg": 0.0077, "motion": False,
                                "smoke": 0.02, "temp": 20.0 + number % 10},
                       "device_id": device_id, "ts": 1594512094.4 + number})


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path / "broker").start()
    yield broker
    broker.kill()


@pytest.fixture
def subscribe(broker, tmp_path):
    subscribers = []

    def start(topic):
        subscribers.append(Subscriber(broker, topic, tmp_path / f"subscriber-{len(subscribers)}.txt"))
        return subscribers[-1]

    yield start
    for subscriber in subscribers:
        subscriber.process.kill()
        subscriber.process.wait()


@pytest.fixture
def device(tmp_path):
    devices = []

    def start(*arguments, **more):
        devices.append(Device(tmp_path, *arguments, **more))
        return devices[-1]

    yield start
    for one in devices:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def hub(broker, tmp_path):
    hubs = []

    def start(*arguments):
        hubs.append(Hub(tmp_path, broker, *arguments).start())
        return hubs[-1]

    yield start
    for one in hubs:
        if one.process.poll() is None:
            one.kill()


@pytest.fixture
def inferometer(tmp_path):
    def run(*arguments, environment=None, **more):
        return subprocess.run([PROGRAM, *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True, timeout=120,
                              env=clean_environment(**(environment or {})), **more)

    return run
