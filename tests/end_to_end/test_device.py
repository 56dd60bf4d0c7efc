"""The main job, with the real model and a real broker."""
import json
import random
import signal
import statistics
import time

import pytest

from conftest import DEVICE_ID, PROGRAM, telemetry, wait_until

METRICS = f"iot/metrics/{DEVICE_ID}"
FIRST_EIGHT = ["timestamp", "device_id", "model_name", "inference_time_ms", "memory_used_mb", "cpu_percent_avg",
               "energy_consumed_mj", "compute_device"]


def online(broker):
    return (broker.retained(f"iot/status/{DEVICE_ID}") or {}).get("status") == "online"


def start_online(device, broker, *arguments):
    started = device("--broker", "127.0.0.1", "--port", broker.port, *arguments)
    wait_until(lambda: started.process.poll() is not None or online(broker), "the device is online")
    return started


def check_summary(content):
    """The block equals what Python computes from the records of the same file."""
    summary, records = content["summary"], content["detailed_metrics"]
    good = [record for record in records if record["status"] == "ok"]
    assert summary["total_inferences"] == len(records)
    assert summary["failed_inferences"] == len(records) - len(good)
    for block, field in (("inference_time_ms", "inference_time_ms"), ("memory_usage_mb", "memory_used_mb"),
                         ("cpu_usage_percent", "cpu_percent_avg"), ("energy_consumption_mj", "energy_consumed_mj")):
        values = [record[field] for record in good]
        assert summary[block]["min"] == min(values)
        assert summary[block]["max"] == max(values)
        assert summary[block]["avg"] == pytest.approx(statistics.fmean(values), abs=0.0005001)
        assert summary[block]["p50"] == pytest.approx(statistics.median(values), abs=0.0005001)
    assert summary["energy_consumption_mj"]["total"] == pytest.approx(
        sum(record["energy_consumed_mj"] for record in good), abs=0.0005001)


def test_fifty_messages_give_ten_records_in_one_file(device):
    one = device("--generate", 50)
    assert one.wait() == 0, one.log()
    [content] = one.saved()
    assert list(content) == ["summary", "context", "detailed_metrics"]
    assert len(content["detailed_metrics"]) == 10
    check_summary(content)
    for record in content["detailed_metrics"]:
        assert list(record)[:8] == FIRST_EIGHT
        assert record["status"] == "ok" and record["device_id"] == DEVICE_ID
        assert record["energy_source"] in ("model", "rapl") and record["energy_uncertainty_mj"] > 0
        assert record["time_to_first_token_ms"] < record["inference_time_ms"]
    assert len({record["record_id"] for record in content["detailed_metrics"]}) == 10
    assert content["context"]["quantization"] and content["context"]["cpus_online"] >= 1


def test_file_spends_at_most_1400_bytes_a_record(device):
    one = device("--generate", 50)
    assert one.wait() == 0
    [path] = one.files()
    assert path.stat().st_size <= 1400 * 10
    lines = path.read_text().splitlines()
    assert sum(line.startswith('{"timestamp":') for line in lines) == 10


def test_loading_is_measured(device):
    one = device("--generate", 5)
    assert one.wait() == 0
    loading = json.loads((one.out / "loading_metrics.json").read_text())
    assert loading["event"] == "model_loading" and loading["device_id"] == DEVICE_ID
    assert loading["load_time_seconds"] > 0 and loading["memory_increase_mb"] > 50
    assert loading["compute_device"] == "cpu" and "Q4_1" in loading["quantization"]


def test_files_and_topics_agree_record_by_record(device, broker, subscribe):
    everything = subscribe("iot/#")
    one = start_online(device, broker, "--messages", 50, "--drain", 0)
    broker.publish(f"iot/telemetry/{DEVICE_ID}", [telemetry(i) for i in range(50)])
    assert one.wait() == 0, one.log()
    wait_until(lambda: len(everything.payloads(f"iot/status/{DEVICE_ID}")) >= 2 and
               everything.payloads(f"iot/status/{DEVICE_ID}")[-1]["status"] == "offline", "the device says good-bye")
    [content] = one.saved()
    assert everything.payloads(METRICS) == content["detailed_metrics"]
    assert everything.payloads(f"{METRICS}/summary") == [content["summary"]]
    said = everything.payloads(f"iot/analysis/{DEVICE_ID}")
    assert [one_said["record_id"] for one_said in said] == [record["record_id"] for record in content["detailed_metrics"]]
    assert all(one_said["analysis"] for one_said in said)


