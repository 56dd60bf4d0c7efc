#!/usr/bin/env python3
"""Reads a lake that `inferometer archive` wrote, and prints one line a device, model and source of energy.

    inferometer archive && examples/duckdb/summary.py metrics/lake
"""
import sys

import duckdb

# What was not measured is NULL, and every aggregate leaves it out. Failed inferences are in no figure. Energies of different sources are
# different figures. Rates are the ratio of the sums: a long inference counts more than a short one, and one token has no rate.
SUMMARY = """
SELECT device_id, model_name, energy_source,
       count(*) FILTER (status IS DISTINCT FROM 'error') AS inferences,
       count(*) FILTER (status = 'error') AS failed,
       round(quantile_cont(inference_time_ms::DOUBLE, 0.5) FILTER (status IS DISTINCT FROM 'error'), 1) AS p50_ms,
       round(sum(generated_tokens - 1) FILTER (is_timed) / sum(decode_ms) FILTER (is_timed) * 1000, 2) AS tokens_per_second,
       round(avg(energy_consumed_mj::DOUBLE) FILTER (status IS DISTINCT FROM 'error'), 1) AS energy_mj
FROM (SELECT *, generated_tokens >= 2 AND decode_ms > 0 AND status IS DISTINCT FROM 'error' AS is_timed
      -- device= and date= in the paths are partitions: a filter on them reads those files alone.
      FROM read_parquet($files, hive_partitioning = true, union_by_name = true))
GROUP BY ALL ORDER BY ALL
"""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    answer = duckdb.execute(SUMMARY, {"files": sys.argv[1] + "/*/*/*.parquet"})
    print("\t".join(column[0] for column in answer.description))
    for row in answer.fetchall():
        print("\t".join("" if value is None else str(value) for value in row))


if __name__ == "__main__":
    main()
