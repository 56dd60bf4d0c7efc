"""Files of the lake whose bits flip, and records that only a journal holds."""
import json
import signal

import pytest

from conftest import wait_until
from test_archive import RECORDS, metrics, rows  # noqa: F401 (a fixture)

DAY = "lake/device=pi-07/date=2025-10-08/records.parquet"


@pytest.fixture
def lake(inferometer, metrics):  # noqa: F811
    assert inferometer("archive", "--metrics-dir", metrics, "--grace", "0").returncode == 0
    return metrics


def everything(inferometer, root):
    """All rows, and the exit code: what a damaged file must not change unseen."""
    done = inferometer("query", "SELECT * FROM records ORDER BY ALL", "--metrics-dir", root, "--format", "json")
    return done.returncode, json.loads(done.stdout), done.stderr


def damaged(inferometer, root):
    """The files that verify calls damaged. Of the made-up records it misses those before the first number, too."""
    findings = json.loads(inferometer("verify", root, "--format", "json").stdout)["findings"]
    return [one["file"] for one in findings if one["kind"] == "damaged_file"]


def test_flipped_bit_anywhere_is_found_named_and_left_out(inferometer, lake):
    file = lake / DAY
    whole = file.read_bytes()
    answer = everything(inferometer, lake)
    assert answer[0] == 0 and len(answer[1]) == RECORDS
    assert damaged(inferometer, lake) == []
    # All places are gone through by the unit test of the checksum: here some of each part, and what people see.
    for at in sorted({0, 4, 100, len(whole) // 2, len(whole) - 9, len(whole) - 1, *range(50, len(whole), len(whole) // 12)}):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1:])
        if not damaged(inferometer, lake):  # the checksum's own name is hit, and nothing else
            assert everything(inferometer, lake) == answer, at
            continue
        assert damaged(inferometer, lake) == [str(file)], at
        code, found, said = everything(inferometer, lake)
        assert code == 1 and str(file) in said and len(found) == RECORDS - 3, (at, said)
        analyzed = inferometer("analyze", "--metrics-dir", lake, "--format", "json")
        assert analyzed.returncode == 1 and str(file) in analyzed.stderr, at
        assert sum(group["total_inferences"] for group in json.loads(analyzed.stdout)["groups"]) == RECORDS - 3
    file.write_bytes(whole)
    assert everything(inferometer, lake) == answer


def test_damaged_rows_of_a_file_without_a_checksum_leave_the_rest_of_a_query(inferometer, lake):
    file = lake / DAY
    whole = file.read_bytes()
    other = whole.replace(b"inferometer_crc32", b"what_others_write")
    file.write_bytes(other[:4] + bytes(byte ^ 0xFF for byte in other[4:60]) + other[60:])
    code, found, said = everything(inferometer, lake)
    assert code == 1 and str(file) in said and len(found) == RECORDS - 3, said


def test_partition_that_is_damaged_takes_nothing_and_keeps_no_other_day_waiting(inferometer, lake):
    from test_archive import put, record
    file = lake / DAY
    file.write_bytes(file.read_bytes()[:50] + b"x" + file.read_bytes()[51:])
    damaged = file.read_bytes()
    put(lake / "edge-1", "inference_metrics_e.json", [record("pi-07", 9, 8)])
    put(lake / "edge-1", "inference_metrics_f.json", [record("pi-07", 9, 9)])
    done = inferometer("archive", "--metrics-dir", lake, "--grace", "0")
    assert done.returncode == 1 and "inference_metrics_e.json stays" in done.stderr and str(file) in done.stderr
    assert [path.name for path in lake.rglob("*.json")] == ["inference_metrics_e.json"]
    assert file.read_bytes() == damaged


def test_records_that_a_crash_left_in_a_journal_come_into_the_lake_once(inferometer, device, tmp_path):
    one = device("--generate", 100_000, "--save-every", 10_000)
    wait_until(lambda: any(path.stat().st_size > 20_000 for path in one.out.glob("journal/*.journal")), "the journal has records")
    root = tmp_path / "metrics"
    assert json.loads(inferometer("archive", "--metrics-dir", root, "--format", "json").stdout)["journals"] == 0
    one.process.send_signal(signal.SIGKILL)
    one.process.wait()
    before = {path: path.read_bytes() for path in one.out.glob("journal/*")}
    done = inferometer("archive", "--metrics-dir", root, "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["journals"] == 1 and answer["journal_records"] > 3
    assert {path: path.read_bytes() for path in one.out.glob("journal/*")} == before
    count = answer["journal_records"]
    [row] = rows(inferometer, root, "SELECT count(*) AS n, count(DISTINCT record_id) AS once, count(cpu_model) AS context FROM records")
    assert (row["n"], row["once"]) == (count, count) and row["context"] == count
    assert inferometer("verify", root).returncode == 0
    again = device("--generate", 0)
    assert again.wait() == 0, again.log()
    assert len(one.records()) == count
    done = inferometer("archive", "--metrics-dir", root, "--grace", "0", "--format", "json")
    assert json.loads(done.stdout)["records_known"] == count
    assert rows(inferometer, root, "SELECT count(*) AS n FROM records") == [{"n": count}]
    assert inferometer("verify", root).returncode == 0, inferometer("verify", root).stdout
