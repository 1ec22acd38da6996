"""One query over a panel of a billion rows, in DuckDB and on a cluster of Spark: the same files, the same answer.

The panel is that of pairs of states in the shipped data, written once; the files of the rest are hard links to it,
which are read as any other, and take no room. So the disk is not measured when all of it fits into memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import polars

QUERY = Path(__file__).with_name("panel.sql")
YEARS = 1945, 2014


def layout(folder: Path, rows: int) -> tuple[int, int]:
    """Write at least so many rows, a file for each copy of the panel; return how many there are, and the bytes."""
    first, last = map(str, YEARS)
    panel = folder / "panel.parquet"
    command = ["panel", "dyad-year", "--from", first, "--to", last, "-o", str(panel)]
    subprocess.run([sys.executable, "-m", "cica_graph", *command], check=True, capture_output=True)
    each = polars.scan_parquet(panel).select(polars.len()).collect().item()
    copies = -(-rows // each)
    for number in range(copies):
        (folder / f"copy={number}").mkdir()
        os.link(panel, folder / f"copy={number}" / panel.name)
    size = panel.stat().st_size
    panel.unlink()
    return copies * each, copies * size


def in_duckdb(folder: Path, cores: int) -> tuple[list[list[Any]], float]:
    """Return the rows, and the seconds."""
    begin = perf_counter()
    with duckdb.connect(config={"threads": cores}) as session:
        session.execute(f"CREATE VIEW panel AS FROM read_parquet('{folder}/*/*.parquet')")
        rows = session.execute(QUERY.read_text("utf-8")).fetchall()
    return [list(row) for row in rows], perf_counter() - begin


def in_spark(python: Path, folder: Path, cores: int) -> tuple[list[list[Any]], float]:
    """Return the rows, and the seconds once the cluster runs."""
    command = [str(python), str(Path(__file__).with_name("panels_spark.py")), str(QUERY), str(folder), str(cores)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    said = json.loads(done.stdout.splitlines()[-1])
    return said["rows"], said["s"]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="A query over a panel of many rows, in DuckDB and in Spark.")
    parser.add_argument("--rows", type=int, default=1_000_000_000)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--spark", type=Path, metavar="PYTHON", help="of an environment that has pyspark")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        rows, size = layout(Path(place), given.rows)
        print(f"{rows:,} rows, {size / 1e6:,.0f} MB of Parquet, {given.cores} cores.\n")
        print("| engine | s | million rows a second |\n| --- | ---: | ---: |")
        answer, seconds = in_duckdb(Path(place), given.cores)
        print(f"| DuckDB | {seconds:.1f} | {rows / seconds / 1e6:.0f} |", flush=True)
        if given.spark:
            other, seconds = in_spark(given.spark, Path(place), given.cores)
            if other != answer:
                raise SystemExit("Spark gives another answer than DuckDB")
            print(f"| Spark | {seconds:.1f} | {rows / seconds / 1e6:.0f} |")


if __name__ == "__main__":
    main()
