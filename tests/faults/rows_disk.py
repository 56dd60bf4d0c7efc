"""Rows of kills, power and disks."""
import json
import resource
import shutil
import signal
import subprocess
import time

from conftest import wait_until
from rows import row

KILL_CALLS = ("pwrite64", "fdatasync", "fsync", "openat", "ftruncate", "fallocate", "?rename,?renameat,?renameat2", "?unlink,?unlinkat",
              "?mkdir,?mkdirat")
FIBONACCI = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)


def moments(stage):
    """Which calls of a kind to fail: every one in the full form."""
    return range(1, 10_000) if stage.full else FIBONACCI


def kill_at_every(stage, calls, run):
    """Lets `run` be killed at its N-th call for each N, until it comes through. Returns how often it was killed."""
    kills = 0
    for when in moments(stage):
        agent = run(stage.strace(calls, "signal=KILL", when))
        if agent.wait() >= 0:
            break
        kills += 1
    return kills


@row(1, "SIGKILL of the agent at every system call that touches a disk", seconds=25)
def killed_at_every_call(stage):
    def run(wrapper):
        return stage.start_agent(None, "--records", 60, "--save-every", 20, "--segment-size", 65536, wrapper=wrapper)

    kills = {calls: kill_at_every(stage, calls, run) for calls in KILL_CALLS}
    stage.expect(sum(kills.values()) > 10, f"hardly anything was killed: {kills}")
    stage.run_agent(None, "--records", 1)
    stage.note(f"{sum(kills.values())} kills")
    stage.check_device()


@row(4, "killed during recovery, three times in a row", seconds=20)
def killed_during_recovery(stage):
    killed = stage.start_agent(None, "--rate", 2000, "--save-every", 1000, "--segment-size", 65536)
    stage.wait_for_records(killed, 600)
    killed.kill()
    kills = 0
    for calls in ("pwrite64", "fdatasync", "fsync", "?rename,?renameat,?renameat2"):
        for when in moments(stage):
            wrapper = stage.strace(calls, "signal=KILL", when)
            ended = [stage.start_agent(None, "--records", 0, wrapper=wrapper).wait() for _ in range(3)]
            kills += sum(code < 0 for code in ended)
            if ended[-1] >= 0:
                break
    stage.expect(kills > 3, f"recovery was killed {kills} times only")
    stage.run_agent(None, "--records", 0)
    stage.note(f"{kills} kills")
    stage.check_device()


def killed_with_records(stage, records=600, **more):
    """A device's folder as a SIGKILL leaves it; its newest segment."""
    agent = stage.start_agent(None, "--rate", 3000, "--save-every", 100_000, **more)
    stage.wait_for_records(agent, records)
    time.sleep(0.3)
    agent.kill()
    return sorted(agent.out.glob("journal/*.journal"))[-1]


@row(7, "the tail of the newest segment filled with 0x00 or 0xFF, or the file made longer", seconds=10)
def torn_tails(stage):
    for device, damage in (("zeros", b"\0"), ("ones", b"\xff"), ("longer", None)):
        segment = killed_with_records(stage, 300, device=device)
        with open(segment, "r+b") as file:
            size = segment.stat().st_size
            if damage is None:
                file.truncate(size + 70_000)
            else:
                file.seek(size)
                file.write(damage * 4096)  # what stood behind the last synced byte
        again = stage.start_agent(None, "--records", 1, device=device)
        stage.expect(again.wait() == 0, f"{device}: {again.log()}")
        stage.expect("set aside" not in again.log() and "damaged" not in again.log(), f"{device}: a torn tail is no damage: {again.log()}")
        stage.check_device(device)


