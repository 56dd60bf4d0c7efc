"""A lab as `inferometer keys` sets it up: the shipped broker configuration and access list, a certificate for each, and what they keep out.
Each test is one row of docs/security.md, against a real broker."""
import json
import re
import signal
import stat
import subprocess
import time

import pytest

from conftest import ROOT, Device, telemetry, wait_until
from lab import DEVICE, OTHER, HastyPath, lab  # noqa: F401  a fixture is found by its name in the module

NOT_AUTHORIZED = 0x87
MAX_PACKET = 262144


class Listener:
    """mosquitto_sub, its messages and its connection's fate kept."""

    def __init__(self, lab, name, *topics, more=()):
        self.path = lab.folder / f"listener-{time.monotonic_ns()}.txt"
        wanted = [argument for topic in topics for argument in ("-t", topic)]
        self.process = subprocess.Popen(["stdbuf", "-oL", "mosquitto_sub", *lab.as_client(name), *wanted, "-F", "MESSAGE %t %r %p", "-d", *more],
                                        stdout=open(self.path, "w"), stderr=subprocess.STDOUT)
        wait_until(lambda: self.path.read_text().count("Subscribed") >= 1, "mosquitto_sub has subscribed")

    def log(self):
        return self.path.read_text()

    def messages(self):
        return [tuple(line.split(" ", 3)[1:]) for line in self.log().splitlines() if line.startswith("MESSAGE ")]

    def topics(self):
        return [topic for topic, _, _ in self.messages()]

    def connects(self):
        return self.log().count("received CONNACK (0)")


@pytest.fixture
def listen(lab):
    listeners = []

    def start(name, *topics, **more):
        listeners.append(Listener(lab, name, *topics, **more))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.process.kill()
        listener.process.wait()


def arrives(listener, lab, mark="mark"):
    """Waits for a message that was sent after everything else, so that what has not come will not come."""
    assert lab.publish(OTHER, f"iot/status/{OTHER}", mark) == 0
    wait_until(lambda: (f"iot/status/{OTHER}", "0", mark) in listener.messages(), "the last message has come")


# --- a device writes in its own name only (T1, T9, T12) ---

ALLOWED = ["iot/metrics/{}", "iot/metrics/{}/summary", "iot/analysis/{}", "iot/status/{}"]
FORBIDDEN = [*(topic.format(OTHER) for topic in ALLOWED), f"iot/metrics/{DEVICE}/", f"iot/metrics/{DEVICE}/x", f"iot/metrics/{DEVICE}/summary/x",
             "iot/metrics", "iot/metrics/", "iot/metrics/..", f"iot/metrics/../metrics/{OTHER}", f"iot/metrics/{DEVICE.upper()}",
             f"iot/ack/{DEVICE}", f"iot/ack/{OTHER}", f"iot/telemetry/{DEVICE}", f"iot/telemetry/{OTHER}", "x", f"/iot/metrics/{DEVICE}",
             "$SYS/broker/version", "$CONTROL/dynamic-security/v1", f"$share/g/iot/metrics/{OTHER}", f"iot/metrics/{OTHER}\u0430"]


def test_device_writes_in_its_own_name(lab, listen):
    hub = listen("_hub", "iot/metrics/+", "iot/metrics/+/summary", "iot/status/+")
    viewer = listen("_viewer", "iot/analysis/+")
    for topic in ALLOWED:
        assert lab.publish(DEVICE, topic.format(DEVICE)) == 0, topic
    wait_until(lambda: len(hub.messages()) == 3 and len(viewer.messages()) == 1, "all four have come")


def test_device_that_writes_in_anothers_name_is_refused_and_nobody_hears_it(lab, listen):
    hub = listen("_hub", "iot/#", "$SYS/#", "$CONTROL/#", "#")
    victim = listen(OTHER, f"iot/ack/{OTHER}", f"iot/telemetry/{OTHER}")
    for topic in FORBIDDEN:
        for retained in ([], ["-r"]):
            assert lab.publish(DEVICE, topic, "forged", *retained) == NOT_AUTHORIZED, topic
    arrives(hub, lab)
    assert "forged" not in hub.log() and "forged" not in victim.log()


