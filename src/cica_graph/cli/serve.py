"""Command ``serve``: the graph on the network."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cica_graph.cli.common import project_option
from cica_graph.model.terms import BASE


@click.command()
@project_option
@click.option(
    "--store",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Serve a directory that `build --store` filled, or an Oxigraph store, read-only.",
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="NAME", help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=8000,
    show_default=True,
    help="Port; 0 for any free port.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Web processes, each with its query workers (default: number of cores, maximum 4).",
)
@click.option(
    "--address",
    default="",
    metavar="URL",
    help="Public URL of the server, with / at the end (default: host and port).",
)
@click.option(
    "--base",
    metavar="URL",
    help="Base of all IRIs, with / at the end.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(0.1, 3600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Maximum time of a query.",
)
@click.option(
    "--memory-limit",
    type=click.IntRange(16),
    default=512,
    show_default=True,
    metavar="MB",
    help="Maximum memory of a query.",
)
@click.option(
    "--max-rows",
    type=click.IntRange(1),
    metavar="N",
    default=100_000,
    show_default=True,
    help="Maximum rows or triples of an answer; the rest is cut off.",
)
@click.option(
    "--max-size",
    type=click.IntRange(1),
    default=16,
    show_default=True,
    metavar="MB",
    help="Maximum size of an answer; the rest is cut off.",
)
@click.option("--no-watch", "watch", flag_value=False, default=True, help="Reload changed data only on SIGHUP.")
def serve(
    project: Path | None, folder: Path | None, host: str, port: int, workers: int | None, address: str,
    base: str | None, time_limit: float, memory_limit: int, max_rows: int, max_size: int, watch: bool,
) -> None:  # fmt: skip
    """Serve the graph: pages and data, an API at /api, SPARQL at /sparql, reconciliation at /reconcile.

    The access log goes to stdout as JSON lines. SIGTERM stops the server after the last answer, SIGHUP reloads the
    data. In production, run the server behind a reverse proxy.
    """
    from cica_graph.formats import rebase
    from cica_graph.serve.config import Limits, Settings
    from cica_graph.serve.server import supervisor

    for url in filter(None, (address, base)):
        rebase.check(url)
    supervisor.serve(
        Settings(
            project=project,
            folder=folder,
            host=host,
            port=port,
            workers=workers or min(4, os.cpu_count() or 1),
            address=address,
            base=base or BASE,
            watch=2.0 if watch else 0.0,
            limits=Limits(seconds=time_limit, memory=memory_limit << 20, rows=max_rows, size=max_size << 20),
        )
    )
