"""A command killed before each of its system calls of one kind in turn."""
import os
import shutil
import subprocess

from conftest import PROGRAM, clean_environment


def is_killed(call, step, arguments):
    """True when the kill fell; False when the run ended before its n-th such call."""
    done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={step}",
                           PROGRAM, *arguments], capture_output=True, text=True, timeout=120, env=clean_environment())
    assert done.returncode in (0, -9, 137), done.stderr
    return done.returncode != 0


def kills(call, source, tmp_path, arguments_for):
    """Each step, and a copy of the directory in which the command was killed at it. There must be one."""
    # Opening and closing is mostly the loader's: every seventh will do, but for the long form.
    stride = 7 if call in ("openat", "close") and not os.environ.get("INFEROMETER_FULL_TESTS") else 1
    count = 0
    for step in range(1, 1000, stride):
        root = tmp_path / "one"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(source, root)
        if not is_killed(call, step, arguments_for(root)):
            break
        count += 1
        yield step, root
    print(f"{count} kills at {call}")
    assert count > 0
