"""Commands ``build``, ``check`` and ``export``."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import click

from cica_graph.cli.common import Progress, RegisteredName, day, keep, project_option, source, source_options, talk
from cica_graph.files.background import in_background
from cica_graph.formats.findings import FORMATS, render
from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError, ValidationFailed
from cica_graph.model.terms import BASE
from cica_graph.pipeline.build import BuiltGraph, StepTimer, add_day, add_file, all_findings, graph
from cica_graph.project.source_files import Project
from cica_graph.publish import output


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="out",
    show_default=True,
    metavar="DIR",
    help="Directory of the site. It is replaced only after a successful build.",
)
@click.option("--on", type=day, metavar="DAY", help="Also compute this day, in addition to the days of claims.")
@click.option("--base", metavar="URL", help="Base of all IRIs, with / at the end.")
@click.option("--host", metavar="URL", help="URL of the future site, for the configuration of web servers.")
@click.option("--check-links", is_flag=True, help="Check all links inside the site. Exit with 1 if one is broken.")
@click.option(
    "--store",
    metavar="DIR|URL",
    help="Fill a directory or a SPARQL store for commands with --store, and write no site.",
)
@project_option
@click.pass_context
def build(
    context: click.Context, out: Path, on: date | None, base: str | None, host: str | None, check_links: bool,
    store: str | None, project: Path | None,
) -> None:  # fmt: skip
    """Check the files, and write a site with all data to a directory.

    The site works from disk and on any web host. Files without changes since the last build are not rewritten.

    With --store, the command fills a store and writes no site. If it is interrupted, a directory has either the old
    graph or the new one. A store on the network is used only when it is complete, and an interrupted command
    continues where it stopped.
    """
    if store is not None:
        given = [p for p in ("out", "base", "host", "check_links") if _given(context, p)]
        if given:
            option = given[0].replace("_", "-")
            raise click.UsageError(f"--{option} cannot be combined with --store, which writes no site.")
        from cica_graph.store.load import refuse_unwritable

        refuse_unwritable(store)
        keep(store, partial(_checked, Project.at(project), on, store))
        return
    from cica_graph.publish.catalog.hosting import mount
    from cica_graph.publish.site import link_check
    from cica_graph.publish.site.build import build

    opened = Project.at(project)
    output.refuse_foreign(out)
    mount(base or BASE, host)  # checked before the long steps
    making = output.Folder(out, base or BASE)
    with Progress() as progress:
        built = graph(opened, progress, in_memory=True)
        findings = in_background(partial(all_findings, built))
        if on is not None:
            add_day(built, on)
        clock = StepTimer(progress)
        with making.open() as folder:
            pages = build(Graph(built), folder, clock, host, talk)
            with clock("check"):
                found = findings()
            if found:
                click.echo(render(found, "text"), nl=False)
                raise ValidationFailed(f"Findings: {len(found)}. Nothing was written; {out} is unchanged.", found)
        broken = []
        if check_links:
            with clock("links"):
                broken = list(link_check.broken(out))
    for step, seconds in (built.seconds | clock.seconds).items():
        talk(f"{step:<9}{seconds:6.2f} s")
    if "load" not in built.seconds:
        talk("files unchanged: the graph is from the cache")
    each = clock.seconds["pages"] / pages * 1000
    files, changed = len(folder.sums), len(folder.written)
    talk(f"{pages:,} pages at {each:.1f} ms, {files:,} files, {changed:,} of them new or changed")
    click.echo((out / "index.html").as_posix())
    for page, link in broken:
        click.echo(f"{out / page}: broken link {link}")
    if broken:
        raise ValidationFailed(f"{len(broken)} broken links", [])


def _given(context: click.Context, option: str) -> bool:
    return context.get_parameter_source(option) is not click.core.ParameterSource.DEFAULT


def _checked(project: Project, on: date | None, where: str, progress: Progress) -> BuiltGraph:
    """Return a project's graph, for a store.

    :raises ValidationFailed: the files have findings; nothing was written.
    """
    built = graph(project, progress)
    found = all_findings(built, progress)
    if found:
        click.echo(render(found, "text"), nl=False)
        raise ValidationFailed(f"Findings: {len(found)}. Nothing was written; {where} is unchanged.", found)
    if on is not None:
        add_day(built, on)
    return built


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Format of the findings.",
)
@click.option(
    "--on",
    type=day,
    metavar="DAY",
    help="Also look for contradictions on this day, in addition to the days of claims.",
)
@project_option
def check(form: str, on: date | None, project: Path | None) -> None:
    """Validate the files, look for contradictions, and audit the claims."""
    opened = Project.at(project)
    with Progress() as progress:
        built = graph(opened, progress)
        findings = all_findings(built, progress, on)
    click.echo(render(findings, form), nl=False)
    files = len(opened.graph_files) + len(opened.shapes)
    count = Counter(a.verdict for a in Graph(built).audit())
    talk(f"{files} files, {len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}")
    talk("audit: " + (", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items())) or "no claims"))
    if findings:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("form", metavar="FORMAT", type=RegisteredName("cica_graph.exports"))
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to a file instead of stdout.",
)
@click.option(
    "--on",
    type=day,
    metavar="DAY",
    help="Date of fao, csvw and graphml-shared. Formats of quads add the snapshot of the day as a graph.",
)
@click.option(
    "--include",
    "others",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Add a Turtle file, for example from `link pull` or `import`; may be repeated.",
)
@source_options
def export(
    form: str, path: Path | None, on: date | None, others: tuple[Path, ...], project: Path | None, store: str | None
) -> None:
    """Export the graph in an RDF format, as tables, in another vocabulary, or for a tool.

    RDF formats are turtle, ntriples, jsonld and rdfxml, with the statements that do not depend on a day, and trig and
    nquads, with every graph. csv is a table of memberships.

    Other vocabularies are org (W3C ORG with OWL-Time), schema (schema.org), wikidata (statements with qualifiers), fao
    (FAO groups of a day) and void (counts and linksets), all in Turtle, and popolo, in JSON.

    Formats for tools are csvw (a ZIP file of tables with a description), graphml (network of memberships),
    graphml-shared (organizations by shared members on a day), parquet (memberships; needs polars) and update (SPARQL
    updates that load every graph into another store). Other packages can add formats.
    """
    from cica_graph.publish.export.export import export, write

    with Progress() as progress:
        built = source(project, store, progress).built
        if store is not None:
            built = replace(built, store=built.store.copy())
        if built.findings:
            raise ValidationFailed("The files have findings. See `check`. Nothing was written.", built.findings)
        if on is not None:
            add_day(built, on)
        for other in others:
            add_file(built, other)
        data = export(built.store, form, on)
    if path is None:
        if sys.stdout.isatty() and b"\0" in data:
            raise UsageError(f"{form} is binary; use -o FILE")
        sys.stdout.buffer.write(data)
    else:
        write(data, path)
        talk(f"{path}: {len(data):,} bytes")
