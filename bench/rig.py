"""What the benchmarks of the way from a device to the hub stand on: a broker and a hub as processes of their own, and what these
cost."""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
DATA = BUILD / "data"
PROGRAM = BUILD / "inferometer"
TICKS = os.sysconf("SC_CLK_TCK")
RECORD_ID = re.compile(rb'"record_id":"([^"]+)"')


def say(text):
    print(text, file=sys.stderr, flush=True)


def fresh_folder(name):
    folder = DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def raise_descriptor_limit():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def clean_environment():
    return {key: value for key, value in os.environ.items()
            if not key.startswith(("INFEROMETER_", "MQTT_", "LLM_", "DEVICE_")) and key not in ("ENABLE_LLM", "LOG_LEVEL")}


def rss_mb(pid, field="VmRSS"):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field + ":")) / 1024


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Broker:
    """A real Mosquitto with what deploy/ gives it, but without TLS and with room for the whole load: what a broker drops is sent
    again after 30 s, which is no speed of a receiver's."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        binary = subprocess.run([ROOT / "tools/find-mosquitto"], capture_output=True, text=True, check=True).stdout.strip()
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
                          "max_inflight_messages 20\nmax_queued_messages 0\nmax_qos 1\n")
        self.process = subprocess.Popen([binary, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, "the broker listens")

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def stop(self):
        self.process.kill()
        self.process.wait()


class Hub:
    """`inferometer hub` as its users run it."""

    def __init__(self, folder, broker, program=PROGRAM):
        self.out, self.log_path = folder / "hub", folder / "hub.log"
        self.process = subprocess.Popen([program, "hub", "--out", self.out, "--broker", "127.0.0.1", "--port", str(broker.port)],
                                        stdout=subprocess.DEVNULL, stderr=open(self.log_path, "w"), env=clean_environment())
        wait_until(lambda: "listening" in self.log(), "the hub listens")

    def log(self):
        return self.log_path.read_text()

    def rss_mb(self):
        return rss_mb(self.process.pid)

    def peak_mb(self):
        return rss_mb(self.process.pid, "VmHWM")

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def stop(self):
        """Saves everything; returns the seconds that took."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=600) != 0:
            sys.exit(f"the hub failed:\n{self.log()}")
        return time.monotonic() - begin

    def kill(self):
        self.process.kill()
        self.process.wait()

    def count(self):
        """Records in the hub's files, and how many of them stand there once more."""
        seen, records = set(), 0
        for path in self.out.glob("*/inference_metrics_*.json"):
            ids = RECORD_ID.findall(path.read_bytes())
            records += len(ids)
            seen.update(ids)
        return records, records - len(seen)


def json_lines(process):
    """What a program of ours prints as it goes on, one object a line; its failure is ours."""
    for line in process.stdout:
        yield json.loads(line)
    if process.wait() != 0:
        sys.exit(f"{process.args[0]} failed")


def start_fleet(broker, *arguments):
    return subprocess.Popen([BUILD / "bench-fleet", *map(str, (broker.port, *arguments))], stdout=subprocess.PIPE, text=True)


class Bounds:
    """Figures beside their bounds."""

    def __init__(self):
        self.missed = 0

    def row(self, what, value, unit, bound=None, good=True):
        text = f"{what:64} {value:>12} {unit:8}"
        if bound is not None:
            text += f" bound: {bound:14} {'ok' if good else 'MISSED'}"
            self.missed += not good
        print(text.rstrip(), flush=True)

    def held(self, sent, records, doubled):
        """What the hub has in its files."""
        self.row("records that the hub holds", f"{records:,}", "")
        self.row("  lost", f"{sent - (records - doubled):,}", "", "0", sent == records - doubled)
        self.row("  twice", f"{doubled:,}", "", "0", doubled == 0)

    def exit_code(self):
        return 1 if self.missed else 0