def test_53_messages_at_once_lose_none(device, broker):
    one = start_online(device, broker)
    broker.publish(f"iot/telemetry/{DEVICE_ID}", [telemetry(i) for i in range(53)])
    wait_until(lambda: one.files(), "the save after 50 messages")
    assert len(one.records()) == 10
    time.sleep(0.5)
    assert one.stop() == 0
    assert "53 messages, 10 inferences (0 failed)" in one.log(), one.log()
    assert len(one.records()) == 10


def test_sigterm_in_the_middle_of_an_inference_saves_what_was_finished(device, broker, subscribe):
    records = subscribe(METRICS)
    one = start_online(device, broker, "--interval", 1, "--max-tokens", 400, "--save-every", 1000)
    broker.publish(f"iot/telemetry/{DEVICE_ID}", [telemetry(i) for i in range(100)])
    wait_until(lambda: len(records.messages()) >= 3 or one.process.poll() is not None, "three inferences are finished", 120)
    time.sleep(0.05)
    assert one.stop() == 0
    saved = one.records()
    good = [record for record in saved if record["status"] == "ok"]
    assert len(good) >= 3 and len(saved) - len(good) <= 1
    assert all(record["error_type"] == "cancelled" for record in saved if record["status"] == "error")
    wait_until(lambda: len(records.messages()) == len(saved), "the broker has the rest")
    assert records.payloads(METRICS) == saved


@pytest.mark.parametrize("seed", range(6))
def test_sigkill_at_any_moment_leaves_no_half_written_file(device, seed):
    moments = random.Random(seed)
    one = device("--generate", 100000, "--save-every", 2, "--interval", 1)
    one.wait_for_log("saved")
    time.sleep(moments.uniform(0, 1.0))
    one.process.send_signal(signal.SIGKILL)
    one.process.wait()
    for content in one.saved():
        check_summary(content)
    again = device("--generate", 5)
    assert again.wait() == 0, again.log()
    assert not list(again.out.glob("*.tmp"))


def test_broker_that_dies_and_comes_back_stops_nothing(device, broker, subscribe):
    one = device("--generate", 80, "--interval", 1, "--broker", "127.0.0.1", "--port", broker.port, "--drain", 20)
    wait_until(lambda: one.process.poll() is not None or online(broker), "the device is online")
    broker.kill()
    one.wait_for_log("message 20:")
    broker.start()
    records = subscribe(METRICS)
    assert one.wait() == 0, one.log()
    assert len(one.records()) == 80 and all(record["status"] == "ok" for record in one.records())
    seen = {record["record_id"] for record in records.payloads(METRICS)}
    # What the broker had before it died is gone with it; from then on nothing is.
    assert seen >= {record["record_id"] for record in one.records()[50:]}


def test_absent_broker_slows_nothing_down(device):
    one = device("--generate", 10, "--broker", "127.0.0.1", "--port", 1, "--drain", 0)
    assert one.wait() == 0, one.log()
    assert len(one.records()) == 2
    assert "127.0.0.1:1" in one.log()


def test_killed_device_is_offline_by_its_last_will(device, broker):
    one = start_online(device, broker)
    one.process.kill()
    wait_until(lambda: broker.retained(f"iot/status/{DEVICE_ID}")["status"] == "offline", "the last will")


def test_status_counts_what_was_lost(device, broker):
    one = start_online(device, broker, "--queue", 1, "--save-every", 1)
    broker.publish(f"iot/telemetry/{DEVICE_ID}", ["not json"] + [telemetry(i) for i in range(500)])
    def losses():
        return (broker.retained(f"iot/status/{DEVICE_ID}") or {}).get("losses", {})
    wait_until(lambda: losses().get("telemetry_malformed") == 1 and losses().get("telemetry_dropped", 0) > 0, "losses in the status")
    assert one.stop() == 0


