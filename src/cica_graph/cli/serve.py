"""The command that puts the graph on the network: serve."""

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
    help="Serve a folder that `build --store` filled, or one of Oxigraph, read-only, in place of a project.",
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="NAME", help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=8000,
    show_default=True,
    help="The port; 0 for any that is free.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Processes that answer, each with query processes of its own; as many as there are cores, 4 at most.",
)
@click.option(
    "--address",
    default="",
    metavar="URL",
    help="Where people reach the server when that is not host and port; it ends in /.",
)
@click.option(
    "--base",
    metavar="URL",
    help="Put the IRIs of pages, of the API and of SPARQL below this address instead; it ends in /.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(0.1, 3600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="A query that runs longer is stopped.",
)
@click.option(
    "--memory-limit",
    type=click.IntRange(16),
    default=512,
    show_default=True,
    metavar="MB",
    help="A query that needs more is stopped.",
)
@click.option(
    "--max-rows",
    type=click.IntRange(1),
    metavar="N",
    default=100_000,
    show_default=True,
    help="Rows or triples of an answer; what is beyond is cut off.",
)
@click.option(
    "--max-size",
    type=click.IntRange(1),
    default=16,
    show_default=True,
    metavar="MB",
    help="Size of an answer; what is beyond is cut off.",
)
@click.option("--no-watch", "watch", flag_value=False, default=True, help="Serve new data on SIGHUP only.")
def serve(
    project: Path | None, folder: Path | None, host: str, port: int, workers: int | None, address: str,
    base: str | None, time_limit: float, memory_limit: int, max_rows: int, max_size: int, watch: bool,
) -> None:  # fmt: skip
    """Serve the graph: pages and data of everything, an API at /api, SPARQL at /sparql, reconciliation at /reconcile.

    The access log goes to stdout as JSON lines. SIGTERM stops when the last answer is out, SIGHUP reads the data
    anew. Only machines that reach the address can ask; put a reverse proxy before it for the rest.
    """
    from cica_graph.formats import rebase
    from cica_graph.serve.config import Limits, Settings
    from cica_graph.serve.server.supervisor import serve as run

    for url in filter(None, (address, base)):
        rebase.check(url)
    run(
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
