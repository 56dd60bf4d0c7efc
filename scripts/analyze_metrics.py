#!/usr/bin/env python3
"""Hands its arguments on to `inferometer analyze`, so that the older system's command keeps working.

The program is the one that INFEROMETER names, else build/release/inferometer of this checkout, else the one in PATH.
"""

import os
import shutil
import sys


def find_program():
    """The program to run, or None."""
    named = os.environ.get("INFEROMETER")
    if named:
        return shutil.which(named)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return shutil.which(os.path.join(root, "build", "release", "inferometer")) or shutil.which("inferometer")


def main():
    program = find_program()
    if program is None:
        named = os.environ.get("INFEROMETER")
        what = f"INFEROMETER names {named}, which is no program" if named else "inferometer is not built"
        sys.exit(f"analyze_metrics.py: {what}: build it with `cmake --preset release && cmake --build --preset "
                 "release`, or say where it is with INFEROMETER=PATH")
    try:
        os.execv(program, [program, "analyze", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"analyze_metrics.py: cannot run {program}: {error.strerror}")


if __name__ == "__main__":
    main()