def test_nothing_that_was_retained_is_left_in_anothers_name(lab, listen):
    for topic in FORBIDDEN:
        lab.publish(DEVICE, topic, "forged", "-r")
    lab.publish(OTHER, f"iot/status/{OTHER}", "own", "-r")
    late = listen("_viewer", "iot/#")
    wait_until(lambda: late.messages(), "what was retained has come")
    assert late.messages() == [(f"iot/status/{OTHER}", "1", "own")]


def test_last_will_in_anothers_name_is_not_published(lab, listen):
    hub = listen("_hub", "iot/status/+", "iot/metrics/+")
    for topic in (f"iot/status/{OTHER}", "$CONTROL/dynamic-security/v1"):
        dying = listen(DEVICE, f"iot/ack/{DEVICE}", more=["--will-topic", topic, "--will-payload", "forged", "--will-retain", "--will-qos", "1"])
        dying.process.kill()
    dying = listen(DEVICE, f"iot/ack/{DEVICE}", more=["--will-topic", f"iot/status/{DEVICE}", "--will-payload", "own", "--will-qos", "1"])
    dying.process.kill()
    wait_until(lambda: (f"iot/status/{DEVICE}", "0", "own") in hub.messages(), "its own last will has come")
    arrives(hub, lab)
    assert "forged" not in hub.log()


# --- and hears what is meant for it only (T9) ---

def test_device_hears_nothing_of_others(lab, listen):
    nosy = listen(DEVICE, "#", "iot/#", "iot/+/+", "$SYS/#", "$CONTROL/#", f"iot/ack/{OTHER}", f"$share/g/iot/telemetry/{OTHER}")
    wait_until(lambda: len(re.findall(r"Subscribed", nosy.log())) >= 1, "it has subscribed")
    lab.publish(OTHER, f"iot/metrics/{OTHER}", "secret")
    lab.publish("_hub", f"iot/ack/{OTHER}", "secret")
    lab.publish("_sensors", f"iot/telemetry/{OTHER}", "secret")
    lab.publish("_hub", f"iot/ack/{DEVICE}", "mine")
    wait_until(lambda: (f"iot/ack/{DEVICE}", "0", "mine") in nosy.messages(), "its own acknowledgement has come")
    assert set(nosy.topics()) == {f"iot/ack/{DEVICE}"}


# --- users that are no devices have their own rights and no more ---

def test_only_the_hub_acknowledges_and_only_the_sensors_send_telemetry(lab):
    rights = {"_hub": [f"iot/ack/{DEVICE}"], "_sensors": [f"iot/telemetry/{DEVICE}"], "_viewer": []}
    for user, allowed in rights.items():
        for topic in (f"iot/ack/{DEVICE}", f"iot/telemetry/{DEVICE}", f"iot/metrics/{DEVICE}", f"iot/status/{DEVICE}", "$CONTROL/dynamic-security/v1"):
            assert lab.publish(user, topic) == (0 if topic in allowed else NOT_AUTHORIZED), (user, topic)


def test_several_hubs_have_a_certificate_and_the_rights_of_one_each(lab, listen):
    lab.run("hub", "--part", "1/2")
    lab.run("hub", "--part", "2/2")
    assert lab.publish("_hub-1", f"iot/ack/{DEVICE}") == NOT_AUTHORIZED, "the access list knows one hub only"
    lab.run("broker-config", "--out", lab.deployed, "--etc", lab.deployed, "--port", lab.port, "--hubs", "2")
    lab.process.send_signal(signal.SIGHUP)
    wait_until(lambda: lab.publish("_hub-1", f"iot/ack/{DEVICE}") == 0, "the broker has read the new access list")
    hubs = [listen(f"_hub-{part}", "iot/metrics/+") for part in (1, 2)]
    lab.publish(DEVICE, f"iot/metrics/{DEVICE}", "record")
    wait_until(lambda: all(hub.messages() for hub in hubs), "both have it")
    assert [hub.connects() for hub in hubs] == [1, 1], "neither pushes the other out"


# --- names that reach into others (T2, T3, T15) ---

NO_DEVICES = ["a/b", f"{OTHER}/summary", "+", "#", "pi-+", "..", "../../etc/passwd", "_hub", "pi 07", "pi\n07", "x" * 65, "п" * 5, ""]


def test_keys_sign_no_name_that_is_no_device_id(lab):
    before = sorted(path for path in lab.folder.rglob("*"))
    for name in NO_DEVICES:
        done = lab.keys_command("device", "--", name)
        assert done.returncode == 2 and "not a device id" in done.stderr, (name, done.stderr)
    assert sorted(path for path in lab.folder.rglob("*")) == before, "nothing was made, here or elsewhere"


