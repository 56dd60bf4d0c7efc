"""A lab as `inferometer keys` sets it up, for the tests that need TLS: import the fixture `lab` by its name."""
import contextlib
import os
import re
import select
import shlex
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from conftest import PROGRAM, ROOT, clean_environment, free_port, wait_until

DEVICE, OTHER = "00:0f:00:70:91:0a", "pi-07"


class Lab:
    """An authority, its certificates, and a broker that has nothing but what `keys broker-config` wrote."""

    def __init__(self, folder):
        self.folder, self.keys, self.deployed, self.port, self.process = folder, folder / "keys", folder / "deployed", free_port(), None
        self.run("ca", "--out", self.keys)
        self.run("broker", "--host", "localhost")
        self.run("device", DEVICE, OTHER)
        for user in ("hub", "sensors", "viewer"):
            self.run(user)
        self.run("broker-config", "--out", self.deployed, "--etc", self.deployed, "--port", self.port)

    def keys_command(self, verb, *arguments, umask=-1):
        where = [] if verb == "ca" else ["--dir", self.keys]
        return subprocess.run([PROGRAM, "keys", verb, *where, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              env=clean_environment(), umask=umask)

    def run(self, verb, *arguments, umask=-1):
        done = self.keys_command(verb, *arguments, umask=umask)
        assert done.returncode == 0, done.stderr
        return done

    def start(self):
        binary = subprocess.run([ROOT / "tools/find-mosquitto"], capture_output=True, text=True, check=True).stdout.strip()
        own = self.folder / "mosquitto.conf"  # the shipped one, and whose user it runs as
        own.write_text((self.deployed / "mosquitto.conf").read_text() + ("user root\n" if os.getuid() == 0 else ""))
        self.process = subprocess.Popen([binary, "-c", own], stdout=subprocess.DEVNULL, stderr=open(self.folder / "broker.log", "a"))
        wait_until(self.listens, "the broker listens")
        return self

    def listens(self):
        return "running" in (self.folder / "broker.log").read_text()

    def stop(self):
        self.process.kill()
        self.process.wait()

    def pair(self, name):
        stem = self.keys / ("devices" if not name.startswith("_") else "") / name
        return ["--cert", f"{stem}.pem", "--key", f"{stem}.key"]

    def as_client(self, name):
        """Arguments of mosquitto_pub and mosquitto_sub."""
        return ["-h", "localhost", "-p", str(self.port), "-V", "5", "-q", "1", "--cafile", str(self.keys / "ca.pem"), *self.pair(name)]

    def as_program(self, name, port=None):
        """Arguments of inferometer."""
        return ["--broker", "localhost", "--port", port or self.port, "--ca", self.keys / "ca.pem", *self.pair(name)]

    def publish(self, name, topic, payload="x", *more):
        """The reason code of the broker's answer, 0x10 (nobody listens) being fine."""
        done = subprocess.run(["mosquitto_pub", *self.as_client(name), "-t", topic, "-m", payload, "-d", *more], capture_output=True,
                              text=True, timeout=30)
        answer = re.search(r"received PUBACK \(Mid: \d+, RC:(\d+)\)", done.stdout)
        assert answer, done.stdout + done.stderr
        return int(answer.group(1)) % 0x10 if answer.group(1) == "16" else int(answer.group(1))

    def is_turned_away(self, name):
        done = subprocess.run(["mosquitto_pub", *self.as_client(name), "-t", "x", "-n", "-d"], capture_output=True, text=True, timeout=20)
        return "received CONNACK (0)" not in done.stdout

    def connect(self, name, session=None):
        """(the session, whether it was resumed, CONNACK or nothing), by TLS 1.3; the tickets come with the broker's first words."""
        _, certificate, _, key = self.pair(name)
        if session is None:
            self.context = ssl.create_default_context(cafile=self.keys / "ca.pem")
            self.context.load_cert_chain(certificate, key)
        plain = socket.create_connection(("localhost", self.port), timeout=10)
        with self.context.wrap_socket(plain, server_hostname="localhost", session=session) as line:
            body = b"\0\4MQTT\4\2\0\x3c" + struct.pack(">H", len(name)) + name.encode()
            try:
                line.sendall(bytes([0x10, len(body)]) + body)
                answer = line.recv(4)
            except OSError:
                answer = b""
            return line.session, line.session_reused, answer

    def verdict(self, name):
        """What the broker says of the certificate to a client that sends nothing behind its handshake, and so surely hears it."""
        _, certificate, _, key = self.pair(name)
        context = ssl.create_default_context(cafile=self.keys / "ca.pem")
        context.load_cert_chain(certificate, key)
        try:
            with socket.create_connection(("localhost", self.port), 5) as plain, context.wrap_socket(plain, server_hostname="localhost") as line:
                line.settimeout(1)
                line.recv(1)
        except (ssl.SSLError, TimeoutError) as said:
            return str(said)
        return ""

    def sign_by_hand(self, name, stem):
        """What `keys` refuses to sign, signed with its key all the same: the broker on its own."""
        subject = "/CN=" + re.sub(r"([/+])", r"\\\1", name)
        shell = (f"cd {shlex.quote(str(self.keys))} && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {stem}.key "
                 f"-subj {shlex.quote(subject)} -out {stem}.csr && openssl x509 -req -days 2 "
                 f"-set_serial 0x{os.urandom(8).hex()} -in {stem}.csr -CA ca.pem -CAkey ca.key -out {stem}.pem")
        subprocess.run(["bash", "-c", shell], check=True, capture_output=True)


class HastyPath:
    """A way to the broker on which whoever is hung up on gets a reset, and not what the broker said before, if it had sent a packet right behind
    its handshake: as it happens when the broker closes with that packet unread. Who waits after the handshake gets the answer."""

    PROTECTED, LEAST_BEHIND = 0x17, 4  # kind of a TLS record; certificate, its proof and `finished` are three such

    def __init__(self, port):
        self.broker_port, self.listener, self.resets = port, socket.create_server(("127.0.0.1", 0)), 0
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.broker_port)) as broker:
            sent = b""
            while True:
                readable, _, _ = select.select([client, broker], [], [])
                time.sleep(0.1)  # what comes together has come
                data = self.received(client if client in readable else broker)
                if client in readable:
                    sent += data
                    broker.sendall(data)
                elif self.is_over(broker) and self.protected_records(sent) >= self.LEAST_BEHIND:
                    self.resets += 1
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                else:
                    client.sendall(data)
                if not data:
                    return

    @staticmethod
    def received(end, *flags):
        try:
            return end.recv(65536, *flags)
        except OSError:
            return b""

    @classmethod
    def is_over(cls, broker):
        return bool(select.select([broker], [], [], 0)[0]) and not cls.received(broker, socket.MSG_PEEK)

    def protected_records(self, sent):
        count = at = 0
        while at + 5 <= len(sent):
            count += sent[at] == self.PROTECTED
            at += 5 + int.from_bytes(sent[at + 3:at + 5], "big")
        return count

    def close(self):
        self.listener.close()


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path).start()
    yield lab
    lab.stop()
