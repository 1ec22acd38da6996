"""Findings as text, and in the formats of other tools: GitHub, SARIF, JUnit, JSON, SHACL in Turtle."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pyoxigraph as ox

from cica_graph.formats.text import encodable, escape, to_json
from cica_graph.model.errors import Finding, UsageError
from cica_graph.model.terms import GRAPH, ID, PREFIXES, PROV, RDF_TYPE, SHAPE, XSD

FORMATS: Final = ("text", "github", "sarif", "junit", "json", "ttl")

_SH: Final = "http://www.w3.org/ns/shacl#"
_REPORT: Final = "urn:cica-graph:report"
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(findings: Sequence[Finding], form: str) -> str:
    """Return the findings, sorted, in one of :data:`FORMATS`. The text is empty or ends with a newline.

    :raises UsageError: the format is unknown.
    """
    writers = {
        "text": _text,
        "github": _github,
        "sarif": _sarif,
        "junit": _junit,
        "json": _json,
        "ttl": _ttl,
    }
    if form not in writers:
        raise UsageError(f"Unknown format {form!r} for findings. Choose one of {', '.join(FORMATS)}.")
    return writers[form](sorted(findings))


def name(iri: str) -> str:
    """Return a short name for an IRI, such as ``state KAZ`` or ``cg:memberOf``; without a prefix, the IRI itself."""
    for prefix, namespace in PREFIXES.items():
        rest = iri.removeprefix(namespace)
        if rest in (iri, ""):
            continue
        if prefix == "doc":
            source, _, section = rest.partition("#")
            # By convention, #document is the source itself, and any other fragment is a section.
            return f"section {rest}" if section not in ("", "document") else f"source {source}"
        if namespace == GRAPH:
            return f"graph {rest}"
        return f"{prefix} {rest}" if namespace.startswith(ID) else f"{prefix}:{rest}"
    return iri


def _place(finding: Finding) -> str:
    """Return ``file:line:column``, without the unknown parts."""
    parts = [finding.file]
    if finding.file and finding.line:
        parts += [str(n) for n in (finding.line, finding.column) if n]
    return ":".join(parts)


def _text(findings: list[Finding]) -> str:
    lines = []
    for f in findings:
        line = ": ".join(part for part in (_place(f), name(f.subject), f.message) if part)
        lines.append(escape(f"{line} [{f.rule}]" if f.rule else line))
        if f.hint:
            lines.append("    hint: " + escape(f.hint))
    return "".join(line + "\n" for line in lines)


def _github(findings: list[Finding]) -> str:
    """https://docs.github.com/actions/reference/workflow-commands-for-github-actions, and @actions/core."""
    lines = []
    for f in findings:
        properties = {"file": f.file, "line": f.line, "col": f.column, "title": f.rule}
        # An annotation of a line shows its subject by its position; without a line, the message names it.
        message = f.message if f.line or not f.subject else f"{name(f.subject)}: {f.message}"
        listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
        text = "\n".join(part for part in (message, f.hint) if part)
        lines.append(f"::error {listed}::{_data(text)}")
    return "".join(line + "\n" for line in lines)


