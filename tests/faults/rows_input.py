"""Rows of messages and files that nobody should have sent."""
import json
import os
import pathlib
import socket
import struct
import subprocess
import time

from checker import stored_in
from conftest import PROGRAM, Device, clean_environment, wait_until, wall_clock
from rows import row
from stage import CannotRun

PLAIN = {"timestamp": "2026-11-20T10:30:15.5Z", "device_id": "dev-9", "model_name": "m", "inference_time_ms": 812.5}


def publish(broker, topic, payloads):
    """One message a payload, of any bytes, over one connection: MQTT 3.1.1 by hand, since the tools send lines."""
    if isinstance(topic, str):
        topic = topic.encode()
    with socket.create_connection(("127.0.0.1", broker.port), timeout=20) as link:
        client = f"publisher-{os.getpid()}-{time.monotonic_ns()}".encode()
        body = b"\0\4MQTT\4\2\0\0" + struct.pack(">H", len(client)) + client
        link.sendall(packet(0x10, body))
        read_packet(link)
        try:
            for number, payload in enumerate(payloads, 1):
                body = struct.pack(">H", len(topic)) + topic + struct.pack(">H", number % 65535 + 1) + payload
                link.sendall(packet(0x32, body))
                read_packet(link)
        except (OSError, EOFError):
            return False
        link.sendall(b"\xe0\0")
    return True


def packet(kind, body):
    size, left = b"", len(body)
    while True:
        left, digit = left >> 7, left & 127
        size += bytes([digit | 128 if left else digit])
        if not left:
            return bytes([kind]) + size + body


def read_packet(link):
    head = link.recv(2, socket.MSG_WAITALL)
    if len(head) < 2:
        raise EOFError
    if head[1]:
        link.recv(head[1], socket.MSG_WAITALL)


def plain(**changes):
    return json.dumps({**PLAIN, **changes}).encode()


def plain_records(folder):
    return [record for _, record in stored_in(folder)]


def quarantined(hub):
    return list(hub.out.glob("quarantine/*.payload"))


def reads_on(stage, broker, hub, expected=1):
    """A good record after all that is stored, and the hub's memory stayed within its bound."""
    publish(broker, "iot/metrics/dev-9", [plain(model_name="last")])
    time.sleep(0.5)
    stage.check_bounds()
    stage.expect(hub.stop() == 0, f"the hub ended badly: {hub.log()[-300:]}")
    held = [record for record in plain_records(hub.out) if record["model_name"] == "last"]
    stage.expect(len(held) == expected, f"the good record behind them was stored {len(held)} times")
    stage.verdict.records += len(held)


def offline_lines(stage, records=200):
    """What a device would send: its records, as the JSON lines of its files."""
    agent = stage.start_agent(None, "--records", records)
    stage.expect(agent.wait() == 0, agent.log())
    return [json.dumps(record, separators=(",", ":")).encode() for _, record in stored_in(agent.out)]


@row(32, "records repeated, reordered and late", seconds=10)
def repeated_and_reordered(stage):
    broker, lines = stage.start_broker(), offline_lines(stage)
    hub = stage.start_hub(broker)
    many = lines * 3
    stage.random.shuffle(many)
    publish(broker, "iot/metrics/dev-1", many)
    time.sleep(1)
    publish(broker, "iot/metrics/dev-1", lines[:50])
    time.sleep(1)
    stage.check_hub(hub)
    stage.expect(stage.verdict.records == len(lines), f"{stage.verdict.records} of {len(lines)} are stored")


@row(33, "the same key with another payload", seconds=10)
def conflict(stage):
    broker, lines = stage.start_broker(), offline_lines(stage, 20)
    hub = stage.start_hub(broker)
    publish(broker, "iot/metrics/dev-1", lines)
    time.sleep(0.5)
    publish(broker, "iot/metrics/dev-1", [lines[4].replace(b'"model_name":"load"', b'"model_name":"lies"')])
    wait_until(lambda: quarantined(hub), "the other payload is set aside", 10)
    stage.check_hub(hub)
    stage.expect(stage.verdict.records == 20, f"{stage.verdict.records} records")


def forged_acknowledgements(stream):
    ack = {"v": 1, "store_id": "8d1f0c3e5a7b9d2f", "acks": [{"stream": stream, "upto": 10}], "rejected": [], "losses_upto": 0, "pace_ms": 0}
    wrong = [{**ack, "acks": [{"stream": "0123456789abcdef", "upto": 5}]}, {**ack, "acks": [{"stream": stream, "upto": 1 << 62}]},
             {**ack, "v": 9}, {**ack, "pace_ms": -1}, {**ack, "acks": [], "losses_upto": 1 << 60}, {**ack, "acks": [{"stream": "x" * 99, "upto": 1}]}]
    return [json.dumps(one).encode() for one in wrong] + [b"", b"\xff\0", b"[" * 5000, b'{"v":1']