@row(8, "a segment of another device, and one of a newer format, dropped in", seconds=10)
def foreign_segments(stage):
    broker, foreign = stage.start_broker(), killed_with_records(stage, device="dev-2")
    hub = stage.start_hub(broker)
    stage.run_agent(broker, "--records", 50)
    journal = stage.folder / "dev-1" / "journal"
    shutil.copy(foreign, journal / "0000000090.journal")
    newer = bytearray(foreign.read_bytes())
    newer[8] = newer[264] = 9
    (journal / "0000000091.journal").write_bytes(newer)
    again = stage.start_agent(broker, "--records", 50)
    stage.expect(again.wait() == 0 and again.log().count("set aside") == 2, f"both are set aside: {again.log()}")
    stage.run_agent(None, "--records", 0, device="dev-2")
    stage.expect(hub.stop() == 0, hub.log())
    held = {path.name.split("_")[2] for path in hub.out.rglob("inference_metrics_*")}
    stage.expect(held == {"dev-1"}, f"the foreign segment was sent: {held}")
    stage.check_device()


def damage_ledger(path, slots):
    with open(path, "r+b") as file:
        for slot in slots:
            file.seek(slot * 32768 + 20)
            file.write(b"\x55" * 40)


@row(9, "a segment missing in the middle; the ledger missing, half or wholly corrupt, older than the journal", seconds=25)
def missing_pieces(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    small = ("--segment-size", 65536)
    stage.run_agent(broker, "--records", 500, *small)
    ledger, old = stage.folder / "dev-1/journal/ledger", stage.folder / "old-ledger"
    shutil.copy(ledger, old)
    for damage in (ledger.unlink, lambda: damage_ledger(ledger, [0]), lambda: damage_ledger(ledger, [0, 1]), lambda: shutil.copy(old, ledger)):
        damage()
        stage.run_agent(broker, "--records", 200, *small)
    stage.check_hub(hub)
    unsent = stage.start_agent(None, "--records", 2000, "--save-every", 2000, *small)
    stage.expect(unsent.wait() == 0, unsent.log())
    segments = sorted(unsent.out.glob("journal/*.journal"))
    segments[-4].unlink()
    hub = stage.start_hub(broker)
    stage.drain(broker)
    stage.check_hub(hub)
    stage.expect(stage.verdict.reported > 0, "the missing segment is reported as lost")


def fill(folder):
    """Takes all the room there is."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 4096, 512):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                pass
    return path


def full_disk(stage, options, make_full, records):
    """Under load while nothing can be written, and back again without a restart."""
    broker, out = stage.start_broker(), stage.folder / "dev-1"
    stage.mount_tmpfs(out, options)
    hub = stage.start_hub(broker)
    agent = stage.start_agent(broker, "--rate", 400, "--save-every", 100, "--journal-size", 1 << 20, "--segment-size", 65536,
                              "--most-pending", 1 << 20)
    stage.wait_for_records(agent, 200)
    free = make_full(out)
    before = stage.acknowledged()
    stage.wait_for_records(agent, 200 + records)
    stage.expect(stage.acknowledged() > before, "no acknowledgement was noted on the full disk")
    stage.expect(agent.is_running(), f"the agent died: {agent.log()}")
    for path in free:
        path.unlink()
    stage.wait_for_records(agent, 400 + records + 400)
    stage.expect(agent.stop() in (0, 3), f"the agent ended badly: {agent.log()}")
    stage.take_report(agent)
    stage.drain(broker)
    stage.check_hub(hub)
    kinds = stage.kinds_found(out)
    stage.expect(kinds <= {"not_here"}, f"the device's own folder: {kinds}")
    stage.expect(not kinds or "have no file here" in agent.log(), f"records without a file are not told of: {agent.log()}")
    if stage.given_up:
        stage.note(f"{stage.given_up} records given up, all in the lost hours")
    stage.expect("kept in memory" in agent.log() or stage.verdict.reported or "No space" in agent.log(), f"nobody noticed: {agent.log()}")


@row(10, "the disk full for 3 s", seconds=15)
def disk_full(stage):
    full_disk(stage, "size=6m", lambda out: [fill(out)], 1200)


@row(11, "the disk full until the memory for records is full too; freed, things go on unattended", seconds=25)
def disk_full_for_long(stage):
    full_disk(stage, "size=6m", lambda out: [fill(out)], 4000)


@row(12, "no inodes left, though blocks are free", seconds=15)
def no_inodes(stage):
    def take_inodes(out):
        paths = [out / f"filler-{number}" for number in range(2000)]
        made = []
        try:
            for path in paths:
                path.touch()
                made.append(path)
        except OSError:
            pass
        return made

    full_disk(stage, "size=64m,nr_inodes=120", take_inodes, 1200)


def while_disturbed(stage, calls, what, records):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    agent = stage.start_agent(broker, "--rate", 400, "--save-every", 100, "--segment-size", 65536, "--most-pending", 1 << 18)
    stage.wait_for_records(agent, 200)
    tracer = stage.disturb(agent, calls, what)
    stage.wait_for_records(agent, 200 + records)
    stage.kill_tracer(tracer)
    stage.expect("kept in memory" in agent.log() or "could not" in agent.log(), f"the fault was not noticed: {agent.log()}")
    stage.wait_for_records(agent, 800 + 2 * records)
    stage.expect(agent.stop() in (0, 3), f"the agent ended badly: {agent.log()}")
    stage.take_report(agent)
    stage.drain(broker)
    stage.check_hub(hub)


@row(14, "EIO at the N-th fdatasync, well again afterwards", seconds=20)
def failed_sync(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    for when in (1, 2, 3, 5, 8, 13) if not stage.full else range(1, 60):
        agent = stage.start_agent(broker, "--records", 300, "--rate", 1500, "--save-every", 100,
                                  wrapper=stage.strace("fdatasync", "error=EIO", when))
        stage.expect(agent.wait() == 0, f"at {when}: {agent.log()}")
    stage.check_hub(hub)
    stage.check_device()


@row(15, "EIO at every write, for longer than the memory for records lasts", seconds=20)
def failing_writes(stage):
    while_disturbed(stage, "pwrite64,fdatasync", "error=EIO", 1200)
    stage.expect(stage.verdict.reported > 0, "what found no room in memory is reported")


def told_losses(broker):
    """By the device's status, which the broker keeps."""
    said = subprocess.run(["mosquitto_sub", "-p", str(broker.port), "-t", "iot/status/dev-1", "-C", "1", "-W", "5"], capture_output=True, text=True)
    return json.loads(said.stdout)["losses"]["records_lost"] if said.stdout else 0


@row("15b", "the same, and killed meanwhile: the hub knows losses that the device does not know any more", seconds=20)
def killed_while_writes_fail(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    agent = stage.start_agent(broker, "--rate", 400, "--save-every", 100, "--segment-size", 65536, "--most-pending", 1 << 18)
    stage.wait_for_records(agent, 200)
    tracer = stage.disturb(agent, "pwrite64,fdatasync", "error=EIO")
    stage.wait_for_records(agent, 1400)
    wait_until(lambda: told_losses(broker) > 0, "the hub is told of losses")
    time.sleep(1)
    agent.kill()
    stage.kill_tracer(tracer)
    stage.drain(broker)
    stage.check_hub(hub)


@row(16, "the file system turns read-only and back", seconds=20)
def read_only(stage):
    while_disturbed(stage, "pwrite64,openat,fallocate,?rename,?unlink,?mkdir", "error=EROFS", 800)


@row(17, "small limits of file size, open files and memory", seconds=20)
def small_limits(stage):
    limits = {"files": (resource.RLIMIT_FSIZE, 200_000), "descriptors": (resource.RLIMIT_NOFILE, 12),
              "memory": (resource.RLIMIT_AS, 600_000_000)}
    for device, (what, bound) in limits.items():
        def limit(what=what, bound=bound):
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(what, (bound, bound))

        agent = stage.start_agent(None, "--records", 2000, "--rate", 4000, "--save-every", 500, device=device, limits=limit)
        stage.expect(agent.wait() >= 0, f"{device}: killed by signal {-agent.process.returncode}: {agent.log()[-300:]}")
        stage.run_agent(None, "--records", 1, device=device)
        stage.check_device(device)


@row(18, "no more memory from the N-th time on that the process asks the kernel for some", seconds=15)
def no_memory(stage):
    ended = {"well": 0, "at once": 0}
    for when in range(40, 120, 1 if stage.full else 8):  # the first ones are the loader's
        agent = stage.start_agent(None, "--records", 2000, "--rate", 8000, "--save-every", 500,
                                  wrapper=stage.strace("mmap,brk", "error=ENOMEM", f"{when}+"))
        ended["well" if agent.wait() == 0 else "at once"] += 1
    stage.expect(ended["at once"] > 0, "memory was never short")
    stage.note(f"ended well {ended['well']} times, at once {ended['at once']} times")
    stage.run_agent(None, "--records", 1)
    stage.check_device()


@row(19, "the journal's folder removed while running", seconds=15)
def folder_removed(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    agent = stage.start_agent(broker, "--rate", 300, "--save-every", 50)
    for round_number in range(1, 4):
        stage.wait_for_records(agent, 250 * round_number)
        shutil.rmtree(agent.out / "journal", ignore_errors=True)
    stage.wait_for_records(agent, 1000)
    stage.expect(agent.stop() in (0, 3), f"the agent ended badly: {agent.log()}")
    stage.drain(broker)
    stage.check_bounds()
    stage.expect(hub.stop() == 0, hub.log())
    missing_before = list(stage.verdict.wrong)
    stage.check(hub.out)
    # The folder's removal takes what only it held, and the ledger that would say so. Nothing else may go wrong.
    stage.verdict.wrong = missing_before + [one for one in stage.verdict.wrong if not one.startswith(("C1", "C4"))]
    stage.note(f"{stage.verdict.lost} went with the folder")
    stage.verdict.lost = 0


@row(20, "a second agent in the same folder", seconds=5)
def second_agent(stage):
    first = stage.start_agent(None, "--rate", 200)
    stage.wait_for_records(first, 20)
    second = stage.start_agent(None, "--records", 5)
    stage.expect(second.wait() == 1 and "another inferometer writes to" in second.log(), f"refused: {second.log()}")
    stage.expect(first.stop() == 0, first.log())
    stage.check_device()


@row(21, "the storage set back to an older image", seconds=10)
def older_image(stage):
    broker, out, image = stage.start_broker(), stage.folder / "dev-1", stage.folder / "image"
    hub = stage.start_hub(broker)
    stage.run_agent(broker, "--records", 200)
    shutil.copytree(out, image)
    stage.run_agent(broker, "--records", 200)
    shutil.rmtree(out)
    shutil.copytree(image, out)
    stage.run_agent(broker, "--records", 200)
    shutil.rmtree(image)
    stage.check_hub(hub)


@row(24, "the broker away while a backlog grows", seconds=20)
def broker_away(stage):
    broker = stage.start_broker("max_queued_messages 100")
    records = 200_000 if stage.full else 20_000
    agent = stage.start_agent(None, "--records", records, "--rate", 8000, "--save-every", 1000)
    begin = time.monotonic()
    stage.expect(agent.wait(300) == 0, agent.log())
    ingest = records / (time.monotonic() - begin)
    hub = stage.start_hub(broker, "--save-every", 1000)
    begin = time.monotonic()
    drained = stage.start_agent(broker, "--records", 0, "--drain", 300)
    peak = 0.0
    while drained.is_running():
        peak = max(peak, drained.memory_mb())
        time.sleep(0.1)
    stage.expect(drained.wait() == 0, drained.log())
    stage.note(f"{records / (time.monotonic() - begin):.0f} records/s drained, {ingest:.0f}/s kept, device at most {peak:.0f} MB")
    stage.expect(peak < 64, f"C6: the device took {peak:.0f} MB")
    stage.check_hub(hub)


@row(51, "SIGTERM under load, and a suspended machine", seconds=15)
def stopped_under_load(stage):
    for _ in range(5):
        agent = stage.start_agent(None, "--rate", 2000)
        stage.wait_for_records(agent, 1)
        time.sleep(stage.random.uniform(0.05, 0.4))
        agent.send(signal.SIGSTOP)
        time.sleep(0.5)
        agent.send(signal.SIGCONT)
        begin = time.monotonic()
        stage.expect(agent.stop() == 0, agent.log())
        stage.expect(time.monotonic() - begin < 5, "C6: stopping took more than 5 s")
        report = stage.take_report(agent)
        stage.expect(report["durable"] == report["kept"], f"a clean stop makes all durable: {report}")
    stage.check_device()
