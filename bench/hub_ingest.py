#!/usr/bin/env python3
"""How fast the hub takes records, against a subscriber that throws them away, in turn over the same load.

    bench/hub_ingest.py [--rounds N] [--records N] [--quick]

Eight connections, each a device of its own, publish as fast as the broker takes it. The bare subscriber is done when the
broker has handled its QoS 1 acknowledgement of the last message, as it has the hub's when the devices have what the hub says
behind it: that everything is on its disk. How the hub does against the time of the bare subscriber's last message is printed too."""
import argparse
import json
import statistics
import subprocess
import sys

import rig

DEVICES = 8
LEAST_RATIO = 0.9
PARTS = ("receiver_us", "broker_us", "fleet_us")


def load(broker, records, *more):
    fleet = rig.start_fleet(broker, "--devices", DEVICES, "--records", records // DEVICES, *more)
    return [line for line in rig.json_lines(fleet) if line["phase"] == "done"][0]


def result(records, seconds, receiver_cpu, broker_cpu, fleet_cpu, **more):
    return {"rate": records / seconds, "receiver_us": 1e6 * receiver_cpu / records, "broker_us": 1e6 * broker_cpu / records,
            "fleet_us": 1e6 * fleet_cpu / records, "broker_busy": broker_cpu / seconds, **more}


def bare(folder, records):
    broker = rig.Broker(folder)
    receiver = subprocess.Popen([rig.BUILD / "bench-bare-subscriber", str(broker.port), str(records)], stdout=subprocess.PIPE, text=True)
    receiver.stdout.readline()
    before = broker.cpu_seconds()
    sent = load(broker, records, "--no-hub")
    done = json.loads(receiver.stdout.readline())
    receiver.wait()
    broker_cpu = broker.cpu_seconds() - before
    broker.stop()
    return result(records, done["end"] - sent["begin"], done["cpu_seconds"], broker_cpu, sent["cpu_seconds"],
                  rate_to_last_message=records / (done["last_message"] - sent["begin"]))


def hub(folder, records):
    broker = rig.Broker(folder)
    receiver = rig.Hub(folder, broker)
    before, own_before = broker.cpu_seconds(), receiver.cpu_seconds()
    sent = load(broker, records)
    cpu, broker_cpu, peak = receiver.cpu_seconds() - own_before, broker.cpu_seconds() - before, receiver.peak_mb()
    receiver.stop()
    held = receiver.count()
    broker.stop()
    return result(records, sent["end"] - sent["begin"], cpu, broker_cpu, sent["cpu_seconds"], peak_mb=peak, held=held,
                  resent=sent["resent"])


def report(name, runs):
    middle = {key: statistics.median(run[key] for run in runs) for key in ("rate", "broker_busy", *PARTS)}
    print(f"{name:16} {middle['rate']:8.0f} records/s; CPU time a record: receiver {middle['receiver_us']:5.1f} us, broker "
          f"{middle['broker_us']:5.1f} us, devices {middle['fleet_us']:5.1f} us; broker busy {100 * middle['broker_busy']:.0f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--records", type=int, default=160_000)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    rounds, records = (3, 48_000) if arguments.quick else (arguments.rounds, arguments.records)
    runs = {"bare subscriber": [], "hub": []}
    for number in range(rounds + 1):
        for name, measure in (("bare subscriber", bare), ("hub", hub)):
            run = measure(rig.fresh_folder("hub_ingest"), records)
            if number > 0:  # the first of each warms up
                runs[name].append(run)
        rig.say(f"round {number} of {rounds} done" if number else "warmed up")

    print(f"{records:,} records of about 1,000 bytes, {DEVICES} devices, QoS 1; median of {rounds} rounds in turn")
    for name, results in runs.items():
        report(name, results)
    ratios = [ours["rate"] / theirs["rate"] for theirs, ours in zip(*runs.values())]
    bounds = rig.Bounds()
    ratio = statistics.median(ratios)
    bounds.row(f"hub over bare subscriber, median ({min(ratios):.3f} to {max(ratios):.3f})", f"{ratio:.3f}", "",
               f"at least {LEAST_RATIO}", ratio >= LEAST_RATIO)
    unfinished = statistics.median(ours["rate"] / theirs["rate_to_last_message"] for theirs, ours in zip(*runs.values()))
    bounds.row("  over the bare subscriber up to its last message, not yet acknowledged", f"{unfinished:.3f}", "",
               f"at least {LEAST_RATIO}", unfinished >= LEAST_RATIO)
    # Busy neighbours move the rate of a round by half, and this much less: with all processors busy the two are the same.
    costs = [sum(statistics.median(run[part] for run in results) for part in PARTS) for results in runs.values()]
    bounds.row("CPU time a record, all three: with bare subscriber over with hub", f"{costs[0] / costs[1]:.3f}", "")
    bounds.row("the hub's memory, most of all rounds", f"{max(run['peak_mb'] for run in runs['hub']):.0f}", "MB")
    bounds.row("records sent again after 30 s", sum(run["resent"] for run in runs["hub"]), "")
    held = [sum(figures) for figures in zip(*(run["held"] for run in runs["hub"]))]
    bounds.held(rounds * records, *held)
    return bounds.exit_code()


if __name__ == "__main__":
    sys.exit(main())
