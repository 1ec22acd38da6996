"""Panels: one row for each unit and year, with the codes that researchers use to merge data.

The things are organizations, states, and pairs of either. Each has a row for every year. A number is missing if the
members are not recorded: see ``cica_graph.memberships.recorded``. Rows come year by year, so that a panel of any length
takes the memory of one year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from cica_graph import queries
from cica_graph.memberships import arrays
from cica_graph.memberships.arrays import MembershipArrays, MembershipMatrix, Period
from cica_graph.memberships.recorded import Records
from cica_graph.memberships.unrecorded import PairRecords
from cica_graph.model.errors import UsageError
from cica_graph.model.names import Names
from cica_graph.model.results import PANEL_KINDS, PANEL_LAYOUTS
from cica_graph.model.terms import PREFIXES
from cica_graph.store.store import Store, value

if TYPE_CHECKING:
    import polars


Value = str | int | None
Batch = dict[str, list[Value]]  # the columns of a panel, in order and of one length
Datatype = Literal["integer", "string"]

_LEVELS: Final = ("", "_presumed", "_at_most")  # ends of the names of columns
_CELLS: Final = 1_000_000  # at most, about, in one batch
_TITLES: Final = {
    "org-year": "Organizations by year, and how many members they have",
    "state-year": "States by year, and in how many organizations they are",
    "dyad-year": "Pairs of states by year, and in how many organizations both are",
    "org-dyad-year": "Pairs of organizations by year, and how many members both have",
}
_IDS: Final[dict[str, dict[str, str]]] = {
    "state": {
        "code": "ISO 3166-1 alpha-3 code, or the last part of the IRI for a state without one.",
        "label": "English label.",
        "iso3": "ISO 3166-1 alpha-3 code.",
        "m49": "UN M49 code: three digits with leading zeros.",
        "cow": "State number (ccode) of the Correlates of War project.",
        "wikidata": "Wikidata item.",
    },
    "organization": {
        "code": "Acronym.",
        "label": "English label.",
        "cow": "Organization number (ionum) of the Correlates of War project.",
        "wikidata": "Wikidata item.",
    },
}
_DYAD: Final = {
    "dyadid": "1000 times ccode1, plus ccode2.",
    "ccode1": "State number of the first state in the Correlates of War project, the lower of the two.",
    "statenme1": "English label of the first state; the project may use another name.",
    "ccode2": "State number of the second state.",
    "statenme2": "English label of the second state; the project may use another name.",
    "year": "Year.",
}


@dataclass(frozen=True)
class PanelColumn:
    """One column of a panel: its name, type and description, and a flag for columns that identify a row."""

    name: str
    datatype: Datatype
    description: str
    key: bool = False


@dataclass(frozen=True)
class Panel:
    """A panel, which computes its rows on demand.

    :ivar kind: one of :data:`PANEL_KINDS`.
    :ivar title: a title on one line.
    :ivar description: sentences about the meaning of the numbers.
    :ivar columns: the columns in order.
    :ivar years: the years, each with the same number of rows.
    :ivar left_out: codes of the states without the number that the layout needs.
    """

    kind: str
    title: str
    description: str
    columns: tuple[PanelColumn, ...]
    years: range
    left_out: tuple[str, ...]
    _of_year: Callable[[int], Iterator[Batch]]

    def batches(self) -> Iterator[Batch]:
        """Yield batches of rows, as columns, sorted by year and then by code."""
        for number in self.years:
            yield from self._of_year(number)

    def to_frame(self) -> polars.DataFrame:
        """Return all rows as a polars DataFrame: Int64 for numbers, String for other values, null for unknown ones.

        :raises UsageError: polars is not installed.
        """
        frames = [self.frame({}), *map(self.frame, self.batches())]
        import polars

        return polars.concat(frames)

    def frame(self, batch: Batch) -> polars.DataFrame:
        """Return a batch as a polars DataFrame.

        :raises UsageError: polars is not installed.
        """
        try:
            import polars
        except ModuleNotFoundError:
            raise UsageError(
                "A data frame needs polars, which is not installed: pip install 'cica-graph[frames]'"
            ) from None
        types = {"integer": polars.Int64, "string": polars.String}
        return polars.DataFrame(batch, {column.name: types[column.datatype] for column in self.columns})


def panel(
    store: Store, names: Names, engine: MembershipArrays, kind: str, years: range, records: Records,
    pairs: PairRecords, *,
    roles: Sequence[str] = ("member",), any_day: bool = False, layout: str | None = None,
) -> Panel:  # fmt: skip
    """Return a panel of one of :data:`PANEL_KINDS`, optionally with one of :data:`PANEL_LAYOUTS`.

    For each role there are columns of the certain members, of the certain and presumed members, and of all possible
    members. A year is its last day or, with ``any_day``, all of it. The layout of igoR counts whole years.

    :raises UsageError: unknown kind or layout, or a layout for another kind or other roles.
    """
    if kind not in PANEL_KINDS:
        raise UsageError(f"Unknown panel {kind!r}. The panels are {', '.join(PANEL_KINDS)}.")
    states, organizations = (_units(store, names, engine, side) for side in ("state", "organization"))
    if layout is not None:
        if layout not in PANEL_LAYOUTS or kind != "dyad-year" or list(roles) != ["member"]:
            raise UsageError("The layout igor is only for the panel dyad-year and the role member.")
        return _igor(states, organizations, engine.in_role("member"), years, pairs)
    counted = {role: engine.in_role(role) for role in roles}
    units = organizations if kind.startswith("org") else states
    columns, of_year = (_pairs if "dyad" in kind else _singles)(units, counted, any_day, records, pairs)
    description = (
        f"A year means {'all of it' if any_day else 'its last day'}. The counts nest: certain "
        "members, these and the presumed ones, these and the possible ones. A role includes the narrower roles, and "
        "suspended members count. An empty cell means that the members are not recorded: no source names any of them "
        "or states that it names all of them. Zero means that there were none, or that the organization did not exist."
    )
    return Panel(
        kind,
        _TITLES[kind],
        description,
        (PanelColumn("year", "integer", "Year.", key=True), *columns),
        years,
        (),
        of_year,
    )


@dataclass(frozen=True)
class _Units:
    """States or organizations sorted by code: their identifiers, and their positions in the arrays."""

    side: str
    ids: Mapping[str, NDArray[np.object_]]
    places: list[int]

    def turned(self, held: MembershipMatrix) -> MembershipMatrix:
        """Return the matrix with these units as rows."""
        if self.side == "organization":
            return held.at(self.places)
        return held.turned().at(self.places)

    def unrecorded(
        self, engine: MembershipArrays, role: str, period: Period, records: Records, pairs: PairRecords
    ) -> arrays.Flags:
        """Return a flag for each unit without a recorded number: for a state, if no organization has records of it."""
        if self.side == "organization":
            return engine.unrecorded(role, period, records)[self.places]
        flags = pairs.unrecorded(engine, role, period)
        return flags.all(axis=0, keepdims=True).ravel()[self.places]

    def where(self, chosen: Sequence[int]) -> _Units:
        return _Units(
            self.side, {name: ids[chosen] for name, ids in self.ids.items()}, [self.places[i] for i in chosen]
        )

    def columns(self, mark: str = "") -> list[PanelColumn]:
        return [
            PanelColumn(name + mark, "integer" if name == "cow" else "string", says, key=name == "code")
            for name, says in _IDS[self.side].items()
        ]

    def cells(self, at: slice | NDArray[np.intp] = slice(None), mark: str = "") -> Batch:
        return {name + mark: ids[at].tolist() for name, ids in self.ids.items()}


def _units(store: Store, names: Names, engine: MembershipArrays, side: str) -> _Units:
    known: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in store.select(queries.shipped("cookbook", "codes").text):
        for name, term in row.items():
            known[value(row["actor"])][name].add(value(term).removeprefix(PREFIXES["wd"]))
    actors = sorted((a.code, a.iri, a) for a in names.actors.values() if a.kind == side)
    cells: dict[str, list[Value]] = {name: [] for name in _IDS[side]}
    for code, iri, actor in actors:
        for name in cells.keys() - {"code", "label"}:
            text = " ".join(sorted(known[iri][name])) or None
            cells[name].append(_number(text, code) if name == "cow" else text)
        cells["code"].append(code)
        cells["label"].append(actor.label)
    axis = engine.organizations if side == "organization" else engine.members
    place = {iri: number for number, iri in enumerate(axis)}
    ids = {name: np.array(column, np.object_) for name, column in cells.items()}
    return _Units(side, ids, [place[iri] for _, iri, _ in actors])


def _number(text: str | None, code: str) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        raise UsageError(
            f"{code} has the Correlates of War number {text!r}, which is not a number. `check` reports its position."
        ) from None


def _counts(units: _Units, whom: str, role: str, name: str, more: str = "") -> list[PanelColumn]:
    """Return the three columns of a count: certain members, with the presumed ones, with the possible ones."""
    capacity = ("in any role" if role == "any" else f"as {role.replace('-', ' ')}") + more
    if units.side == "organization":
        number = f"Number of participants in {whom}"
    else:
        number = f"Number of organizations in which {whom} {'take' if whom == 'both' else 'takes'} part"
    return [
        PanelColumn(name, "integer", f"{number} {capacity}, certain."),
        PanelColumn(f"{name}_presumed", "integer", f"{number} {capacity}, with the presumed cases."),
        PanelColumn(f"{name}_at_most", "integer", f"{number} {capacity}, with the presumed and the possible cases."),
    ]


def _singles(
    units: _Units, counted: Mapping[str, MembershipArrays], any_day: bool, records: Records, pairs: PairRecords
) -> tuple[list[PanelColumn], Callable[[int], Iterator[Batch]]]:
    columns, names = units.columns(), [role.replace("-", "_") for role in counted]
    for role, name in zip(counted, names, strict=True):
        columns += _counts(units, f"the {units.side}", role, name)
        columns += _counts(units, f"the {units.side}", role, f"{name}_suspended", " and suspended")

    def of_year(number: int) -> Iterator[Batch]:
        period = arrays.year(number, any_day=any_day)
        batch: Batch = {"year": [number] * len(units.places), **units.cells()}
        for name, (role, engine) in zip(names, counted.items(), strict=True):
            unknown = units.unrecorded(engine, role, period, records, pairs)
            for mark, held in (("", engine.during(period)), ("_suspended", engine.suspended_during(period))):
                turned = units.turned(held)
                for level, flags in zip(_LEVELS, vars(turned).values(), strict=True):
                    batch[name + mark + level] = _known(flags.sum(axis=1), unknown)
        yield batch

    return columns, of_year


def _pairs(
    units: _Units, counted: Mapping[str, MembershipArrays], any_day: bool, records: Records, pairs: PairRecords
) -> tuple[list[PanelColumn], Callable[[int], Iterator[Batch]]]:
    columns, names = [*units.columns("_1"), *units.columns("_2")], [role.replace("-", "_") for role in counted]
    for role, name in zip(counted, names, strict=True):
        for whom, mark in (("both", "_both"), ("the first", "_1"), ("the second", "_2")):
            columns += _counts(units, whom, role, name + mark)

    def of_year(number: int) -> Iterator[Batch]:
        period = arrays.year(number, any_day=any_day)
        counts, unknown = dict[str, list[arrays.Counts]](), dict[str, arrays.Flags]()
        for name, (role, engine) in zip(names, counted.items(), strict=True):
            held = units.turned(engine.during(period))
            counts[name] = [arrays.shared_counts(flags) for flags in vars(held).values()]
            unknown[name] = units.unrecorded(engine, role, period, records, pairs)
        for first, second in _chunks(len(units.places), len(columns)):
            batch: Batch = {"year": [number] * len(first), **units.cells(first, "_1"), **units.cells(second, "_2")}
            for name, levels in counts.items():
                for mark, i, j in (("_both", first, second), ("_1", first, first), ("_2", second, second)):
                    for level, shared in zip(_LEVELS, levels, strict=True):
                        batch[name + mark + level] = _known(shared[i, j], unknown[name][i] | unknown[name][j])
            yield batch

    return columns, of_year


def _known(counts: NDArray[np.integer[Any]], unknown: arrays.Flags) -> list[Value]:
    """Return counts, None where they are not recorded."""
    cells = counts.astype(np.object_)
    cells[unknown] = None
    return list(cells.tolist())


def _chunks(count: int, width: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the pairs of ``count`` units, the earlier one first, in chunks of bounded size for ``width`` columns."""
    first, second = np.triu_indices(count, 1)
    step = max(1, _CELLS // width)
    for start in range(0, len(first), step):
        yield first[start : start + step], second[start : start + step]


def _igor(states: _Units, organizations: _Units, engine: MembershipArrays, years: range, pairs: PairRecords) -> Panel:
    numbers = states.ids["cow"].tolist()
    chosen = sorted((i for i, number in enumerate(numbers) if number is not None), key=lambda i: numbers[i])
    left_out = tuple(code for code, number in zip(states.ids["code"], numbers, strict=True) if number is None)
    units, names = states.where(chosen), [code.lower() for code in organizations.ids["code"]]
    if len({*names, *_DYAD}) < len(names) + len(_DYAD):
        raise UsageError("Two columns would have the same name, because this layout writes acronyms in lower case.")
    columns = [
        PanelColumn(name, "string" if "nme" in name else "integer", says, key=name in ("ccode1", "ccode2", "year"))
        for name, says in _DYAD.items()
    ]
    columns += [
        PanelColumn(name, "integer", f"Both are members of {label}: 1 certain, -9 not known, 0 no.")
        for name, label in zip(names, organizations.ids["label"], strict=True)
    ]

    def of_year(number: int) -> Iterator[Batch]:
        period = arrays.year(number, any_day=True)
        of_states = units.turned(engine.during(period).at(organizations.places))
        unknown = pairs.unrecorded(engine, "member", period)[organizations.places].T[units.places]
        for first, second in _chunks(len(chosen), len(columns)):
            sure = of_states.certain[first] & of_states.certain[second]
            maybe = (of_states.possible | unknown)[first] & (of_states.possible | unknown)[second]
            joint = np.where(sure, 1, np.where(maybe, -9, 0))
            one, two = (units.ids["cow"][at] for at in (first, second))
            batch: Batch = {
                "dyadid": (1000 * one + two).tolist(),
                "ccode1": one.tolist(),
                "statenme1": units.ids["label"][first].tolist(),
                "ccode2": two.tolist(),
                "statenme2": units.ids["label"][second].tolist(),
                "year": [number] * len(first),
            }
            yield batch | dict(zip(names, joint.T.tolist(), strict=True))

    description = (
        "A year counts every member on any day of the year, as Correlates of War does. One column an organization: "
        "1 both states are certain members, 0 not both, -9 not known: no state of the pair is certainly not a member, "
        "but one is only a presumed or possible member, or no source speaks of it. -1, that a state was outside the "
        "state system, does not "
        "occur: the graph knows nothing of that. The columns stateabb1, state1, stateabb2 and state2 are left out, "
        "since the graph has ISO 3166-1 codes and not those names."
    )
    title = "Pairs of states by year, laid out as by igoR"
    return Panel("dyad-year", title, description, tuple(columns), years, left_out, of_year)
