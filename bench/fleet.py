#!/usr/bin/env python3
"""10,000 devices at one real broker and one real hub: what the hub takes, and that every record is acknowledged and held once.

    bench/fleet.py [--devices N] [--records N] [--quick]"""
import argparse
import sys

import rig

SECONDS_TO_BOUND = 120


def run(devices, streams, records, is_counted):
    folder = rig.fresh_folder("fleet")
    broker = rig.Broker(folder)
    hub = rig.Hub(folder, broker)
    figures = {"idle_mb": hub.rss_mb(), "sent": devices * streams * records}
    fleet = rig.start_fleet(broker, "--devices", devices, "--streams", streams, "--records", records)
    for line in rig.json_lines(fleet):
        if line["phase"] == "connected":
            figures["connect_seconds"] = line["seconds"]
        else:
            figures["seconds"], figures["resent"] = line["end"] - line["begin"], line["resent"]
    figures["mb"], figures["peak_mb"] = hub.rss_mb(), hub.peak_mb()
    if is_counted:
        figures["stop_seconds"] = hub.stop()
        figures["held"] = hub.count()
    else:
        hub.kill()
    broker.stop()
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--records", type=int, default=10, help="of each device")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    devices, records = (1_000 if arguments.quick else arguments.devices), arguments.records
    rig.raise_descriptor_limit()
    five = run(devices, 5, records // 5, is_counted=False)
    one = run(devices, 1, records, is_counted=True)

    bounds = rig.Bounds()
    print(f"{devices:,} devices, each with a connection of its own, its status and {records} records")
    bounds.row("until all are connected and subscribed", f"{one['connect_seconds']:.1f}", "s")
    bounds.row("until all is stored and acknowledged", f"{one['seconds']:.1f}", "s", f"{SECONDS_TO_BOUND} s",
               one["seconds"] <= SECONDS_TO_BOUND)
    bounds.row("  that is", f"{one['sent'] / one['seconds']:,.0f}", "/s")
    bounds.row("the hub's memory before", f"{one['idle_mb']:.1f}", "MB")
    bounds.row("  with all devices, the most meanwhile", f"{one['peak_mb']:.1f}", "MB")
    bounds.row("  with all devices, at the end", f"{one['mb']:.1f}", "MB")
    bounds.row("memory a device with one stream", f"{1024 * (one['mb'] - one['idle_mb']) / devices:.2f}", "KiB")
    bounds.row("memory a further stream that is being written", f"{1024 * (five['mb'] - one['mb']) / (4 * devices):.2f}", "KiB")
    bounds.row("from SIGTERM until every device has its files", f"{one['stop_seconds']:.1f}", "s")
    bounds.row("records sent again after 30 s", one["resent"] + five["resent"], "")
    bounds.held(one["sent"], *one["held"])
    return bounds.exit_code()


if __name__ == "__main__":
    sys.exit(main())