def _data(text: str) -> str:
    return escape(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(findings: list[Finding]) -> str:
    """SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""
    hints: dict[str, str] = {}
    for f in findings:
        hints[f.rule] = hints.get(f.rule) or f.hint
    rules = sorted(hints)
    driver: dict[str, object] = {
        "name": "cica-graph",
        "version": _version(),
        "rules": [
            {"id": rule, "help": {"text": _message(hints[rule])}} if hints[rule] else {"id": rule} for rule in rules
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(f, rules.index(f.rule)) for f in findings],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return to_json(log, sort_keys=True)


def _result(f: Finding, rule_index: int) -> dict[str, object]:
    location: dict[str, object] = {}
    if f.file:
        uri = {"uri": quote(encodable(f.file)), "uriBaseId": "%SRCROOT%"}
        physical: dict[str, object] = {"artifactLocation": uri}
        if f.line:
            physical["region"] = {"startLine": f.line} | ({"startColumn": f.column} if f.column else {})
        location["physicalLocation"] = physical
    if f.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": f.subject}]
    result: dict[str, object] = {
        "ruleId": f.rule,
        "ruleIndex": rule_index,
        "level": "error",
        "message": {"text": _message(f.message)},
    }
    return result | ({"locations": [location]} if location else {})


def _message(text: str) -> str:
    """Section 3.11.5: braces mark placeholders, and literal braces are doubled."""
    return text.replace("{", "{{").replace("}", "}}")


def _version() -> str:
    try:
        return metadata.version("cica-graph")
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        return "0.0.0"


def _junit(findings: list[Finding]) -> str:
    """The common subset of CI servers: one suite, one case per finding, one failure in each."""
    count = str(len(findings))
    suite = ET.Element(
        "testsuite", name="cica-graph check", tests=count if findings else "1", failures=count, errors="0"
    )
    for f in findings:
        title = " ".join(part for part in (f.rule, name(f.subject)) if part)
        case = ET.SubElement(suite, "testcase", classname=_xml(f.file or "cica-graph"), name=_xml(title))
        failure = ET.SubElement(case, "failure", message=_xml(f.message), type=_xml(f.rule))
        failure.text = _xml(_text([f]))
    if not findings:
        ET.SubElement(suite, "testcase", classname="cica-graph", name="no findings")
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    """XML 1.0, section 2.2: most control characters are not allowed, even escaped."""
    return _NOT_XML.sub("", text)


def _json(findings: list[Finding]) -> str:
    return to_json([asdict(f) for f in findings])


def _ttl(findings: list[Finding]) -> str:
    """A SHACL validation report, https://www.w3.org/TR/shacl/#validation-report.

    It names the shape of each result. The constraint component is not recorded.
    """
    report = ox.NamedNode(_REPORT)
    conforms = ox.Literal("false" if findings else "true", datatype=ox.NamedNode(XSD + "boolean"))
    triples = [
        ox.Triple(report, ox.NamedNode(RDF_TYPE), _sh("ValidationReport")),
        ox.Triple(report, _sh("conforms"), conforms),
    ]
    results: list[ox.Triple] = []
    for number, f in enumerate(findings, start=1):
        result = ox.NamedNode(f"{_REPORT}#result-{number}")
        triples.append(ox.Triple(report, _sh("result"), result))
        focus, shape = _iri(f.subject), _iri(f.rule) or ox.NamedNode(SHAPE + quote(encodable(f.rule)))
        properties: list[tuple[str, ox.NamedNode | ox.Literal | None]] = [
            (RDF_TYPE, _sh("ValidationResult")),
            (_SH + "focusNode", focus),
            (_SH + "resultMessage", ox.Literal(encodable(f.message))),
            (_SH + "resultSeverity", _sh("Violation")),
            (_SH + "sourceShape", shape),
            (PROV + "atLocation", ox.Literal(encodable(_place(f))) if f.file else None),
        ]
        results += [ox.Triple(result, ox.NamedNode(p), o) for p, o in properties if o is not None]
    # No prefix for the shapes: rdflib 7.6.0 cannot read a local name such as shape:\. from pyoxigraph.
    prefixes = {"prov": PROV, "sh": _SH}
    written = ox.serialize(triples + results, format=ox.RdfFormat.TURTLE, prefixes=prefixes)
    assert written is not None  # only a file as target gives None
    lines = re.split("(?<=\n)", written.decode())
    # pyoxigraph writes the prefixes in another order in each process.
    return "".join(sorted(lines[: len(prefixes)]) + lines[len(prefixes) :])


def _sh(local: str) -> ox.NamedNode:
    return ox.NamedNode(_SH + local)


def _iri(text: str) -> ox.NamedNode | None:
    """Return the text as an IRI, or None: a subject may be a blank node, and a rule is a local name."""
    try:
        return ox.NamedNode(text)
    except ValueError:
        return None
