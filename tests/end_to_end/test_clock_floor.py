"""A board without a clock of its own starts in 1970. Its records do not, and it reaches its broker all the same."""
import datetime
import re
import subprocess

import pytest

from conftest import DEVICE_ID, PROGRAM, clean_environment, wait_until, wall_clock
from lab import Lab, lab  # noqa: F401  a fixture is found by its name in the module

IN_1970 = "@1970-01-01 00:01:00"
NOW = datetime.datetime.now(datetime.timezone.utc)

pytestmark = pytest.mark.skipif(wall_clock(IN_1970) is None, reason="needs libfaketime")


@pytest.fixture
def hub_of(lab):
    hubs = []

    def start(environment):
        log = open(lab.folder / "hub.log", "w+")
        command = [PROGRAM, "hub", "--out", lab.folder / "hub", *map(str, lab.as_program("_hub"))]
        hubs.append(subprocess.Popen(command, stderr=log, env=clean_environment(**environment)))
        wait_until(lambda: "listening" in (lab.folder / "hub.log").read_text(), "the hub listens", 20)
        return hubs[-1]

    yield start
    for one in hubs:
        one.kill()
        one.wait()


def began(record):
    return datetime.datetime.fromisoformat(record["timestamp"].replace("Z", "+00:00"))


def held_by_hub(lab):
    return [line for path in (lab.folder / "hub").rglob("*.json") for line in path.read_text().splitlines() if '"record_id"' in line]


def test_device_of_1970_reaches_a_broker_whose_certificate_begins_now(lab, hub_of, device):
    hub = hub_of({})
    one = device("--generate", 1, "--interval", 1, *lab.as_program(DEVICE_ID), environment=wall_clock(IN_1970))
    assert one.wait() == 0 and "were not acknowledged" not in one.log(), one.log()
    assert "this machine's clock says 1970-01-01T00:01:0" in one.log()
    hub.terminate()
    assert hub.wait(timeout=60) == 0
    held = held_by_hub(lab)
    assert len(held) == 1 and '"clock_state":"unsynchronised"' in held[0], held
    [record] = one.records()
    # From the certificates on, which begin an hour before they were made, or from the program's build, where that is younger.
    assert -3720 < (began(record) - NOW).total_seconds() < 120, record["timestamp"]


def test_hub_of_1970_reaches_it_too(lab, hub_of):
    hub_of(wall_clock(IN_1970))


def test_device_of_1970_believes_no_broker_of_another_authority(lab, device, tmp_path):
    (tmp_path / "other").mkdir()
    other = Lab(tmp_path / "other")
    own = lab.as_program(DEVICE_ID)
    own[own.index("--ca") + 1] = other.keys / "ca.pem"
    one = device("--generate", 1, "--interval", 1, "--drain", 2, *own, environment=wall_clock(IN_1970))
    one.wait()
    assert "was not accepted" in one.log(), one.log()
    assert len(one.records()) == 1, "it keeps its record"


def test_time_goes_on_from_the_journals_last_record(device):
    first = device("--generate", 1, "--interval", 1)
    assert first.wait() == 0
    second = device("--generate", 1, "--interval", 1, environment=wall_clock(IN_1970))
    assert second.wait() == 0
    before, after = map(began, sorted(second.records(), key=lambda record: record["timestamp"]))
    assert 0 < (after - before).total_seconds() < 60
    assert second.records()[-1]["clock_state"] == "unsynchronised"
    assert not [path.name for path in second.files() if re.search("_(1970|2000)", path.name)]


def test_journal_of_fifty_years_ahead_poisons_nobody(device):
    assert device("--generate", 1, "--interval", 1, environment=wall_clock("+50y")).wait() == 0
    for clock in (IN_1970, "+0"):
        one = device("--generate", 1, "--interval", 1, environment=wall_clock(clock))
        assert one.wait() == 0
        newest = one.saved()[0]["detailed_metrics"][0]  # the files' names begin with their time
        assert 2026 <= began(newest).year <= NOW.year + 1, newest["timestamp"]