@row(34, "forged acknowledgements: of another stream, too high, garbage, a flood", seconds=20)
def forged(stage):
    broker = stage.start_broker()
    agent = stage.start_agent(broker, "--rate", 200)
    stage.wait_for_records(agent, 100)
    stream = next(stage.oracle_folder.iterdir()).suffix[1:]
    for _ in range(200):
        publish(broker, "iot/ack/dev-1", forged_acknowledgements(stream))
    stage.expect(stage.acknowledged() == 0, f"{stage.acknowledged()} records count as acknowledged; no hub is there")
    hub = stage.start_hub(broker)
    stage.expect(agent.stop() in (0, 3), agent.log())
    stage.drain(broker)
    stage.check_hub(hub)


def malformed():
    good = plain()
    cut = [good[:length] for length in range(len(good))]
    bytes_of = [b"\xef\xbb\xbf" + good, good + b"x", good + good, good.replace(b'"m"', b'"\xff\xfe"'), good.replace(b'"m"', b'"\\ud800"'),
                good.replace(b'"m"', b'"a\0b"'), b"null", b"[]", b"0", b'""', b"{}"]
    return cut + bytes_of


@row(39, "malformed JSON: cut at every byte, trailing bytes, no UTF-8, lone surrogates, NUL", seconds=10)
def malformed_json(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    publish(broker, "iot/metrics/dev-9", malformed())
    stage.expect(hub.is_running(), "the hub died")
    reads_on(stage, broker, hub)
    odd = [record for record in plain_records(hub.out) if record["model_name"] not in ("m", "last") and "b" not in record["model_name"]]
    stage.expect(not odd, f"stored: {odd[:1]}")


@row(40, "depth 100,000, 10,000 keys, long strings, twice the same key, numbers beyond all bounds", seconds=15)
def absurd_json(stage):
    broker = stage.start_broker("message_size_limit 0")
    hub = stage.start_hub(broker)
    before = hub.memory_mb()
    good = plain()
    absurd = [b"[" * 100_000, b'{"a":' * 50_000, good[:-1] + b"," + b",".join(b'"k%d":1' % i for i in range(10_000)) + b"}",
              plain(model_name="x" * 200_000), good[:-1] + b',"model_name":"other"}']
    numbers = [b"1e999", b"NaN", b"-1", b"18446744073709551616", b"1e300", b"0x10", b"01", b"1" * 5000, b"true"]
    absurd += [good[:-1] + b',"generated_tokens":' + number + b"}" for number in numbers]
    begin = time.monotonic()
    publish(broker, "iot/metrics/dev-9", absurd)
    wait_until(lambda: len(quarantined(hub)) >= 10, "they are set aside", 20)
    stage.note(f"{time.monotonic() - begin:.1f} s, {hub.memory_mb() - before:.0f} MB more")
    stage.expect(hub.memory_mb() - before < 64, f"C6: {hub.memory_mb() - before:.0f} MB more")
    reads_on(stage, broker, hub)
    stage.expect(len(plain_records(hub.out)) == 1, f"something absurd was stored: {[r['model_name'][:20] for r in plain_records(hub.out)]}")


@row(41, "packets larger than the broker takes, empty payloads, topics that are none", seconds=30)
def oversize(stage):
    broker = stage.start_broker("max_packet_size 4000")
    hub = stage.start_hub(broker)
    agent = stage.start_agent(broker, "--records", 100, "--rate", 200, "--large-record", 50, "--drain", 60)
    stage.expect(agent.wait() == 0, f"one large record holds the others up: {agent.log()[-300:]}")
    stage.expect(agent.log().count("larger than the broker takes") == 1, agent.log())
    publish(broker, "iot/metrics/dev-9", [b""])
    for topic in (b"iot/metrics/" + b"a" * 65_000, b"iot/metrics/\xff\xfe", b"iot/metrics/#", b""):
        publish(broker, topic, [plain()])
    stage.check_bounds()
    publish(broker, "iot/metrics/dev-8", [plain(device_id="dev-8")])
    time.sleep(0.5)
    stage.expect(hub.stop() == 0, hub.log())
    stage.expect([r["device_id"] for r in plain_records(hub.out) if r["model_name"] == "m"] == ["dev-8"], "the good one is stored")
    for path in hub.out.glob("dev-8/*.json"):
        path.unlink()
    stage.check(hub.out)
    stage.expect(stage.verdict.reported == 1, f"the large record is reported lost to the hub: {stage.verdict.reported}")


HOSTILE_IDS = ["..", ".", "a/../../etc", "AA:BB:CC:DD:EE:FF", "con", "nul.json", "dev.", "dev ", "d" * 300, "Dev-9", "dеv-9", "dev\n9", "-dev", "dev-",
               "~root", "$HOME", "dev;rm", "a:b", "con:", "%2e%2e"]


@row(42, "device ids that are paths, reserved names, capitals, too long, of other alphabets", seconds=15)
def hostile_ids(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker, "--portable-names")
    before = {path for path in stage.folder.iterdir()}
    for device in HOSTILE_IDS:
        publish(broker, "iot/metrics/" + device, [plain(device_id=device)])
        publish(broker, "iot/status/" + device, [json.dumps({"status": "online", "device_id": device, "context": {"device_name": "../" + device}}).encode()])
    reads_on(stage, broker, hub)
    stage.expect({path for path in stage.folder.iterdir()} == before, "something stands beside the hub's folder")
    folders = {path.parent.name for path in hub.out.rglob("inference_metrics_*")}
    odd = [name for name in folders if not name.replace("-", "").isalnum() or name != name.lower() or name in ("con", "nul")]
    stage.expect(not odd, f"folders: {odd}")


@row(43, "a symbolic link planted in the hub's folder", seconds=10)
def planted_link(stage):
    broker, outside = stage.start_broker(), stage.folder / "outside"
    outside.mkdir()
    (stage.folder / "hub").mkdir()
    (stage.folder / "hub" / "dev-9").symlink_to(outside)
    hub = stage.start_hub(broker)
    publish(broker, "iot/metrics/dev-9", [plain(model_name="last")])
    time.sleep(0.5)
    hub.stop()
    stage.expect(not list(outside.iterdir()), f"something was written through the link: {list(outside.iterdir())}")
    stage.note("nothing was written through it")


@row(44, "escape sequences and formulas as names (the dashboard's part comes with it)", seconds=10)
def names_that_act(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    names = ["\x1b[31mred", "=HYPERLINK(\"x\")", "+1", "@x", "\tcell", "<script>alert(1)</script>"]
    publish(broker, "iot/metrics/dev-9", [plain(model_name=name) for name in names])
    reads_on(stage, broker, hub)
    said = subprocess.run([PROGRAM, "analyze", "--metrics-dir", hub.out], capture_output=True, env=clean_environment())
    stage.expect(said.returncode == 0 and b"\x1b" not in said.stdout + said.stderr, f"{said.stderr!r}")
    stage.expect(b"\x1b" not in hub.log_path.read_bytes(), "escape sequences in the hub's log")


@row(45, "10,000 unknown devices, and one that floods", seconds=40)
def many_devices(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    agent = stage.start_agent(broker, "--rate", 100)
    stage.wait_for_records(agent, 50)
    for number in range(10_000 if stage.full else 1_500):
        publish(broker, f"iot/metrics/unknown-{number}", [plain(device_id=f"unknown-{number}")])
    publish(broker, "iot/metrics/flood", [plain(device_id="flood", inference_time_ms=i) for i in range(20_000 if stage.full else 5_000)])
    stage.expect(agent.stop() in (0, 3), agent.log())
    stage.drain(broker)
    stage.note(f"hub at most {hub.memory_mb():.0f} MB")
    stage.check_bounds()
    stage.expect(hub.stop(180) == 0, f"the hub ended badly: {hub.log()[-300:]}")
    stage.check(hub.out / "dev-1", "dev-1")


@row(48, "the clock at 1970, an hour back, 50 years ahead", seconds=40)
def clocks(stage):
    if wall_clock("-1h") is None:
        raise CannotRun("needs libfaketime")
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    for shift in ("-56y", "-1h", "+50y"):
        one = Device(stage.folder, "--generate", 10, "--broker", "127.0.0.1", "--port", broker.port, environment=wall_clock(shift))
        stage.expect(one.wait() == 0, f"{shift}: {one.log()[-300:]}")
    stage.expect(hub.stop() == 0, hub.log())
    held, now = plain_records(hub.out), time.time()
    stage.verdict.records = len(held)
    stage.expect(len(held) == 6, f"{len(held)} of 6 records")
    for record in held:
        stage.expect(record["inference_time_ms"] > 0, f"a negative duration: {record}")
        year = int(record["timestamp"][:4])
        stage.expect(abs(year - time.gmtime(now).tm_year) <= 1, f"not repaired: {record['timestamp']}, {record.get('timestamp_rule')}")
    stage.expect(sum("timestamp_rule" in record for record in held) >= 2, "repaired times are flagged")
    # The device's own: never 1970, since it begins at its floor, and told as not to be relied upon.
    of_1970 = min(plain_records(stage.folder / "metrics"), key=lambda record: record["timestamp"])
    stage.expect(int(of_1970["timestamp"][:4]) >= 2026 and of_1970.get("clock_state") == "unsynchronised", f"no floor: {of_1970}")


@row(52, "newer and older neighbours: fields nobody knows, versions nobody knows", seconds=10)
def other_versions(stage):
    broker = stage.start_broker()
    hub = stage.start_hub(broker)
    publish(broker, "iot/metrics/dev-9", [plain(of_the_future={"a": [1, 2]}, model_name="newer")])
    publish(broker, "iot/status/dev-9", [json.dumps({"status": "online", "device_id": "dev-9", "v": 9, "new": 1}).encode()])
    reads_on(stage, broker, hub)
    newer = [record for record in plain_records(hub.out) if record["model_name"] == "newer"]
    stage.expect(len(newer) == 1 and newer[0].get("of_the_future") == {"a": [1, 2]}, f"unknown fields are kept: {newer}")