def test_broker_gives_a_user_with_a_wildcard_in_its_name_no_topic(lab, listen):
    viewer = listen("_viewer", "iot/#")
    for number, name in enumerate(["+", "#", "pi-+", "pi-#"]):
        user = f"_wild{number}"
        lab.sign_by_hand(name, user)
        for topic in (f"iot/metrics/{OTHER}", "iot/metrics/x", f"iot/status/{OTHER}"):
            assert lab.publish(user, topic, "forged") == NOT_AUTHORIZED, (name, topic)
        wild = listen(user, "iot/#", "iot/ack/+")
        lab.publish("_hub", f"iot/ack/{OTHER}", "secret")
        arrives(viewer, lab, f"mark-{number}")
        assert not wild.messages(), name
    assert "forged" not in viewer.log()


def test_slash_in_a_name_would_reach_below_another_and_so_is_never_signed(lab):
    """Why `keys` refuses it: the broker does not. Should this fail, the broker has learned to, and docs/security.md may say so."""
    lab.sign_by_hand(f"{OTHER}/summary", "_slash")
    assert lab.publish("_slash", f"iot/metrics/{OTHER}/summary") == 0
    assert lab.publish("_slash", f"iot/metrics/{OTHER}") == NOT_AUTHORIZED, "without /# in the list no further than that"


# --- pushing another out (T4) ---

def test_client_id_of_another_pushes_nobody_out(lab, listen):
    victim = listen(OTHER, f"iot/ack/{OTHER}", more=["-i", OTHER])
    for _ in range(10):
        assert lab.publish(DEVICE, f"iot/metrics/{DEVICE}", "x", "-i", OTHER) == 0
    lab.publish("_hub", f"iot/ack/{OTHER}", "still here")
    wait_until(lambda: victim.messages(), "the victim still hears")
    assert victim.connects() == 1


# --- sizes, versions of the protocol, qualities of service (T11) ---

def test_packet_larger_than_allowed_reaches_nobody_and_harms_nobody(lab, listen):
    viewer = listen("_viewer", "iot/metrics/+", "iot/status/+")
    payload = lab.folder / "payload"

    def publish(size, version):
        payload.write_bytes(b"L" * size)
        return subprocess.run(["mosquitto_pub", *lab.as_client(DEVICE), "-V", version, "-t", f"iot/metrics/{DEVICE}", "-f", payload, "-d"],
                              capture_output=True, text=True, timeout=20)

    assert "sending PUBLISH" not in publish(MAX_PACKET, "5").stdout, "with MQTT 5 a client is told at connect, and does not try"
    assert publish(MAX_PACKET, "311").returncode != 0, "others are cut off"
    assert "disconnected due to oversize packet" in (lab.folder / "broker.log").read_text()
    assert publish(MAX_PACKET - 100, "5").returncode == 0
    arrives(viewer, lab)
    assert [len(payload) for topic, _, payload in viewer.messages() if topic == f"iot/metrics/{DEVICE}"] == [MAX_PACKET - 100]
    assert viewer.connects() == 1


def test_quality_of_service_2_is_not_taken(lab):
    for version in ("5", "311"):
        done = subprocess.run(["mosquitto_pub", *lab.as_client(DEVICE), "-V", version, "-q", "2", "-t", f"iot/metrics/{DEVICE}", "-m", "x", "-d"],
                              capture_output=True, text=True, timeout=20)
        assert "Error" in done.stderr and "received PUBREC" not in done.stdout, (version, done.stdout + done.stderr)


# --- certificates that the broker does not take: see also src/mqtt/keys/certificates_at_broker_test.cc (T5, T6, T10) ---

