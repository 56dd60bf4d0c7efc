"""The hub beside real devices at a real broker: nothing is lost, nothing stands twice, whoever is killed when."""
import json
import os
import random
import signal
import subprocess

import pytest

from conftest import DEVICE_ID, PROGRAM, clean_environment, wait_until

METRICS = f"iot/metrics/{DEVICE_ID}"


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


def ids(records):
    return [record["record_id"] for record in records]


def at_broker(broker, *more):
    return ["--broker", "127.0.0.1", "--port", broker.port, *more]


def test_hub_holds_each_record_of_a_device_once_and_the_device_waits_for_it(device, broker, hub):
    collector = hub()
    one = device("--generate", 50, *at_broker(broker))
    assert one.wait() == 0, one.log()
    assert "were not acknowledged" not in one.log(), one.log()
    collector.stop()
    assert ids(collector.records()) == ids(one.records())
    [folder] = [path.parent.name for path in collector.out.glob("*/inference_metrics_*.json")]
    assert folder == "edge-device-01", "the name comes from the status"
    for ours, theirs in zip(collector.records(), one.records()):
        assert {key: value for key, value in ours.items() if key in theirs} == theirs
        assert "received_at" in ours


def test_records_wait_in_the_journal_until_a_hub_comes(device, broker, hub):
    one = device("--generate", 50, *at_broker(broker, "--drain", 0))
    assert one.wait() == 0, one.log()
    assert "10 records were not acknowledged by a hub" in one.log(), one.log()
    collector = hub()
    again = device("--generate", 0, *at_broker(broker))
    assert again.wait() == 0, again.log()
    collector.stop()
    assert sorted(ids(collector.records())) == sorted(ids(one.records()))


def test_hub_that_lost_everything_gets_what_the_devices_still_hold(device, broker, hub, tmp_path):
    first = hub()
    one = device("--generate", 50, *at_broker(broker))
    assert one.wait() == 0, one.log()
    first.kill()
    subprocess.run(["rm", "-rf", first.out], check=True)
    second = hub()
    again = device("--generate", 0, *at_broker(broker))
    assert again.wait() == 0, again.log()
    wait_until(lambda: "10 records" in second.log() or list(second.out.glob("journal/*")), "the hub heard it")
    second.stop()
    assert sorted(ids(second.records())) == sorted(ids(one.records()))


def test_plain_publisher_is_stored_and_a_bad_one_set_aside(broker, hub, inferometer):
    collector = hub()
    wait_until(lambda: "listening" in collector.log(), "the hub listens")
    plain = {"timestamp": "2025-10-07T10:30:15.5", "device_id": DEVICE_ID, "model_name": "m", "inference_time_ms": 812.5}
    broker.publish(METRICS, [json.dumps(plain), '{"device_id":', json.dumps({**plain, "device_id": "other-device"})])
    wait_until(lambda: len(list(collector.out.glob("quarantine/*.payload"))) == 2, "two are in the quarantine")
    collector.stop()
    [record] = collector.records()
    assert record["inference_time_ms"] == 812.5 and "received_at" in record
    done = inferometer("analyze", "--metrics-dir", collector.out, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["groups"][0]["total_inferences"] == 1


def test_second_hub_in_one_folder_is_refused(broker, hub):
    first = hub()
    wait_until(lambda: "collecting" in first.log(), "the first hub runs")
    second = hub()
    assert second.process.wait(timeout=30) == 1
    assert "another inferometer writes to" in second.log()


def test_whoever_is_killed_when_no_record_is_lost_or_doubled(device, broker, hub):
    """Rounds of SIGKILL of device, hub and broker in turn, each at a random moment under load."""
    rounds = int(os.environ.get("INFEROMETER_KILL_ROUNDS", "9"))
    seed = int(os.environ.get("INFEROMETER_SEED", "1"))
    moments = random.Random(seed)
    collector = hub("--save-every", 20)
    one = device("--generate", 100000, "--interval", 1, "--save-every", 5, *at_broker(broker))
    for turn in range(rounds):
        one.wait_for_log("message 3:")
        subprocess.run(["sleep", f"{moments.uniform(0, 1.5):.3f}"], check=True)
        if turn % 3 == 0:
            one.process.send_signal(signal.SIGKILL)
            one.process.wait()
            one = device("--generate", 100000, "--interval", 1, "--save-every", 5, *at_broker(broker))
        elif turn % 3 == 1:
            collector.kill()
            collector.start()
        else:
            broker.kill()
            broker.start()
    assert one.stop() == 0, one.log()
    last = device("--generate", 0, *at_broker(broker, "--drain", 60))
    assert last.wait() == 0 and "were not acknowledged" not in last.log(), last.log()
    collector.stop()
    measured, held = ids(last.records()), ids(collector.records())
    lost, doubled = set(measured) - set(held), len(held) - len(set(held))
    print(f"seed {seed}, {rounds} rounds: {len(measured)} records, lost {len(lost)}, doubled {doubled}")
    assert len(set(measured)) == len(measured), "each record stands in one file of the device"
    assert not lost and not doubled and set(held) == set(measured)
