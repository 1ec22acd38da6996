"""Run with the interpreter of an environment that has pyspark: answers a query over Parquet files on a local cluster.

``panels_spark.py QUERY FOLDER CORES``: a master and as many workers as cores, each a process of its own, as on many
machines. Prints JSON: the rows, and the seconds without the start of the cluster.
"""

import json
import os
import sys
from pathlib import Path
from time import perf_counter

import pyspark
from pyspark.sql import SparkSession


def main() -> None:
    """Run from the command line."""
    query, folder, cores = sys.argv[1:]
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    # Else it asks the network which address this machine has.
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    cluster = SparkSession.builder.master(f"local-cluster[{cores},1,1024]")
    for quiet in ("spark.ui.enabled", "spark.ui.showConsoleProgress"):
        cluster = cluster.config(quiet, "false")
    session = cluster.getOrCreate()
    session.range(1000).count()  # the workers are there
    begin = perf_counter()
    session.read.parquet(folder).createOrReplaceTempView("panel")
    rows = [list(row) for row in session.sql(Path(query).read_text("utf-8")).collect()]
    print(json.dumps({"rows": rows, "s": perf_counter() - begin}))
    session.stop()


if __name__ == "__main__":
    main()
