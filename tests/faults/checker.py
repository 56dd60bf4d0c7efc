"""What every row is held against: the oracle's records, the ledgers' loss reports, and what stands in the files.

C1 what was durable is stored or reported lost     C5 a device's records stand in its folder only
C2 no record stands twice                          C6 processes live, memory and disk stay under their bounds
C3 what is stored is what was handed over          C7 handing a record over never waits for a disk or a network
C4 a gap in the sequences is reported                C8 what was given up is counted in the lost hours
"""
import collections
import json
import struct
import zlib

ADDED_BY_HUB = {"received_at", "timestamp_device", "timestamp_rule"}
LEDGER_MAGIC = b"INFLEDG\n"


class Oracle:
    """All that the runs of the load generators have noted."""

    def __init__(self, folder):
        self.offered, self.durable = {}, {}
        for path in sorted(folder.glob("*.????????????????")):
            for line in path.read_bytes().rstrip(b"\0").split(b"\n"):
                self._take(line)

    def _take(self, line):
        kind, _, rest = line.partition(b" ")
        if kind == b"offered" and rest.endswith(b"}"):
            record = json.loads(rest)
            self.offered[record["record_id"]] = record
        elif kind == b"durable" and rest.count(b" ") == 1:
            stream, sequence = rest.decode().split()
            self.durable[stream] = max(self.durable.get(stream, 0), int(sequence))

    def device_of(self):
        return {record_id.split("/")[1]: record["device_id"] for record_id, record in self.offered.items()}

    def durable_ids(self, device=None):
        devices = self.device_of()
        return {f"{devices[stream]}/{stream}/{sequence}" for stream, upto in self.durable.items()
                if device in (None, devices[stream]) for sequence in range(1, upto + 1)}


GIVEN_UP = {1: "evicted", 2: "no_room", 5: "queue_full"}
MOST_LOSSES = 256


def newest_slot(path):
    """Of a ledger, its newest good slot; None where there is none (docs/journal-format.md)."""
    if not path.exists():
        return None
    content, best = path.read_bytes(), None
    for begin in (0, 32768):
        slot = content[begin:begin + 32768]
        if len(slot) < 68 or slot[:8] != LEDGER_MAGIC:
            continue
        used = struct.unpack_from("<I", slot, 12)[0]
        if not 68 <= used <= len(slot) or struct.unpack_from("<I", slot, used - 4)[0] != zlib.crc32(slot[:used - 4]):
            continue
        generation = struct.unpack_from("<Q", slot, 16)[0]
        if best is None or generation > best[0]:
            best = generation, slot
    return best and best[1]


def losses_in(slot):
    """(number, stream, from, to, count, reason, flags) of each loss report."""
    acknowledged, losses = struct.unpack_from("<II", slot, 56)
    return [struct.unpack_from("<QQQQQII", slot, 64 + 16 * acknowledged + 48 * i) for i in range(losses)]


def read_ledger(path):
    """Streams acknowledged up to where, and loss reports."""
    slot = newest_slot(path)
    if slot is None:
        return {}, []
    acks = dict(struct.unpack_from("<QQ", slot, 64 + 16 * i) for i in range(struct.unpack_from("<I", slot, 56)[0]))
    acks.pop(0, None)  # names the stream before which everything is done
    return ({f"{stream:016x}": upto for stream, upto in acks.items()},
            [(f"{stream:016x}", first, last) for _, stream, first, last, *_ in losses_in(slot)])


def check_lost_hours(verdict, path):
    """C8, and how many were given up. Where reports had to be merged, nobody can tell for what reason each record went."""
    slot = newest_slot(path)
    losses = losses_in(slot) if slot else []
    if not losses or len(losses) >= MOST_LOSSES:
        return 0
    given_up = sum(count for _, _, _, _, count, reason, _ in losses if reason in GIVEN_UP)
    verdict.expect(inferences_lost(slot, losses) == given_up,
                   f"C8: {path}: {inferences_lost(slot, losses)} in the lost hours, {given_up} in the reports")
    return given_up


def inferences_lost(slot, losses):
    if not losses[0][6] & 2:
        return 0
    used = struct.unpack_from("<I", slot, 12)[0]
    spans = struct.unpack_from("<I", slot, used)[0]
    end = used + 4 + 124 * spans
    assert struct.unpack_from("<I", slot, end)[0] == zlib.crc32(slot[used:end], struct.unpack_from("<I", slot, used - 4)[0])
    return sum(struct.unpack_from("<Q", slot, used + 4 + 124 * i + 8)[0] for i in range(spans))


def stored_in(folder):
    """(path, record) of each record of the JSON files in a folder and those in it."""
    for path in sorted(folder.rglob("inference_metrics_*.json")):
        for record in json.loads(path.read_text())["detailed_metrics"]:
            yield path, record


class Verdict:
    """What one look found. `wrong` names what must not be; empty when all is well."""

    def __init__(self):
        self.records = self.lost = self.duplicated = self.reported = 0
        self.wrong = []

    def expect(self, truth, what):
        if not truth:
            self.wrong.append(what)

    def add(self, other):
        for name in ("records", "lost", "duplicated", "reported"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        return self


def reported_ids(ledgers, oracle):
    devices, ids = oracle.device_of(), set()
    for path in ledgers:
        for stream, first, last in read_ledger(path)[1]:
            if stream in devices:
                ids |= {f"{devices[stream]}/{stream}/{sequence}" for sequence in range(first, last + 1)}
    return ids


def check_gaps(verdict, stored, reported):
    highest = collections.defaultdict(int)
    for record_id in stored:
        stream, sequence = record_id.rsplit("/", 1)
        highest[stream] = max(highest[stream], int(sequence))
    gaps = [f"{stream}/{sequence}" for stream, top in highest.items() for sequence in range(1, top)
            if f"{stream}/{sequence}" not in stored and f"{stream}/{sequence}" not in reported]
    verdict.expect(not gaps, f"C4: {len(gaps)} gaps that nobody reported, the first {gaps[:1]}")


def check_stored(folder, oracle, reported, device=None):
    """C1 to C5 over the files of one folder: a hub's, or that of one `device`."""
    verdict, stored = Verdict(), collections.Counter()
    for path, record in stored_in(folder):
        record_id = record["record_id"]
        stored[record_id] += 1
        ours = {key: value for key, value in record.items() if key not in ADDED_BY_HUB}
        offered = oracle.offered.get(record_id)
        if "timestamp_device" in record:
            ours["timestamp"] = record["timestamp_device"]
        verdict.expect(offered == ours, f"C3: {path.name} holds {record_id}, which was not handed over like that")
        verdict.expect(record["device_id"] in path.name, f"C5: {path} holds a record of {record['device_id']}")
    lost = oracle.durable_ids(device) - stored.keys() - reported
    verdict.records, verdict.lost = len(stored), len(lost)
    verdict.duplicated = sum(stored.values()) - len(stored)
    verdict.reported = len([one for one in reported - stored.keys() if device in (None, one.split("/")[0])])
    verdict.expect(not lost, f"C1: {len(lost)} durable records are lost, the first {sorted(lost)[:1]}")
    verdict.expect(not verdict.duplicated, f"C2: {verdict.duplicated} records stand twice")
    check_gaps(verdict, stored, reported)
    verdict.wrong = verdict.wrong[:5]
    return verdict