def test_10000_malformed_messages_are_counted_named_and_skipped(device, broker):
    one = start_online(device, broker)
    bad = ["", "{", "[]", "null", '{"data":{}}', telemetry(1).replace("21.0", "1e999"), telemetry(1).replace("co", "xx"),
           telemetry(1, "aa:bb:cc:dd:ee:ff"), "\udcff\udcfe", "[" * 5000, '{"data":' * 1000]
    broker.publish(f"iot/telemetry/{DEVICE_ID}", [bad[i % len(bad)] for i in range(10000)])
    broker.publish(f"iot/telemetry/{DEVICE_ID}", [telemetry(i) for i in range(50)])
    wait_until(lambda: one.files() or one.process.poll() is not None, "the save after 50 good messages")
    assert one.stop() == 0, one.log()
    assert len(one.records()) == 10
    assert "skipped a malformed message" in one.log() and "byte" in one.log()
    assert "10000 malformed messages were skipped" in one.log(), one.log()[-2000:]
    assert one.log().count("skipped a malformed message") <= 10


def test_second_device_with_one_directory_is_refused(device):
    first = device("--generate", 100000, "--interval", 1)
    first.wait_for_log("message 1:")
    second = device("--generate", 5)
    assert second.wait() == 1
    assert "another inferometer writes to" in second.log() and "--out" in second.log()
    assert first.stop() == 0


def test_ctrl_c_saves_and_is_clean(device):
    one = device("--generate", 100000, "--interval", 1)
    one.wait_for_log("message 3:")
    assert one.stop(signal.SIGINT) == 0
    assert len(one.records()) >= 3


def test_ctrl_c_while_loading_is_clean(device):
    one = device("--generate", 100000)
    one.wait_for_log("loading")
    assert one.stop(signal.SIGINT) == 0


def test_disabled_llm_counts_messages_and_loads_nothing(device):
    one = device("--generate", 50, environment={"ENABLE_LLM": "false"})
    assert one.wait() == 0
    assert "50 messages, 0 inferences" in one.log() and one.files() == []


def test_generate_zero_only_drains(device):
    one = device("--generate", 0)
    assert one.wait() == 0
    assert one.files() == []


def test_names_of_the_older_system_are_taken_from_the_environment(inferometer, tmp_path):
    done = inferometer("device", "--generate", "6", environment={
        "DEVICE_NAME": "kitchen", "DEVICE_ID": "AA:BB:CC:DD:EE:FF", "LLM_INFERENCE_INTERVAL": "3", "LLM_MAX_LENGTH": "2",
        "LLM_TEMPERATURE": "0.5", "LOG_LEVEL": "INFO"})
    assert done.returncode == 0, done.stderr
    [path] = (tmp_path / "metrics/kitchen").glob("inference_metrics_aa:bb:cc:dd:ee:ff_*.json")
    content = json.loads(path.read_text())
    assert [record["generated_tokens"] for record in content["detailed_metrics"]] == [2, 2]
    assert content["context"]["temperature"] == 0.5


def test_replay_of_the_public_data_set(device, tmp_path):
    rows = ["\"ts\",\"device\",\"co\",\"humidity\",\"light\",\"lpg\",\"motion\",\"smoke\",\"temp\""]
    for i in range(60):
        sensor = [DEVICE_ID, "1c:bf:ce:15:ec:4d", "b8:27:eb:bf:9d:51"][i % 3]
        rows.append(f'"{1.5945120943859746e9 + i}","{sensor}","0.0049","51.0","false","0.0076","true","0.0204","22.7"')
    rows.insert(10, '"bad","row"')
    csv = tmp_path / "iot.csv"
    csv.write_text("\n".join(rows) + "\n")
    one = device("--replay", csv)
    assert one.wait() == 0, one.log()
    assert "20 messages, 4 inferences" in one.log() and "line 11" in one.log(), one.log()
    everything = device("--replay", csv, "--replay-sensor", "all")
    assert everything.wait() == 0
    assert "60 messages, 12 inferences" in everything.log()
    none = device("--replay", csv, "--replay-sensor", "aa:aa:aa:aa:aa:aa")
    assert none.wait() == 1
    assert "1c:bf:ce:15:ec:4d" in none.log()


def test_program_is_built():
    assert PROGRAM.exists(), "build it first: tools/build release inferometer"
