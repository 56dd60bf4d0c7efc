"""Rows of networks, brokers and hubs."""
import ctypes
import shutil
import signal
import subprocess
import time

from conftest import free_port, wait_until
from proxy import DOWN, UP
from rows import row
from rows_disk import FIBONACCI, KILL_CALLS
from stage import CannotRun, need, need_root

CLONE_NEWNET = 0x40000000


@row(22, "a cloned card: the same device and journal twice, both running", seconds=20)
def cloned_card(stage):
    broker, out, clone = stage.start_broker(), stage.folder / "dev-1", stage.folder / "clone"
    stage.run_agent(None, "--records", 300)
    shutil.copytree(out, clone)
    hub = stage.start_hub(broker)
    both = [stage.start_agent(broker, "--rate", 50, out=folder) for folder in (out, clone)]
    time.sleep(5)
    for one in both:
        stage.expect(one.stop() in (0, 3), one.log())
    stage.expect(any("other client" in one.log() for one in both), f"nobody saw the other: {both[0].log()}")
    for folder in (out, clone):
        stage.drain(broker, out=folder)
    stage.check_hub(hub)


def under_broker_kills(stage, *config):
    broker = stage.start_broker(*config)
    hub = stage.start_hub(broker)
    agent = stage.start_agent(broker, "--rate", 500)
    for _ in range(20 if stage.full else 4):
        time.sleep(stage.random.uniform(0.3, 1.5))
        broker.kill()
        broker.start()
    stage.expect(agent.stop() in (0, 3), agent.log())
    stage.drain(broker)
    stage.check_hub(hub)


@row(23, "SIGKILL of the broker between its acknowledgement and the delivery, with and without persistence", seconds=25)
def broker_killed(stage):
    under_broker_kills(stage)
    folder = stage.folder / "store"
    folder.mkdir()
    stage.note("persistence off and on")
    shutil.rmtree(stage.folder / "dev-1")
    shutil.rmtree(stage.folder / "hub")
    for path in stage.oracle_folder.iterdir():
        path.unlink()
    under_broker_kills(stage, "persistence true", f"persistence_location {folder}/", "autosave_interval 1")


@row(25, "the hub away while the broker's queue for it overflows in silence", seconds=15)
def hub_away(stage):
    broker = stage.start_broker("max_queued_messages 100")
    first = stage.start_hub(broker)
    first.stop()
    agent = stage.start_agent(broker, "--records", 3000, "--rate", 1500, "--drain", 90)
    stage.wait_for_records(agent, 3000)
    hub = stage.start_hub(broker)
    stage.expect(agent.wait(120) == 0, agent.log())
    stage.check_hub(hub)


def hub_killed_at_calls(stage, kinds):
    broker = stage.start_broker()
    agent = stage.start_agent(broker, "--rate", 200)
    kills = 0
    for calls in kinds:
        for when in FIBONACCI[1:8] if not stage.full else range(1, 100):
            hub = stage.start_hub(broker, "--save-every", 20, wrapper=stage.strace(calls, "signal=KILL", when))
            end = time.monotonic() + (2 if not stage.full else 6)
            while hub.is_running() and time.monotonic() < end:
                time.sleep(0.02)
            if hub.is_running():
                hub.kill()
                break
            kills += 1
    stage.note(f"{kills} kills")
    stage.expect(kills > 3, f"the hub was killed {kills} times only")
    hub = stage.start_hub(broker)
    stage.expect(agent.stop() in (0, 3), agent.log())
    stage.drain(broker)
    stage.check_hub(hub)


@row(26, "SIGKILL of the hub at every system call that touches a disk", seconds=60)
def hub_killed_at_every_call(stage):
    hub_killed_at_calls(stage, KILL_CALLS)


@row(27, "the hub killed between fsync and acknowledgement; acknowledgements lost", seconds=30)
def acknowledgements_lost(stage):
    hub_killed_at_calls(stage, ["sendto,sendmsg,write"])
    broker = stage.brokers[0]
    proxy = stage.start_proxy(broker)
    hub = stage.start_hub(proxy)
    agent = stage.start_agent(broker, "--rate", 300)
    for _ in range(3):
        time.sleep(1)
        proxy.cut(UP)  # from the hub: its acknowledgements
        # The device waits 30 s for an acknowledgement. What is stored need not be sent twice for all that: the hub's answer to the
        # status, or the acknowledgement that waited, comes before.
        time.sleep(40 if stage.full else 1)
        proxy.heal()
    stage.expect(agent.stop() in (0, 3), agent.log())
    stage.drain(broker)
    stage.check_hub(hub)


