#!/usr/bin/env python3
"""A device that comes back with 1,000,000 records: how fast they reach the hub, and that neither side's memory grows meanwhile.

    bench/backlog.py [--records N] [--quick]"""
import argparse
import pathlib
import re
import subprocess
import sys
import threading
import time

import rig

DEVICE_ID = "bench-backlog"
MOST_GROWTH, MOST_GROWN_MB = 0.20, 8  # the hub remembers where up to 200,000 records stand that are in no file yet: 5 MB


class Samples:
    """Memory of device and hub against the records that the hub has, ten times a second."""

    def __init__(self, device, hub):
        self.device, self.hub, self.rows, self.ended = device, hub, [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.wait(0.1):
            try:
                self.rows.append((time.monotonic(), rig.rss_mb(self.device.pid), self.hub.rss_mb()))
            except (StopIteration, FileNotFoundError, ProcessLookupError):
                return  # the device has ended

    def end(self):
        self.ended.set()
        self.thread.join()

    def peaks(self, share):
        """The most of both up to that share of the time: the drain goes at one speed."""
        first, last = self.rows[0][0], self.rows[-1][0]
        until = [row for row in self.rows if row[0] <= first + share * (last - first)]
        return max(row[1] for row in until), max(row[2] for row in until)


def fill(folder, records):
    begin = time.monotonic()
    subprocess.run([rig.BUILD / "bench-backlog", folder, DEVICE_ID, str(records)], check=True)
    rig.say(f"{records:,} records written in {time.monotonic() - begin:.0f} s")


def drain(folder, broker, hub):
    log = open(folder / "device.log", "w")
    device = subprocess.Popen([rig.PROGRAM, "device", "--device-id", DEVICE_ID, "--device-name", DEVICE_ID, "--enable-llm", "false",
                               "--generate", "0", "--drain", "3600", "--out", folder / "device", "--broker", "127.0.0.1", "--port",
                               str(broker.port)], stdout=subprocess.DEVNULL, stderr=log, env=rig.clean_environment())
    begin = time.monotonic()
    samples = Samples(device, hub)
    code = device.wait()
    samples.end()
    if code != 0:
        sys.exit(f"the device failed:\n{pathlib.Path(log.name).read_text()}")
    return time.monotonic() - begin, samples


def sent_again(hub):
    return int(re.findall(r"(\d+) sent again", hub.log())[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    records = 50_000 if arguments.quick else arguments.records
    folder = rig.fresh_folder("backlog")
    fill(folder / "device", records)
    broker = rig.Broker(folder)
    hub = rig.Hub(folder, broker)
    seconds, samples = drain(folder, broker, hub)
    hub.stop()
    held = hub.count()
    broker.stop()

    bounds = rig.Bounds()
    bounds.row(f"{records:,} records drained in {seconds:.1f} s, that is", f"{records / seconds:,.0f}", "/s")
    peaks = {share: samples.peaks(share) for share in (0.1, 0.25, 0.5, 1.0)}
    # The hub holds the places of up to 200,000 records that are in no file yet, so it grows until as many have come.
    for place, (name, since) in enumerate((("device", 0.1), ("hub", 0.25))):
        for share, peak in peaks.items():
            bounds.row(f"{name}: most memory up to {100 * share:.0f} %", f"{peak[place]:.1f}", "MB")
        grown_mb = peaks[1.0][place] - peaks[since][place]
        growth = grown_mb / peaks[since][place]
        # A short drain is over before all buffers were used once.
        bound = None if arguments.quick else f"{100 * MOST_GROWTH:.0f} % or {MOST_GROWN_MB} MB"
        bounds.row(f"{name}: growth from {100 * since:.0f} % to 100 %", f"{100 * growth:.1f}", "%", bound,
                   growth <= MOST_GROWTH or grown_mb <= MOST_GROWN_MB)
    bounds.row("records sent again", sent_again(hub), "")
    bounds.held(records, *held)
    return bounds.exit_code()


if __name__ == "__main__":
    sys.exit(main())
