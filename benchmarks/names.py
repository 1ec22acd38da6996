"""Names of states in 149 languages: the table that `match` uses, and how well `match` reads lists of names.

``python -m benchmarks.names`` prints precision and recall for each list. ``--write`` makes the table
(``other_languages.tsv``) again from Unicode CLDR, which the package Babel has, from the country table of the EU, and
from the names that the United Nations use.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from benchmarks.naive import ROOT
from cica_graph import open_graph
from cica_graph.model import normalise
from cica_graph.model.other_languages import BETWEEN, FORMER
from cica_graph.model.terms import PREFIXES
from cica_graph.reconcile.catalog import Catalog
from cica_graph.reconcile.query import ReconcileQuery
from cica_graph.reconcile.search import Search

SHARED = ROOT.parent / "shared"
TABLE = ROOT / "src" / "cica_graph" / "model" / "other_languages.tsv"
VARIANTS = {"pt_PT", "sr_Latn", "zh_Hant"}  # other scripts and countries with other names
REGIONS = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}  # codes of CLDR that are not territories
# Entries of the EU's table that are not states of today, with the code of the state that took another name.
RENAMED = {"AFI": "DJI", "BUR": "MMR", "BYS": "BLR", "DHY": "BEN", "HVO": "BFA", "NHB": "VUT", "RHO": "ZWE",
           "TMP": "TLS", "ZR0": "COD"}  # fmt: skip
DISSOLVED = {"CSK", "DDR", "SUN", "YUG"}
Name = tuple[str, str]  # alpha-3 code, name


@dataclass
class Score:
    """The result for one list of names.

    :ivar wrong: names that were matched with something else, with what.
    :ivar missed: names of something in the graph that were not matched.
    """

    right: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of the matches that are right."""
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        """Share of the names of something in the graph that were matched rightly."""
        return self.right / max(1, self.right + len(self.missed) + len(self.wrong))


def alpha3() -> dict[str, str]:
    """Return the alpha-3 code for each alpha-2 code, with that of the graph for Kosovo."""
    with (SHARED / "datasets" / "country-codes.csv").open(encoding="utf-8-sig") as file:
        return {"XK": "XKX"} | {r["ISO3166-1-Alpha-2"]: r["ISO3166-1-Alpha-3"] for r in csv.DictReader(file)}


@cache
def cldr() -> Mapping[str, Sequence[Name]]:
    """Return the names of territories in each language and script of CLDR that has 200 or more."""
    from babel import Locale
    from babel.localedata import locale_identifiers

    codes, found = alpha3(), dict[str, Sequence[Name]]()
    for language in sorted(locale_identifiers()):
        names = Locale.parse(language).territories
        known = [(codes[code], name) for code, name in names.items() if code in codes and code not in REGIONS]
        if len(known) >= 200 and ("_" not in language or language in VARIANTS):
            found[language] = known
    return found


def complete() -> set[Name]:
    """Return the names in the languages in which CLDR names every territory. In others many names are unchecked."""
    most = max(len(names) for names in cldr().values())
    return {name for names in cldr().values() if len(names) == most for name in names}


def eu(*, former: bool = False) -> Iterator[tuple[Name, bool]]:
    """Yield the names in the EU's table, each with whether it is an official long name."""
    from cica_graph.linking.candidate import Candidate, target
    from cica_graph.linking.dataset import Dataset, candidates

    for entry in candidates(Dataset(str(SHARED / "suites" / "rdf" / "countries-skos.rdf"), target("eu"))):
        if not isinstance(entry, Candidate):
            continue
        code = entry.iri.rpartition("/")[2]
        code = "XKX" if code == "1A0" else RENAMED.get(code, code) if former else code
        if former == (entry.removed != "" and code not in DISSOLVED) and len(code) == 3:
            for names, long in ((entry.labels, False), (entry.aliases, True)):
                yield from (((code, text), long) for text, _ in names if not text.isascii() or not text.isupper())


def un(kinds: Sequence[str] = ("Short", "Formal")) -> Iterator[Name]:
    """Yield the names that the United Nations use, in six languages."""
    with (SHARED / "datasets" / "country-codes.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            for heading, cell in row.items():
                if heading.startswith("UNTERM") and heading.endswith(tuple(kinds)) and (text := cell.strip(" *\u200e")):
                    yield row["ISO3166-1-Alpha-3"], text


def table() -> Iterator[tuple[str, str, list[str]]]:
    """Yield the rows of the table: code, source, names.

    A long name of the EU's table is omitted if its distinctive words are a short name of another state: the table gives
    Niger the name "Republik Nigeria".
    """
    short, owners = complete(), defaultdict[object, set[str]](set)
    for code, name in short:
        owners[normalise.core(name)].add(code)
        owners[normalise.squashed(name)].add(code)
    # A name that means another state in one of the other languages must not be sure.
    every = {name for names in cldr().values() for name in names}
    short |= {(code, name) for code, name in every if code not in owners.get(normalise.squashed(name), {code})}
    known = {code for code, _ in short} | DISSOLVED
    long = {(code, name) for (code, name), is_long in eu() if code in known
            if not is_long or owners.get(normalise.core(name), {code}) == {code}}  # fmt: skip
    old = {name for name, _ in eu(former=True) if name[0] in RENAMED.values()}
    seen = set[Name]()
    rows = defaultdict[Name, list[str]](list)
    for source, names in (("CLDR", short), ("EU", long), ("UN", set(un())), (FORMER, old)):
        for code, name in sorted(names):
            if (form := (code, normalise.squashed(name))) not in seen and form[1]:
                seen.add(form)
                rows[code, source].append(" ".join(name.split()))
    yield from ((code, source, names) for (code, source), names in sorted(rows.items()))


def measure(search: Search, names: Iterable[Name]) -> Score:
    """Return the result of matching names alone, without a code, type or day."""
    score = Score()
    for code, name in sorted(set(names)):
        found = search.candidates(ReconcileQuery((name,), similar=False))
        taken = found[0].entity.thing.iri.removeprefix(PREFIXES["state"]) if found and found[0].sure else ""
        if taken == code:
            score.right += 1
        elif taken:
            score.wrong.append((name, taken))
        elif PREFIXES["state"] + code in search.catalog.by_iri:
            score.missed.append(name)
    return score


def lists() -> Iterator[tuple[str, list[Name]]]:
    """Yield each list of names."""
    yield "CLDR, complete", list(complete())
    yield "CLDR, all languages", [name for names in cldr().values() for name in names]
    yield "UN, short names", list(un(["Short"]))
    yield "UN, formal names", list(un(["Formal"]))
    with (SHARED / "datasets" / "countrycodes_orgs_2020.csv").open(encoding="utf-8") as file:
        yield "Factbook", [(row["ISO_3166_3"], row["NAME.EN"]) for row in csv.DictReader(file)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the results, or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table again")
    if parser.parse_args(arguments).write:
        lines = ["\t".join(("code", "source", "names"))]
        lines += ["\t".join((code, source, BETWEEN.join(names))) for code, source, names in table()]
        TABLE.write_text("\n".join(lines) + "\n", "utf-8")
        return
    search = Search(Catalog(open_graph(ROOT).store))
    print(f"{'list':<26}{'names':>8}{'right':>8}{'wrong':>8}{'missed':>8}{'precision':>11}{'recall':>8}")
    for title, names in lists():
        done, count = measure(search, names), len(set(names))
        figures = f"{count:>8}{done.right:>8}{len(done.wrong):>8}{len(done.missed):>8}"
        print(f"{title:<26}{figures}{done.precision:>11.4f}{done.recall:>8.4f}")


if __name__ == "__main__":
    main()