@row(28, "the hub's data wiped: devices replay what they hold", seconds=15)
def hub_wiped(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    agent = stage.start_agent(broker, "--rate", 300)
    for _ in range(2):
        stage.wait_for_records(agent, 200)
        wait_until(lambda: stage.acknowledged() > 0, "something is acknowledged")
        hub.kill()
        shutil.rmtree(hub.out)
        hub = stage.start_hub(broker)
    stage.expect(agent.stop() in (0, 3), agent.log())
    stage.drain(broker)
    stage.check_hub(hub)


def run_without_two_segments(stage):
    """A run without a hub, of which then the first segment is gone, which is found at once, and one that only sending finds."""
    before = set(stage.folder.glob("dev-1/journal/*.journal"))
    agent = stage.start_agent(None, "--records", 1000, "--save-every", 1000, "--segment-size", 65536)
    stage.expect(agent.wait() == 0, agent.log())
    segments = sorted(set(agent.out.glob("journal/*.journal")) - before)
    segments[0].unlink()
    segments[-4].unlink()


@row("28b", "the hub's data wiped, with losses that it knew, and newer ones that it does not", seconds=15)
def hub_wiped_that_knew_losses(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    for _ in range(3):
        run_without_two_segments(stage)
        stage.drain(broker)
        hub.stop()
        shutil.rmtree(hub.out)
        hub = stage.start_hub(broker)
    run_without_two_segments(stage)
    stage.drain(broker)
    stage.check_hub(hub)


@row(29, "a silent cut of the link, in both directions and in one", seconds=60)
def silent_cut(stage):
    broker = stage.start_broker()
    proxy, hub = stage.start_proxy(broker), stage.start_hub(broker)
    agent = stage.start_agent(proxy, "--rate", 100, "--records", 250_000 if stage.full else 20_000)  # more than it gets to
    noticed = []
    for directions in ((UP, DOWN), (UP,), (DOWN,)):
        stage.wait_for_records(agent, 50)
        said, begin = agent.log().count("\n"), time.monotonic()
        proxy.cut(*directions)
        wait_until(lambda: agent.log().count("\n") > said, "the agent notices the cut", 30)
        noticed.append(time.monotonic() - begin)
        if stage.full:
            time.sleep(600)
        proxy.heal()
        time.sleep(3)
    stage.expect(max(noticed) < 15, f"noticed after {noticed} s with a keepalive of 5 s")
    stage.note("noticed after " + ", ".join(f"{one:.1f} s" for one in noticed))
    stage.expect(agent.stop() in (0, 3), agent.log())
    stage.drain(broker)
    stage.check_hub(hub)


@row(30, "a link that flaps each 2 s and stalls 200 ms a packet", seconds=25)
def flapping_link(stage):
    broker = stage.start_broker()
    proxy, hub = stage.start_proxy(broker), stage.start_hub(broker)
    agent = stage.start_agent(proxy, "--rate", 200)
    begin = time.monotonic()
    for _ in range(30 if stage.full else 4):
        time.sleep(2)
        proxy.refusing = True
        proxy.reset()
        time.sleep(2)
        proxy.heal()
        proxy.stall_s = 0.2
    proxy.heal()
    minutes = (time.monotonic() - begin) / 60
    stage.note(f"{proxy.connections / minutes:.0f} connects a minute")
    stage.expect(proxy.connections / minutes < 120, "a storm of connects")
    stage.expect(agent.stop() in (0, 3), agent.log())
    stage.drain(broker)
    stage.check_hub(hub)


def lose_packets(port, share):
    """In a network of our own, so that nobody else loses any."""
    need_root()
    for program in ("iptables", "ip"):
        need(program)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise CannotRun("cannot make a network namespace")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def drop(end):
        subprocess.run(["iptables", "-A", "INPUT", "-i", "lo", "-p", "tcp", end, str(port), "-m", "statistic", "--mode", "random",
                        "--probability", str(share), "-j", "DROP"], check=True, capture_output=True)

    return lambda: (drop("--dport"), drop("--sport"))


@row("loss", "30 % of the packets lost (row 30, with the kernel's own network)", seconds=25)
def packet_loss(stage):
    port = free_port()
    begin_losing = lose_packets(port, 0.3)
    broker = stage.start_broker(f"listener {port} 127.0.0.1")
    hub, broker_port = stage.start_hub(broker), broker.port
    broker.port = port
    agent = stage.start_agent(broker, "--rate", 100)
    stage.wait_for_records(agent, 50)
    begin_losing()
    time.sleep(120 if stage.full else 8)
    stage.expect(agent.stop() in (0, 3), agent.log())
    broker.port = broker_port
    stage.drain(broker)
    stage.check_hub(hub)


@row(31, "RST in the middle of a PUBLISH; the broker suspended", seconds=30)
def reset_and_suspended(stage):
    broker = stage.start_broker()
    proxy, hub = stage.start_proxy(broker), stage.start_hub(broker)
    agent = stage.start_agent(proxy, "--rate", 1000)
    for _ in range(5):
        time.sleep(stage.random.uniform(0.2, 1.2))
        proxy.reset()
    broker.process.send_signal(signal.SIGSTOP)
    time.sleep(60 if stage.full else 8)
    broker.process.send_signal(signal.SIGCONT)
    stage.expect(agent.stop() in (0, 3), agent.log())
    stage.drain(broker)
    stage.check_hub(hub)


class Cast:
    """A device, a hub and a broker under load, whom faults may befall at any moment."""

    def __init__(self, stage):
        self.stage, self.broker = stage, stage.start_broker()
        self.proxy = stage.start_proxy(self.broker)
        self.hub, self.agent = stage.start_hub(self.broker), self.new_agent()

    def new_agent(self):
        return self.stage.start_agent(self.proxy, "--rate", 200, "--segment-size", 65536)

    def kill_device(self):
        self.agent.kill()
        self.agent = self.new_agent()

    def kill_hub(self):
        self.hub.kill()
        self.hub = self.stage.start_hub(self.broker)

    def kill_broker(self):
        self.broker.kill()
        self.broker.start()

    def reset_link(self):
        self.proxy.reset()

    def cut_link(self):
        self.proxy.cut(*self.stage.random.choice([(UP, DOWN), (UP,), (DOWN,)]))
        time.sleep(self.stage.random.uniform(0.1, 3))
        self.proxy.heal()

    def suspend_broker(self):
        self.broker.process.send_signal(signal.SIGSTOP)
        time.sleep(self.stage.random.uniform(0.1, 3))
        self.broker.process.send_signal(signal.SIGCONT)

    def fail_disk(self):
        tracer = self.stage.disturb(self.agent, "pwrite64,fdatasync", self.stage.random.choice(["error=EIO", "error=ENOSPC"]))
        time.sleep(self.stage.random.uniform(0.1, 2))
        self.stage.kill_tracer(tracer)

    def end(self):
        self.proxy.heal()
        self.stage.expect(self.agent.stop() in (0, 3), self.agent.log())
        self.stage.drain(self.broker)
        self.stage.check_hub(self.hub)
        self.stage.check_device()


def play_rounds(stage, rounds, choose):
    cast = Cast(stage)
    for number in range(rounds):
        time.sleep(stage.random.uniform(0, 0.8))
        choose(cast, number)()
    cast.end()
    stage.note(f"{rounds} rounds")


@row("kills", "200 rounds of SIGKILL of device, hub and broker in turn, under load", seconds=30)
def killed_in_turn(stage):
    def choose(cast, number):
        return (cast.kill_device, cast.kill_hub, cast.kill_broker)[number % 3]

    play_rounds(stage, 200 if stage.full else 15, choose)


@row(54, "a soak: everything above at random", seconds=45)
def soak(stage):
    def choose(cast, _):
        return stage.random.choice([cast.kill_device, cast.kill_hub, cast.kill_broker, cast.reset_link, cast.cut_link, cast.suspend_broker,
                                    cast.fail_disk])

    play_rounds(stage, 600 if stage.full else 12, choose)
