"""What a device does when its disk does not play along. Needs mount namespaces: root, or a kernel that gives them to users."""
import os
import shutil
import subprocess

SEVERAL_RETRIES = 150  # seconds; the journal's longest pause between two is a minute


def own_mounts(script):
    """A wrapper that runs `script` in a mount namespace of its own, then the device in it."""
    who = [] if os.geteuid() == 0 else ["--map-root-user"]
    # Muted, and not a failure: within a chroot / is no mount, so that this refuses; there the maker of the chroot has made the mounts
    # private.
    private = "{ mount --make-rprivate / 2>/dev/null || true; } && "
    return ["unshare", "--mount", "--propagation", "unchanged", *who, "bash", "-c", private + script + ' && exec "$@"', "wrapper"]


def start_on_small_disk(device, tmp_path, filler_bytes):
    """(a device whose folder has 2 MiB, of which a file `filler` takes so much, and where the folder stands)"""
    out = tmp_path / "metrics" / "edge-device-01"
    out.mkdir(parents=True)
    full = own_mounts(f"mount -t tmpfs -o size=2m none {out} && head -c {filler_bytes} /dev/zero >{out}/filler; true")
    one = device("--generate", 100000, "--interval", 1, "--save-every", 20, wrapper=full)
    return one, f"/proc/{one.process.pid}/root{out}"


def test_full_disk_costs_no_inference_and_the_next_save_holds_all(device, tmp_path):
    one, inside = start_on_small_disk(device, tmp_path, 2_080_000)
    one.wait_for_log("could not save")
    one.wait_for_log("message 45:")
    assert [name for name in os.listdir(inside) if name.startswith("inference_metrics")] == []
    os.unlink(f"{inside}/filler")
    one.wait_for_log("saved ", SEVERAL_RETRIES)
    kept = tmp_path / "kept"
    shutil.copytree(inside, kept)
    one.process.terminate()
    [path] = kept.glob("inference_metrics_*.json")
    assert path.read_text().count('"status":"ok"') >= 60
    assert "(0 failed)" in one.log() or one.wait() in (0, 1)


def test_device_starts_on_a_disk_without_one_free_byte(device, tmp_path):
    one, inside = start_on_small_disk(device, tmp_path, 4_000_000)
    one.wait_for_log("what loading took is in no file")
    one.wait_for_log("message 25:")
    os.unlink(f"{inside}/filler")
    one.wait_for_log("saved ", SEVERAL_RETRIES)
    assert ": failed" not in one.log(), one.log()
    one.process.terminate()
    one.wait()


def test_read_only_directory_is_refused_with_its_name(device, tmp_path):
    out = tmp_path / "metrics" / "edge-device-01"
    out.mkdir(parents=True)
    one = device("--generate", 5, wrapper=own_mounts(f"mount --bind {out} {out} && mount -o remount,bind,ro {out}"))
    assert one.wait() == 1
    assert "cannot write to the metrics directory" in one.log() and str(out) in one.log(), one.log()


def test_directory_that_becomes_read_only_costs_no_inference_and_no_record(device, tmp_path):
    """A file that is open keeps its file system writable, so a read-only mount is put over the folder: what is open can still be
    written, nothing else can."""
    out = tmp_path / "metrics" / "edge-device-01"
    out.mkdir(parents=True)
    one = device("--generate", 60, "--interval", 1, "--save-every", 20, wrapper=own_mounts(f"mount --bind {out} {out}"))
    one.wait_for_log("message 5:")
    inside = ["nsenter", "--mount", "--root", "--target", str(one.process.pid)]
    subprocess.run([*inside, "bash", "-c", f"mount --bind {out} {out} && mount -o remount,bind,ro {out}"], check=True)
    assert one.wait() == 1
    assert "could not save" in one.log() and "saved at the next start" in one.log(), one.log()
    assert "60 messages, 60 inferences (0 failed)" in one.log(), one.log()
    again = device("--generate", 0)
    assert again.wait() == 0, again.log()
    assert len({record["record_id"] for record in again.records()}) == 60
    assert len(again.records()) == 60
