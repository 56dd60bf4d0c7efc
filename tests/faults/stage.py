"""Verbs for the rows: a broker, hubs and load generators as processes, and the faults that befall them."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from checker import Oracle, Verdict, check_lost_hours, check_stored, read_ledger, reported_ids
from proxy import Proxy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from conftest import PROGRAM, Broker, clean_environment, wait_until  # noqa: E402

AGENT = PROGRAM.parent / "fault-agent"
HUB_RSS_MB, AGENT_RSS_MB = 512, 128
KEEP_P99_US = 20_000  # a disk or a network that is waited for shows as hundreds of milliseconds


class CannotRun(Exception):
    """This machine lacks what the row needs."""


def need(program):
    if shutil.which(program) is None:
        raise CannotRun(f"needs {program}")
    return program


def need_root():
    if os.geteuid() != 0:
        raise CannotRun("needs root")


def mapped_files():
    """What any process has mapped into its memory, as text."""
    maps = []
    for path in pathlib.Path("/proc").glob("[0-9]*/maps"):
        try:
            maps.append(path.read_text(errors="replace"))
        except OSError:  # it has ended, or is another user's
            pass
    return "".join(maps)


def first_zero_byte(path):
    """Of a file of text with zeros behind it."""
    low, high = 0, path.stat().st_size
    with open(path, "rb") as file:
        while low < high:
            middle = (low + high) // 2
            file.seek(middle)
            low, high = (middle + 1, high) if file.read(1) != b"\0" else (low, middle)
    return low


class Running:
    """A process of ours, its standard error kept."""

    def __init__(self, stage, name, command, wrapper=(), limits=None, environment=None):
        self.name, self.command, self.stage = name, [str(part) for part in (*wrapper, *command)], stage
        self.log_path = stage.folder / f"{name}-{stage.next_number()}.log"
        self.limits, self.environment = limits, environment or {}
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=open(self.log_path, "ab"), text=True,
                                        env=clean_environment(**self.environment), preexec_fn=self.limits, start_new_session=True)
        return self

    def log(self):
        return self.log_path.read_text(errors="replace")

    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        """The whole session: strace with what it traces."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def send(self, what):
        self.process.send_signal(what)

    def wait(self, seconds=90):
        try:
            self.output, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {seconds} s: {self.log()[-300:]}") from None
        return self.process.returncode

    def stop(self, seconds=60):
        if self.is_running():
            self.send(signal.SIGTERM)
        return self.wait(seconds)

    def memory_mb(self):
        """What it takes now, without the oracle, which is shared memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return sum(int(status.split(part)[1].split()[0]) for part in ("RssAnon:", "RssFile:") if part in status) / 1024


class Stage:
    """One row's world, in a folder of its own. What it started it ends."""

    def __init__(self, folder, seed, full):
        self.folder, self.full, self.random = folder, full, random.Random(seed)
        self.oracle_folder = pathlib.Path(tempfile.mkdtemp(prefix="inferometer-oracle-", dir="/dev/shm"))
        self.brokers, self.processes, self.proxies, self.mounts, self.notes = [], [], [], [], []
        self.verdict, self.given_up, self._number = Verdict(), 0, 0

    def next_number(self):
        self._number += 1
        return self._number

    def close(self):
        for process in self.processes:
            process.kill()
        for broker in self.brokers:
            broker.process.send_signal(signal.SIGCONT)
            broker.kill()
        for proxy in self.proxies:
            proxy.close()
        for mount in reversed(self.mounts):
            subprocess.run(["umount", "-l", mount], check=False)
        shutil.rmtree(self.oracle_folder, ignore_errors=True)

    # --- who plays ----------------------------------------------------------------------------------------------------------

    def start_broker(self, *more):
        broker = Broker(self.folder / f"broker-{self.next_number()}")
        with open(broker.folder / "mosquitto.conf", "a") as config:
            config.write("".join(line + "\n" for line in more))
        self.brokers.append(broker.start())
        return broker

    def start_proxy(self, broker):
        self.proxies.append(Proxy(broker.port))
        return self.proxies[-1]

    def start_hub(self, via, *more, out="hub", wrapper=()):
        command = [PROGRAM, "hub", "--out", self.folder / out, "--broker", "127.0.0.1", "--port", via.port, "--save-every", 50, *more]
        hub = Running(self, "hub", command, wrapper)
        hub.out = self.folder / out
        self.processes.append(hub)
        wait_until(lambda: "listening" in hub.log() or not hub.is_running(), "the hub listens")
        return hub

    def cut_oracles(self):
        """Gives the room behind the last line back, of agents that have ended: some rows play hundreds, and it is memory."""
        old = [path for path in self.oracle_folder.iterdir()
               if time.time() - path.stat().st_mtime > 2 and first_zero_byte(path) < path.stat().st_size]
        in_use = mapped_files() if old else ""
        for path in old:
            if str(path) not in in_use:
                os.truncate(path, first_zero_byte(path))

    def start_agent(self, via=None, *more, device="dev-1", out=None, wrapper=(), limits=None, environment=None):
        self.cut_oracles()
        out = out or self.folder / device
        at_broker = ["--broker", "127.0.0.1", "--port", via.port] if via else []
        command = [AGENT, "--out", out, "--oracle", self.oracle_folder / device, "--device-id", device, *at_broker, *more]
        agent = Running(self, device, command, wrapper, limits, environment)
        agent.out = out
        self.processes.append(agent)
        return agent

    def run_agent(self, via=None, *more, **how):
        """A whole run, which must end well; its report."""
        agent = self.start_agent(via, *more, **how)
        code = agent.wait()
        assert code == 0, f"the agent ended with {code}: {agent.output} {agent.log()[-300:]}"
        return self.take_report(agent)

    def take_report(self, agent):
        report = json.loads(agent.output.splitlines()[-1])
        self.verdict.expect(report["keep_us_p99"] <= KEEP_P99_US, f"C7: Keep took {report['keep_us_p99']} us at the 99th percentile")
        return report

    def drain(self, via, device="dev-1", out=None, seconds=60):
        return self.run_agent(via, "--records", 0, "--drain", seconds, device=device, out=out)

    def strace(self, calls, what, when=None):
        """A wrapper that lets the N-th of each of these calls of a thread fail, or kills at it."""
        moment = f":when={when}" if when else ""
        return [need("strace"), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:{what}{moment}"]

    def disturb(self, process, calls, what):
        """The same for a process that runs; end it with kill_tracer."""
        tracer = subprocess.Popen([need("strace"), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:{what}",
                                   "-p", str(process.process.pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        return tracer

    @staticmethod
    def kill_tracer(tracer):
        tracer.terminate()
        tracer.wait()

    def mount_tmpfs(self, path, options):
        need_root()
        path.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([need("mount"), "-t", "tmpfs", "-o", options, "tmpfs", path], capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotRun(f"cannot mount: {done.stderr.strip()}")
        self.mounts.append(path)

    # --- what came of it ----------------------------------------------------------------------------------------------------

    def expect(self, truth, what):
        self.verdict.expect(truth, what)

    def note(self, text):
        self.notes.append(text)

    def wait_for_records(self, agent, count):
        """Until the oracle has this many of the agent's device."""
        def offered():
            return sum(path.read_bytes().count(b"offered ") for path in self.oracle_folder.iterdir())
        wait_until(lambda: offered() >= count or not agent.is_running(), f"{count} records")

    def ledgers(self):
        return sorted(self.folder.glob("*/journal/ledger"))

    def acknowledged(self, device="dev-1"):
        return sum(read_ledger(self.folder / device / "journal" / "ledger")[0].values())

    def check_bounds(self):
        for process in self.processes:
            if process.is_running():
                bound = HUB_RSS_MB if process.name == "hub" else AGENT_RSS_MB
                self.expect(process.memory_mb() <= bound, f"C6: {process.name} takes {process.memory_mb():.0f} MB")

    def check(self, folder, device=None):
        """C1 to C5 of a hub's folder, or of a device's, against everything that was handed over and reported lost."""
        oracle = Oracle(self.oracle_folder)
        assert oracle.offered, "nothing was handed over: the row shows nothing"
        reported = reported_ids(self.ledgers(), oracle)
        self.verdict.add(check_stored(folder, oracle, reported, device))
        for path in self.ledgers():
            self.given_up = max(self.given_up, check_lost_hours(self.verdict, path))

    def check_device(self, device="dev-1"):
        self.check(self.folder / device, device)
        self.check_verify(self.folder / device)

    def check_hub(self, hub):
        self.check_bounds()
        self.expect(hub.stop() == 0, f"the hub ended badly: {hub.log()[-300:]}")
        self.check(hub.out)
        self.check_verify(hub.out)

    def kinds_found(self, folder):
        """What kinds of finding `verify` has there."""
        said = subprocess.run([PROGRAM, "verify", folder, "--format", "json"], capture_output=True, text=True, env=clean_environment())
        return {one["kind"] for one in json.loads(said.stdout)["findings"]}

    def check_verify(self, folder):
        """What users ask must come to the same as our own look."""
        said = subprocess.run([PROGRAM, "verify", folder], capture_output=True, text=True, env=clean_environment())
        self.expect(said.returncode == 0, f"inferometer verify finds: {said.stdout[-800:]}{said.stderr[-300:]}")
