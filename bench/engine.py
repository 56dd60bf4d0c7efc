#!/usr/bin/env python3
"""Ours against llama-bench of the same source, pair by pair in one run; then what measuring costs in real inferences.

bench/engine.py [--pairs 30] [--threads 2]     needs tools/setup bench and tools/build bench"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = ROOT / "build/bench/bench-engine"
THEIRS = ROOT / "third_party/llama-build/bin/llama-bench"
MODEL = ROOT / "third_party/models/SmolLM2-135M-Instruct.Q4_1.gguf"
PROMPT, DEPTH, TOKENS = 256, 256, 64
LEAST_RATIO = 0.97
MOST_PROBE_SHARE_PERCENT = 0.1
MOST_IDLE_MS = 5.0
MOST_METERING_PAIRS = 120  # inferences with metering on and off


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr.strip()}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def ours(kind, threads):
    lengths = [PROMPT] if kind == "prompt" else [DEPTH, TOKENS]
    return run(OURS, kind, MODEL, threads, *lengths)["tokens_per_second"]


def theirs(kind, threads):
    lengths = ["-p", PROMPT, "-n", 0] if kind == "prompt" else ["-p", 0, "-n", TOKENS, "-d", DEPTH]
    return run(THEIRS, "-m", MODEL, "-t", threads, "-r", 1, "-o", "jsonl", *lengths)["avg_ts"]


def ratio_of_medians(pairs):
    return statistics.median(ours for ours, _ in pairs) / statistics.median(theirs for _, theirs in pairs)


def interval(pairs, draws=2000):
    """The 95 % bootstrap interval of the ratio of medians: what one run can tell on this machine."""
    chance = random.Random(1)
    ratios = sorted(ratio_of_medians(chance.choices(pairs, k=len(pairs))) for _ in range(draws))
    return ratios[draws * 25 // 1000], ratios[draws * 975 // 1000]


def compare(kind, threads, pairs):
    figures = {"ours": [], "theirs": []}
    for pair in range(pairs):
        order = [("ours", ours), ("theirs", theirs)]
        for name, measure in order if pair % 2 == 0 else reversed(order):
            figures[name].append(measure(kind, threads))
    medians = {name: statistics.median(values) for name, values in figures.items()}
    measured = list(zip(figures["ours"], figures["theirs"]))
    ratio = ratio_of_medians(measured)
    low, high = interval(measured)
    print(f"{kind:8} ours {medians['ours']:8.1f} tokens/s   llama-bench {medians['theirs']:8.1f} tokens/s   "
          f"ratio of medians {ratio:.3f} (bound >= {LEAST_RATIO}), 95 % interval {low:.3f} to {high:.3f}", flush=True)
    return ratio >= LEAST_RATIO


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    print(f"engine: {arguments.pairs} interleaved pairs, {arguments.threads} threads, prompt {PROMPT}, {TOKENS} tokens at depth {DEPTH}")
    good = compare("prompt", arguments.threads, arguments.pairs)
    good &= compare("decode", arguments.threads, arguments.pairs)

    cost = run(OURS, "metering", MODEL, arguments.threads, min(10 * arguments.pairs, MOST_METERING_PAIRS))
    print(f"metering in real inferences: probes {cost['probe_share_percent_median']:.4f} % of the inference, median "
          f"(bound <= {MOST_PROBE_SHARE_PERCENT} %)")
    print(f"metering on / off: tokens/s ratio {cost['on_off_ratio_median']:.4f}, 95 % interval {cost['ratio_low']:.4f} to "
          f"{cost['ratio_high']:.4f} ({cost['pairs']} pairs, by order statistics)")
    good &= cost["probe_share_percent_median"] <= MOST_PROBE_SHARE_PERCENT

    idle = run(OURS, "idle", MODEL, arguments.threads)["cpu_ms_in_the_second_after"]
    print(f"CPU burned in the second after an inference: {idle:.2f} ms at most of 5 (bound <= {MOST_IDLE_MS} ms)")
    good &= idle <= MOST_IDLE_MS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
