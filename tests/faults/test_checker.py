"""The checker finds what it is there to find."""
import json
import mmap
import struct
import zlib

from checker import Oracle, Verdict, check_lost_hours, check_stored, read_ledger

STREAM = "00000000000000aa"


def record(sequence, **changes):
    return {"record_id": f"dev-1/{STREAM}/{sequence}", "device_id": "dev-1", "inference_time_ms": 1.5, **changes}


def oracle_of(folder, offered, durable):
    lines = [b"offered " + json.dumps(one).encode() for one in offered] + [f"durable {STREAM} {durable}".encode()]
    (folder / f"dev-1.{STREAM}").write_bytes(b"\n".join(lines) + b"\n" + b"\0" * 100)
    return Oracle(folder)


def stored(folder, records, name="inference_metrics_dev-1_20261120_100000.json"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"detailed_metrics": records}))
    return folder


def wrong(tmp_path, held, durable=3, reported=frozenset()):
    oracle = oracle_of(tmp_path, [record(sequence) for sequence in (1, 2, 3, 4)], durable)
    verdict = check_stored(stored(tmp_path / "dev-1", held), oracle, set(reported))
    return [one[:2] for one in verdict.wrong], verdict


def test_everything_durable_stored_once_is_well_and_what_was_only_accepted_may_be_gone(tmp_path):
    found, verdict = wrong(tmp_path, [record(1), record(2), record(3)])
    assert found == [] and (verdict.records, verdict.lost, verdict.duplicated, verdict.reported) == (3, 0, 0, 0)


def test_durable_record_that_is_gone_is_lost_unless_reported(tmp_path):
    assert wrong(tmp_path, [record(1), record(2)])[0] == ["C1"]
    found, verdict = wrong(tmp_path, [record(1), record(2)], reported={f"dev-1/{STREAM}/3"})
    assert found == [] and verdict.reported == 1


def test_gap_is_found_though_what_is_missing_was_not_durable(tmp_path):
    assert wrong(tmp_path, [record(2), record(1), record(4)], durable=2)[0] == ["C4"]


def test_record_that_stands_twice_is_found(tmp_path):
    stored(tmp_path / "dev-1", [record(2)], "inference_metrics_dev-1_20261120_100001.json")
    found, verdict = wrong(tmp_path, [record(1), record(2), record(3)])
    assert found == ["C2"] and verdict.duplicated == 1


def test_other_content_and_strangers_are_found(tmp_path):
    assert wrong(tmp_path, [record(1), record(2, inference_time_ms=9.0), record(3)])[0] == ["C3"]
    assert wrong(tmp_path, [record(1), record(2), record(3), record(9)])[0] == ["C3", "C4"]


def test_record_in_another_devices_file_is_found(tmp_path):
    (tmp_path / "dev-1").mkdir()
    stored(tmp_path / "dev-1", [record(2)], "inference_metrics_dev-2_20261120_100001.json")
    assert wrong(tmp_path, [record(1), record(3)])[0] == ["C5"]


def test_ledgers_newest_good_slot_counts(tmp_path):
    def slot(generation, upto, losses):
        used = 64 + 16 + 48 * len(losses) + 4
        slot = b"INFLEDG\n" + struct.pack("<IIQQQQQII", 1, used, generation, 7, 1, 0, 0, 1, len(losses)) + struct.pack("<QQ", 0xaa, upto)
        slot += b"".join(struct.pack("<QQQQQII", 1, 0xaa, *loss, 1, 1, 0) for loss in losses)
        return (slot + struct.pack("<I", zlib.crc32(slot))).ljust(32768, b"\0")

    path = tmp_path / "ledger"
    path.write_bytes(slot(5, 40, [(2, 3)]) + slot(4, 30, []))
    assert read_ledger(path) == ({STREAM: 40}, [(STREAM, 2, 3)])
    damaged = bytearray(slot(5, 40, [(2, 3)]))
    damaged[20] ^= 1
    path.write_bytes(bytes(damaged) + slot(4, 30, []))
    assert read_ledger(path) == ({STREAM: 30}, [])


def test_oracle_is_cut_behind_its_last_line_and_only_when_nobody_writes_it(tmp_path):
    from stage import first_zero_byte, mapped_files
    for text in (b"", b"x", b"offered 1\noffered 2\n", b"y" * 10_000):
        path = tmp_path / "one"
        path.write_bytes(text + b"\0" * 4096)
        assert first_zero_byte(path) == len(text)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ):
        assert str(path) in mapped_files()
    assert str(path) not in mapped_files()


def test_lost_hours_must_count_what_was_given_up_and_nothing_else(tmp_path):
    def ledger(evicted, rejected, inferences):
        flags = 2 if inferences else 0
        losses = [(1, 0xaa, 1, evicted, evicted, 1, flags), (2, 0xaa, 100, 99 + rejected, rejected, 4, 0)]
        slot = b"INFLEDG\n" + struct.pack("<IIQQQQQII", 1, 68 + 96, 5, 7, 3, 0, 0, 0, 2)
        slot += b"".join(struct.pack("<QQQQQII", *loss) for loss in losses)
        reports = zlib.crc32(slot)
        hours = struct.pack("<I", 1) + struct.pack("<IIQ", 5, 5, inferences).ljust(124, b"\0")
        slot += struct.pack("<I", reports)
        if inferences:
            slot += hours + struct.pack("<I", zlib.crc32(hours, reports))
        (tmp_path / "ledger").write_bytes(slot.ljust(65536, b"\0"))
        verdict = Verdict()
        return check_lost_hours(verdict, tmp_path / "ledger"), [one[:2] for one in verdict.wrong]

    assert ledger(4, 3, 4) == (4, [])
    assert ledger(4, 3, 7) == (4, ["C8"])
    assert ledger(4, 3, 0) == (4, ["C8"])
    assert check_lost_hours(Verdict(), tmp_path / "none") == 0
