"""`inferometer verify` on what the program itself wrote, whole and damaged."""
import json
import shutil

import pytest

from conftest import at_broker


def verify(inferometer, folder):
    """The exit code and the answer, with the text's last line held against it."""
    text = inferometer("verify", folder)
    done = inferometer("verify", folder, "--format", "json")
    assert done.stderr == "" and text.returncode == done.returncode, done.stderr
    answer = json.loads(done.stdout)
    assert answer["schema_version"] == 1
    assert f"{answer['findings_count']} finding" in text.stdout.splitlines()[-1]
    for finding in answer["findings"]:
        assert finding["text"] in text.stdout
    assert done.returncode == (1 if answer["findings_count"] else 0)
    return answer


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def recorded(device):
    """A device's folder after two runs: 20 records of two streams in four files and the journal."""
    for _ in range(2):
        one = device("--generate", 50, "--save-every", 25)
        assert one.wait() == 0, one.log()
    return one


def stream_of(path):
    return json.loads(path.read_text())["detailed_metrics"][0]["record_id"].split("/")[1]


def test_healthy_folder_of_two_runs_has_no_finding_and_is_not_changed(inferometer, recorded):
    before = contents(recorded.out)
    for folder in (recorded.out, recorded.out.parent, recorded.out.parent.parent):
        answer = verify(inferometer, folder)
        assert answer["findings"] == [], answer
        assert (answer["files"], answer["records"], answer["journals"]) == (4, 20, 1)
        assert answer["segments"] >= 2
    answer = verify(inferometer, recorded.out / "journal")
    assert answer["findings"] == [] and answer["files"] == 0 and answer["journals"] == 1
    assert contents(recorded.out) == before


def test_flipped_byte_in_a_sealed_segment_is_named_with_file_and_offset(inferometer, recorded):
    segment = sorted(recorded.out.glob("journal/*.journal"))[0]
    raw = bytearray(segment.read_bytes())
    place = raw.index(b"inference_time_ms")
    raw[place] ^= 1
    segment.write_bytes(raw)
    answer = verify(inferometer, recorded.out)
    [finding] = answer["findings"]
    assert finding["kind"] == "journal" and finding["file"] == str(segment)
    assert 0 < place - finding["offset"] < 1000 and f"at byte {finding['offset']}" in finding["text"]


def test_removed_file_is_named_with_device_stream_and_range(inferometer, recorded):
    removed = recorded.files()[0]
    stream = stream_of(removed)
    removed.unlink()
    [finding] = verify(inferometer, recorded.out)["findings"]
    assert (finding["kind"], finding["stream"], finding["from"], finding["to"]) == ("in_no_file", stream, 1, 5)
    shutil.rmtree(recorded.out / "journal")
    [finding] = verify(inferometer, recorded.out)["findings"]
    assert (finding["kind"], finding["stream"], finding["from"], finding["to"]) == ("missing", stream, 1, 5)
    assert "records 1 to 5 are nowhere: neither in a file, nor in the journal, nor reported lost" in finding["text"]


def test_copied_file_is_named_with_both_places(inferometer, recorded):
    first = recorded.files()[0]
    copy = first.with_name(first.name.replace("_20", "_19"))
    shutil.copy(first, copy)
    [finding] = verify(inferometer, recorded.out)["findings"]
    assert finding["kind"] == "doubled" and (finding["from"], finding["to"]) == (1, 5)
    assert str(first) in finding["text"] and str(copy) in finding["text"]


def test_edited_summary_is_named_with_its_field(inferometer, recorded):
    path = recorded.files()[1]
    content = json.loads(path.read_text())
    content["summary"]["inference_time_ms"]["max"] += 1
    path.write_text(json.dumps(content))
    [finding] = verify(inferometer, recorded.out)["findings"]
    assert (finding["kind"], finding["file"], finding["field"]) == ("summary", str(path), "inference_time_ms.max")


def test_damaged_file_is_named_with_its_byte(inferometer, recorded):
    path = recorded.files()[1]
    path.write_text(path.read_text()[:700])
    kinds = {finding["kind"]: finding for finding in verify(inferometer, recorded.out)["findings"]}
    assert kinds["damaged_file"]["file"] == str(path) and kinds["damaged_file"]["offset"] is not None
    assert kinds["in_no_file"]["from"] == 6 and kinds["in_no_file"]["to"] == 10


def test_hub_and_its_devices_are_well_and_a_lost_file_is_named(device, broker, hub, inferometer):
    collector = hub("--save-every", 5)
    one = device("--generate", 50, *at_broker(broker))
    assert one.wait() == 0, one.log()
    beside_a_writer = verify(inferometer, collector.out)
    assert beside_a_writer["findings"] == [], beside_a_writer
    assert any("in use" in note for note in beside_a_writer["notes"])
    collector.stop()
    answer = verify(inferometer, collector.out)
    assert answer["findings"] == [] and (answer["records"], answer["journals"]) == (10, 1), answer
    # The hub's folder and the devices' in one: each keeps each record once.
    assert verify(inferometer, collector.out.parent)["findings"] == []

    report = json.loads((collector.out / "hub.json").read_text())
    assert report["schema_version"] == 1 and report["records"] == 10
    [row] = report["devices"]
    assert row["folder"] == "edge-device-01" and row["gaps"] == [] and row["lag"] == 0 and row["last_received"]
    assert row["is_online"] is False, "its good-bye was read, though the hub was stopped at once"

    first = sorted(collector.out.glob("*/inference_metrics_*.json"))[0]
    stream, count = stream_of(first), len(json.loads(first.read_text())["detailed_metrics"])
    first.unlink()
    [finding] = verify(inferometer, collector.out)["findings"]
    assert (finding["kind"], finding["stream"], finding["from"], finding["to"]) == ("in_no_file", stream, 1, count)


def test_running_device_is_not_blamed(device, inferometer):
    one = device("--generate", 100000, "--interval", 1, "--save-every", 5)
    one.wait_for_log("message 7:")
    for _ in range(3):
        answer = verify(inferometer, one.out)
        assert answer["findings"] == [], answer
        assert any("in use" in note for note in answer["notes"])
    assert one.stop() == 0
    assert verify(inferometer, one.out)["findings"] == []


def test_killed_device_leaves_nothing_to_blame(device, inferometer):
    one = device("--generate", 100000, "--interval", 1, "--save-every", 5)
    one.wait_for_log("message 7:")
    one.process.kill()
    one.process.wait()
    answer = verify(inferometer, one.out)
    assert answer["findings"] == [], answer


def test_nothing_there_is_said(inferometer, tmp_path):
    done = inferometer("verify", tmp_path / "none")
    assert done.returncode == 1 and "no such folder" in done.stderr and done.stdout == ""
    (tmp_path / "empty").mkdir()
    done = inferometer("verify", tmp_path / "empty")
    assert done.returncode == 1 and "neither metrics files nor a journal" in done.stderr
