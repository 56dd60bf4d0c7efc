#!/usr/bin/env python3
"""Reads what `inferometer export` wrote as CSV or JSON lines, and prints one line a device and model.

    inferometer export --to records.jsonl && examples/pandas/summary.py records.jsonl
"""
import sys

import pandas as pd


def read(path):
    """One row a record. What was not measured is NaN, and stays out of every figure: never fill it with 0."""
    frame = pd.read_csv(path) if path.endswith(".csv") else pd.read_json(path, lines=True, convert_dates=False)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], format="ISO8601", utc=True)
    return frame


def column(frame, name):
    """A column that nobody measured is missing from JSON lines."""
    return frame[name] if name in frame else pd.Series(float("nan"), index=frame.index)


def summary(frame):
    failed = column(frame, "status") == "error"
    # Rates are averaged as the ratio of the sums: a long inference counts more than a short one. One token has no rate.
    tokens, decode_ms = column(frame, "generated_tokens"), column(frame, "decode_ms")
    timed = (tokens >= 2) & (decode_ms > 0)
    good = frame.assign(timed_tokens=(tokens - 1).where(timed), timed_ms=decode_ms.where(timed),
                        energy_consumed_mj=column(frame, "energy_consumed_mj"))[~failed]
    # Energies of different sources are different figures: they are never put into one.
    keys = [key for key in ("device_id", "model_name", "energy_source") if key in good]
    groups = good.groupby(keys, dropna=False)
    return pd.DataFrame({
        "inferences": groups.size(),
        "from": groups["timestamp"].min().dt.strftime("%Y-%m-%d %H:%M"),
        "inference_time_ms": groups["inference_time_ms"].median().round(1),
        "tokens_per_second": (groups["timed_tokens"].sum(min_count=1) / groups["timed_ms"].sum(min_count=1) * 1000).round(2),
        "energy_consumed_mj": groups["energy_consumed_mj"].mean().round(1),
    }).reset_index(), int(failed.sum())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    table, failed = summary(read(sys.argv[1]))
    print(table.to_string(index=False))
    print(f"{failed} failed inferences are in no figure")


if __name__ == "__main__":
    main()
