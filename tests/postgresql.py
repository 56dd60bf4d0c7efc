"""A real PostgreSQL server of its own, on a socket in a temporary folder, for tests and benchmarks."""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
USER, PASSWORD = "inferometer", "s3cr3t/p@ss"


def find(program):
    done = subprocess.run([ROOT / "tools/find-postgresql", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.strip())


class Server:
    """PostgreSQL refuses to run as root, so that root runs it as nobody."""

    def __init__(self, *settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="inferometer-postgresql-"))
        self.data, self.port = self.folder / "data", 5432  # of a socket of its own
        self.as_user = []
        self.programs = find("postgres").parent
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.as_user = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
            self.make_reachable()
        else:
            self.folder.chmod(0o700)
        (self.folder / "password").write_text(PASSWORD)
        (self.folder / "password").chmod(0o644)
        self.run("initdb", "-D", self.data, "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync", "--auth-local=trust",
                 "--auth-host=scram-sha-256", f"--pwfile={self.folder / 'password'}")
        self.settings = [part for setting in ("listen_addresses=", f"unix_socket_directories={self.folder}", "jit=off", *settings)
                         for part in ("-c", setting)]
        self.process = None

    def make_reachable(self):
        """Copies the unpacked programs where nobody may not go to them."""
        # `test`, since setpriv itself starts a program with root's rights still at hand.
        if subprocess.run([*self.as_user, "test", "-x", self.programs / "postgres"], cwd="/").returncode != 0:
            copy = self.folder / "programs"
            shutil.copytree(self.programs.parents[3], copy, symlinks=True)
            self.programs = copy / self.programs.relative_to(self.programs.parents[3])

    def run(self, program, *arguments):
        done = subprocess.run([*self.as_user, self.programs / program, *map(str, arguments)], capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr
        return done

    def start(self):
        log = open(self.folder / "log", "a")
        self.process = subprocess.Popen([*self.as_user, self.programs / "postgres", "-D", self.data, *self.settings], stdout=log,
                                        stderr=log, cwd="/")
        end = time.monotonic() + 60
        while self.psql("SELECT 1", check=False).returncode != 0:
            assert self.process.poll() is None and time.monotonic() < end, (self.folder / "log").read_text()
            time.sleep(0.05)
        return self

    def url(self, database="postgres", **more):
        options = "&".join(f"{key}={value}" for key, value in {"host": self.folder, "port": self.port, **more}.items())
        return f"postgresql://{USER}@/{database}?{options}"

    def psql(self, sql, database="postgres", check=True, **more):
        done = subprocess.run([find("psql"), "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", self.url(database), "-c", sql],
                              capture_output=True, text=True, **more)
        assert not check or done.returncode == 0, done.stderr
        return done

    def rows(self, sql, database="postgres"):
        return [line.split("\t") for line in self.psql(sql, database).stdout.splitlines()]

    def create(self, database):
        self.psql(f"CREATE DATABASE {database}")
        return database

    def stop(self):
        """At once, with nothing saved: it is a server of a test."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)
