"""Findings as text for people, and in the forms that other tools read."""

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
    """Return the findings, sorted, in one of :data:`FORMATS`: empty, or ending with a newline.

    :raises UsageError: no such form.
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
        raise UsageError(f"Findings have no form {form!r}: choose one of {', '.join(FORMATS)}.")
    return writers[form](sorted(findings))


def name(iri: str) -> str:
    """Return a short name for an IRI, such as ``state KAZ`` or ``cg:memberOf``; any other stays as it is."""
    for prefix, namespace in PREFIXES.items():
        rest = iri.removeprefix(namespace)
        if rest in (iri, ""):
            continue
        if prefix == "doc":
            source, _, section = rest.partition("#")
            # By convention #document is the source itself, and any other fragment is a part of it.
            return f"section {rest}" if section not in ("", "document") else f"source {source}"
        if namespace == GRAPH:
            return f"graph {rest}"
        return f"{prefix} {rest}" if namespace.startswith(ID) else f"{prefix}:{rest}"
    return iri


def _place(finding: Finding) -> str:
    """Return ``file:line:column``, as far as it is known."""
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
        # A note on a line shows its subject by where it stands; any other has to say it.
        message = f.message if f.line or not f.subject else f"{name(f.subject)}: {f.message}"
        listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
        said = "\n".join(part for part in (message, f.hint) if part)
        lines.append(f"::error {listed}::{_data(said)}")
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
    """Section 3.11.5: braces mark placeholders, so real ones are doubled."""
    return text.replace("{", "{{").replace("}", "}}")


def _version() -> str:
    try:
        return metadata.version("cica-graph")
    except metadata.PackageNotFoundError:  # run from a checkout that was never installed
        return "0.0.0"


def _junit(findings: list[Finding]) -> str:
    """The form that CI servers agree on: a suite, a case for each finding, a failure in each."""
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
    """XML 1.0, section 2.2: most control characters cannot be written in any way."""
    return _NOT_XML.sub("", text)


def _json(findings: list[Finding]) -> str:
    return to_json([asdict(f) for f in findings])


def _ttl(findings: list[Finding]) -> str:
    """A SHACL validation report, https://www.w3.org/TR/shacl/#validation-report.

    Not all of it: what failed is a shape of ours, and which constraint component in it is not recorded.
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
        said: list[tuple[str, ox.NamedNode | ox.Literal | None]] = [
            (RDF_TYPE, _sh("ValidationResult")),
            (_SH + "focusNode", focus),
            (_SH + "resultMessage", ox.Literal(encodable(f.message))),
            (_SH + "resultSeverity", _sh("Violation")),
            (_SH + "sourceShape", shape),
            (PROV + "atLocation", ox.Literal(encodable(_place(f))) if f.file else None),
        ]
        results += [ox.Triple(result, ox.NamedNode(p), o) for p, o in said if o is not None]
    # None for the shapes: rdflib 7.6.0 does not read a local name such as shape:\. that pyoxigraph writes.
    prefixes = {"prov": PROV, "sh": _SH}
    written = ox.serialize(triples + results, format=ox.RdfFormat.TURTLE, prefixes=prefixes)
    assert written is not None  # it is None only when there is a file to write to
    lines = re.split("(?<=\n)", written.decode())
    # pyoxigraph writes the prefixes in another order in each process.
    return "".join(sorted(lines[: len(prefixes)]) + lines[len(prefixes) :])


def _sh(local: str) -> ox.NamedNode:
    return ox.NamedNode(_SH + local)


def _iri(text: str) -> ox.NamedNode | None:
    """Return the text as an IRI if it is one: a subject may be a blank node, and a rule is a local name."""
    try:
        return ox.NamedNode(text)
    except ValueError:
        return None