def test_without_tls_nobody_gets_in(lab):
    done = subprocess.run(["mosquitto_pub", "-h", "localhost", "-p", str(lab.port), "-t", "x", "-m", "x"], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0


def revoke(lab, *names, more=()):
    return lab.keys_command("revoke", *names, "--broker", "localhost", "--port", lab.port, "--install", lab.deployed / "crl.pem",
                            "--reload", f"kill -HUP {lab.process.pid}", *more)


def test_revoked_device_is_disconnected_at_once_and_stays_out(lab, listen):
    revoked, other = listen(OTHER, f"iot/ack/{OTHER}"), listen(DEVICE, f"iot/ack/{DEVICE}")
    begin = time.monotonic()
    done = revoke(lab, OTHER)
    took = time.monotonic() - begin
    assert done.returncode == 0, done.stderr
    assert revoked.process.wait(timeout=20) != 0, "it was refused when it came back"
    assert "certificate revoked" in lab.verdict(OTHER) and "revoked" not in lab.verdict(DEVICE)
    assert revoked.connects() == 1 and "disconnected" not in other.log() and other.connects() == 1
    print(f"revoke to disconnect: {took:.2f} s ({re.search(r'connected any more, (.*) s', done.stderr).group(1)} s as told)")
    assert took < 5


def test_session_from_before_a_revocation_lets_nobody_in(lab):
    """Nobody looks at a certificate when a TLS session is resumed: the broker must not resume those of before it read the list."""
    session, _, _ = lab.connect(OTHER)
    session, resumed, answer = lab.connect(OTHER, session)
    assert resumed and answer == b"\x20\2\0\0", "sessions are resumed until then: else this test shows nothing"
    assert revoke(lab, OTHER).returncode == 0
    _, resumed, answer = lab.connect(OTHER, session)
    assert not resumed and answer == b"", answer


def test_revocation_without_a_kick_leaves_the_connection_and_says_so(lab, listen):
    """The trap that the kick is for: if the broker learns to do it by itself, this fails, and the kick may go."""
    standing = listen(OTHER, f"iot/ack/{OTHER}")
    done = lab.run("revoke", OTHER, "--install", lab.deployed / "crl.pem", "--reload", f"kill -HUP {lab.process.pid}")
    assert "one that stands, stays" in done.stderr
    wait_until(lambda: "Reloading config" in (lab.folder / "broker.log").read_text(), "the broker reads the list")
    assert lab.is_turned_away(OTHER), "new connections are refused"
    lab.publish("_hub", f"iot/ack/{OTHER}", "still here")
    wait_until(lambda: standing.messages(), "the old connection hears")
    assert revoke(lab, OTHER).returncode == 0, "it can be done later"
    assert standing.process.wait(timeout=20) != 0 and standing.connects() == 1, "it is out"
    assert "certificate revoked" in lab.verdict(OTHER)


def test_broker_that_did_not_get_the_list_is_found_out(lab, listen):
    standing = listen(OTHER, f"iot/ack/{OTHER}")
    done = lab.keys_command("revoke", OTHER, "--broker", "localhost", "--port", lab.port, "--wait", "1")
    assert done.returncode == 1 and "still lets revoked certificates in" in done.stderr
    assert "certificate revoked" not in standing.log()


def test_restart_of_the_broker_ends_every_connection_of_the_revoked(lab, listen):
    standing = listen(OTHER, f"iot/ack/{OTHER}")
    lab.run("revoke", OTHER, "--install", lab.deployed / "crl.pem", umask=0o077)
    assert stat.S_IMODE((lab.deployed / "crl.pem").stat().st_mode) == 0o644, "the broker's user can read it, whoever revokes"
    lab.stop()
    (lab.folder / "broker.log").unlink()
    lab.start()
    wait_until(lambda: standing.process.poll() is not None, "it has lost its connection", 20)
    assert lab.is_turned_away(OTHER) and not lab.is_turned_away(DEVICE)


def test_revocation_list_is_warned_of_before_it_ends(lab):
    assert lab.run("list", "--check").stderr == ""
    lab.run("crl", "--days", "1")
    wait_until_half_is_over = json.loads(lab.run("list", "--format", "json").stdout)
    assert wait_until_half_is_over["revocation_list"]["days_left"] == 0 and wait_until_half_is_over["warnings"] == []
    lab.run("device", "--renew", "--days", "7", OTHER)
    done = lab.keys_command("list", "--check")
    assert done.returncode == 1 and f"keys device --renew {OTHER}" in done.stderr


# --- the program itself under all of this ---

def test_device_hub_and_sensors_work_under_the_shipped_access_list(lab, listen, tmp_path, inferometer):
    hub = listen("_hub", "iot/metrics/+", "iot/metrics/+/summary", "iot/status/+")
    device = Device(tmp_path, "--interval", "1", *lab.as_program(DEVICE))
    try:
        wait_until(lambda: f"iot/status/{DEVICE}" in hub.topics(), "the device is online")
        done = inferometer("simulate", "--device-id", DEVICE, "--generate", "2", *lab.as_program("_sensors"))
        assert done.returncode == 0, done.stderr
        wait_until(lambda: hub.topics().count(f"iot/metrics/{DEVICE}") == 2, "both records have come")
        assert device.stop() == 0, device.log()
    finally:
        device.process.kill()
    wait_until(lambda: f"iot/metrics/{DEVICE}/summary" in hub.topics(), "so has the summary")
    assert "refused" not in device.log(), device.log()


def test_sensors_without_the_right_are_told(lab, inferometer):
    done = inferometer("simulate", "--device-id", OTHER, "--generate", "1", *lab.as_program(DEVICE))
    assert done.returncode == 1 and "0x87" in done.stderr, done.stderr


def test_device_with_the_certificate_of_another_does_not_start(lab, inferometer):
    done = inferometer("device", "--device-id", DEVICE, "--enable-llm", "false", *lab.as_program(OTHER))
    assert done.returncode == 2 and OTHER in done.stderr and DEVICE in done.stderr, done.stderr


def test_device_tells_that_its_certificate_ends_soon(lab, tmp_path):
    lab.run("device", "--renew", "--days", "20", DEVICE)
    device = Device(tmp_path, "--enable-llm", "false", *lab.as_program(DEVICE))
    device.wait_for_log("ends on")
    assert "in 20 days" in device.log() or "in 19 days" in device.log()
    assert device.stop() == 0


def test_key_that_everybody_can_read_is_told(lab, tmp_path):
    (lab.keys / "devices" / f"{DEVICE}.key").chmod(0o644)
    device = Device(tmp_path, "--enable-llm", "false", *lab.as_program(DEVICE))
    device.wait_for_log("chmod 600")
    assert device.stop() == 0


def test_revoked_device_is_told_so_and_keeps_its_records(lab, tmp_path):
    assert revoke(lab, DEVICE).returncode == 0
    device = Device(tmp_path, "--generate", "1", "--interval", "1", "--drain", "2", *lab.as_program(DEVICE))
    device.wait()
    assert "it is revoked" in device.log(), device.log()
    assert len(device.records()) == 1


def test_revoked_device_is_told_so_even_where_the_brokers_answer_is_lost(lab, tmp_path):
    assert revoke(lab, DEVICE).returncode == 0
    path = HastyPath(lab.port)
    try:
        device = Device(tmp_path, "--generate", "1", "--interval", "1", "--drain", "2", *lab.as_program(DEVICE, path.port))
        device.wait()
        assert path.resets > 0 and "it is revoked" in device.log(), device.log()
    finally:
        path.close()


def test_revocation_is_seen_even_where_the_brokers_answer_is_lost(lab, listen):
    standing, path = listen(OTHER, f"iot/ack/{OTHER}"), HastyPath(lab.port)
    try:
        done = lab.keys_command("revoke", OTHER, "--broker", "localhost", "--port", path.port, "--install", lab.deployed / "crl.pem",
                                "--reload", f"kill -HUP {lab.process.pid}")
        assert done.returncode == 0 and path.resets > 0, done.stderr
        assert standing.process.wait(timeout=20) != 0 and standing.connects() == 1, "it is out"
    finally:
        path.close()


# --- supply chain (T23) ---

def test_broker_has_the_fixes_that_the_configuration_counts_on():
    """2.0.16 and newer have them; Debian's 2.0.11 where its changelog says so."""
    binary = subprocess.run([ROOT / "tools/find-mosquitto"], capture_output=True, text=True, check=True).stdout.strip()
    version = re.search(r"version (\d+)\.(\d+)\.(\d+)", subprocess.run([binary, "-h"], capture_output=True, text=True).stdout)
    if tuple(map(int, version.groups())) >= (2, 0, 16):
        return
    changelog = subprocess.run(["zcat", f"{binary.removesuffix('/sbin/mosquitto')}/share/doc/mosquitto/changelog.Debian.gz"],
                               capture_output=True, text=True, check=True).stdout
    for fix in ("CVE-2023-28366", "CVE-2023-0809", "CVE-2023-3592", "CVE-2021-41039"):
        assert fix in changelog, fix
