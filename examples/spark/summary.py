#!/usr/bin/env python3
"""Reads a lake that `inferometer archive` wrote, and prints the groups of `inferometer analyze --format json`, one JSON object a line.

    inferometer archive && examples/spark/summary.py metrics/lake
"""
import os
import pathlib
import sys
import tempfile

from pyspark.sql import Column, SparkSession, functions as F

# Fewer values cannot bound the quantile (docs/measuring.md).
QUANTILES = {"p50": (0.5, 1), "p95": (0.95, 59), "p99": (0.99, 299)}
DEVICE_AND_MODEL = ["device_id", "device_name", "model_name"]
GROUP = [*DEVICE_AND_MODEL, "compute_device", "energy_source", "energy_scope"]


def session(folder):
    """Spark in this process alone: no network beyond loopback, no page, warnings left out, and nothing left behind."""
    logging = pathlib.Path(folder, "log4j2.properties")
    logging.write_text("rootLogger.level = error\nrootLogger.appenderRef.err.ref = err\nappender.err.type = Console\n"
                       "appender.err.name = err\nappender.err.target = SYSTEM_ERR\n"
                       "logger.python.name = org.apache.spark.api.python.PythonGatewayServer\nlogger.python.level = error\n")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    settings = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
                "spark.ui.showConsoleProgress": "false", "spark.local.dir": folder, "spark.sql.warehouse.dir": folder,
                "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder} -Dlog4j2.configurationFile={logging} -XX:-UsePerfData",
                "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "4"}
    return SparkSession.builder.master("local[*]").appName("inferometer").config(map=settings).getOrCreate()


def real(name) -> Column:
    """A DECIMAL column as double; `unrounded` has the values that were written with more digits than the column has."""
    return F.coalesce(F.get_json_object("unrounded", f"$.{name}").cast("double"), F.col(name).cast("double"))


def inferences(lake):
    """One row an inference: its group, and what it adds to each figure. What was not measured is NULL, and in no figure."""
    is_measured = F.col("energy_consumed_mj").isNotNull()
    tokens = F.col("generated_tokens")
    later_tokens = F.when(tokens >= 2, tokens - 1)  # one token has no rate
    by_speed = F.when(real("tokens_per_second") > 0, later_tokens / real("tokens_per_second") * 1000)
    decode_ms = F.coalesce(real("decode_ms"), by_speed)
    is_timed = later_tokens.isNotNull() & (decode_ms > 0)
    return lake.select(
        *DEVICE_AND_MODEL, "compute_device", (F.coalesce("status", F.lit("")) == "error").alias("failed"),
        F.when(is_measured, F.coalesce("energy_source", F.lit("unspecified"))).alias("energy_source"),
        F.when(is_measured, F.col("energy_scope")).alias("energy_scope"), real("inference_time_ms").alias("time_ms"),
        real("memory_used_mb").alias("memory_mb"), real("cpu_percent_avg").alias("cpu_percent"),
        real("energy_consumed_mj").alias("energy_mj"), real("energy_uncertainty_mj").alias("uncertainty_mj"),
        real("time_to_first_token_ms").alias("first_ms"), F.when(is_measured & (tokens >= 1), tokens).alias("energy_tokens"),
        F.when(is_timed, later_tokens).alias("later_tokens"), F.when(is_timed, decode_ms).alias("decode_ms"),
        F.when(is_timed, F.coalesce(real("tokens_per_second"), later_tokens / decode_ms * 1000)).alias("speed"))


def with_energyless(rows):
    """A record without an energy counts with the one kind of energy that its device and model have; with several, for itself."""
    kinds = rows.where("energy_source IS NOT NULL").select(*GROUP).distinct()
    kinds = kinds.select(*DEVICE_AND_MODEL, F.struct("compute_device", "energy_source", "energy_scope").alias("kind"))
    of_model = kinds.groupBy(*DEVICE_AND_MODEL).agg(F.collect_list("kind").alias("kinds"))
    fitting = F.expr("filter(kinds, k -> compute_device IS NULL OR compute_device <=> k.compute_device)")
    own = F.struct("compute_device", "energy_source", "energy_scope")
    only = F.when(F.col("energy_source").isNull() & (F.size(fitting) == 1), fitting[0]).otherwise(own)
    with_kind = rows.join(of_model, DEVICE_AND_MODEL, "left").withColumn("kind", only)
    return with_kind.select("*", *(F.col(f"kind.{name}").alias(f"of_{name}") for name in GROUP[3:]))


def block(value, ratio=None, has_total=False) -> Column:
    """The figures of one quantity. A rate's average is the ratio of the sums: a long inference counts more than a short one."""
    value = F.when(~F.col("failed"), value)
    figures = {"min": F.min(value), "max": F.max(value), "avg": F.avg(value) if ratio is None else ratio}
    if has_total:
        figures["total"] = F.sum(value)
    for name, (quantile, least) in QUANTILES.items():
        figures[name] = F.when(F.count(value) >= least, F.percentile(value, F.lit(quantile)))  # exact; type 7, as NumPy's
    return F.when(F.count(value) > 0, F.struct(*(figure.alias(name) for name, figure in figures.items())))


def ratio_of_sums(above, below, factor) -> Column:
    of_good = [F.when(~F.col("failed") & F.col(below).isNotNull(), F.col(name)) for name in (above, below)]
    return F.sum(of_good[0]) / F.sum(of_good[1]) * factor


def summary(lake):
    rows = with_energyless(inferences(lake))
    uncertainty = F.when(~F.col("failed") & F.col("energy_mj").isNotNull(), F.col("uncertainty_mj"))
    energies = F.count(F.when(~F.col("failed"), F.col("energy_mj")))
    # An error of the source is the same in every record: the average's does not shrink with their number.
    interval = F.struct((F.sum(uncertainty) / energies).alias("avg"), F.sum(uncertainty).alias("total"))
    groups = rows.groupBy(*DEVICE_AND_MODEL, *(F.col(f"of_{name}").alias(name) for name in GROUP[3:])).agg(
        F.count("*").alias("total_inferences"), F.count_if("failed").alias("failed_inferences"),
        block(F.col("time_ms")).alias("inference_time_ms"), block(F.col("memory_mb")).alias("memory_usage_mb"),
        block(F.col("cpu_percent")).alias("cpu_usage_percent"),
        block(F.col("energy_mj"), has_total=True).alias("energy_consumption_mj"),
        block(F.col("speed"), ratio_of_sums("later_tokens", "decode_ms", 1000)).alias("tokens_per_second"),
        block(F.col("first_ms")).alias("time_to_first_token_ms"),
        block(F.col("energy_mj") / F.col("energy_tokens"), ratio_of_sums("energy_mj", "energy_tokens", 1)).alias("energy_per_token_mj"),
        F.when((energies > 0) & (F.count(uncertainty) == energies), interval).alias("energy_uncertainty_mj"))
    return groups.orderBy(*GROUP)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="inferometer-spark-") as folder:
        spark = session(folder)
        try:
            # device= and date= in the paths are partitions: a filter on them reads those files alone.
            lake = spark.read.option("mergeSchema", "true").parquet(sys.argv[1])
            for line in summary(lake).toJSON().collect():
                print(line)
        finally:
            spark.stop()


if __name__ == "__main__":
    main()
