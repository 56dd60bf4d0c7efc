"""The hub beside real devices at a real broker: nothing is lost, nothing stands twice, whoever is killed when."""
import json
import os
import random
import signal
import subprocess

from conftest import DEVICE_ID, at_broker, wait_until

METRICS = f"iot/metrics/{DEVICE_ID}"


def ids(records):
    return [record["record_id"] for record in records]


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


def test_whoever_is_killed_when_no_record_is_lost_or_doubled(device, broker, hub, inferometer):
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
        verified = inferometer("verify", collector.out.parent)  # beside whoever writes
        assert verified.returncode == 0, verified.stdout + verified.stderr
    assert one.stop() == 0, one.log()
    last = device("--generate", 0, *at_broker(broker, "--drain", 60))
    assert last.wait() == 0 and "were not acknowledged" not in last.log(), last.log()
    collector.stop()
    measured, held = ids(last.records()), ids(collector.records())
    lost, doubled = set(measured) - set(held), len(held) - len(set(held))
    print(f"seed {seed}, {rounds} rounds: {len(measured)} records, lost {len(lost)}, doubled {doubled}")
    assert len(set(measured)) == len(measured), "each record stands in one file of the device"
    assert not lost and not doubled and set(held) == set(measured)
    verified = inferometer("verify", collector.out.parent)
    assert verified.returncode == 0 and " 0 findings" in verified.stdout, verified.stdout
