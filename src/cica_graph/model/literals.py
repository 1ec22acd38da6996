"""Literals: which texts a datatype allows.

The datatypes are those of XML Schema (https://www.w3.org/TR/xmlschema11-2/, the lexical space of each), of RDF
(https://www.w3.org/TR/rdf11-concepts/#section-Datatypes) and EDTF. A literal of an unknown datatype has any text.
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from cica_graph.model import edtf
from cica_graph.model.errors import InvalidDate
from cica_graph.model.terms import EDTF, RDF, XSD

_ZONE: Final = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR, _MONTH, _DAY = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME: Final = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_SECONDS: Final = r"[0-9]+(?:\.[0-9]+)?S"
_HOURS: Final = rf"T(?:[0-9]+H(?:[0-9]+M)?(?:{_SECONDS})?|[0-9]+M(?:{_SECONDS})?|{_SECONDS})"
_MONTHS: Final = r"(?:[0-9]+Y(?:[0-9]+M)?|[0-9]+M)"
_DAYS: Final = rf"(?:[0-9]+D(?:{_HOURS})?|{_HOURS})"
_FLOAT: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN"
_NAME_START, _NAME = r"[^\W\d]", r"[\w.\-\u00b7]"
_BASE64: Final = r"(?:[A-Za-z0-9+/] ?){4}"

# The pattern of each datatype, and an example for the message.
_PATTERNS: Final[dict[str, tuple[str, str]]] = {
    "boolean": ("true|false|1|0", "true"),
    "decimal": (r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", "1.5"),
    "float": (_FLOAT, "1.5E0"),
    "double": (_FLOAT, "1.5E0"),
    "date": (rf"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}", "2004-10-22"),
    "dateTime": (rf"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}", "2004-10-22T09:30:00Z"),
    "dateTimeStamp": (rf"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE[:-1]}", "2004-10-22T09:30:00Z"),
    "time": (_TIME + _ZONE, "09:30:00"),
    "gYear": (_YEAR + _ZONE, "2004"),
    "gYearMonth": (f"{_YEAR}-{_MONTH}{_ZONE}", "2004-10"),
    "gMonth": (f"--{_MONTH}{_ZONE}", "--10"),
    "gMonthDay": (rf"--(?:{_MONTH}-(?:0[1-9]|[12][0-9])|(?!02){_MONTH}-30|(?:0[13578]|1[02])-31){_ZONE}", "--10-22"),
    "gDay": (f"---{_DAY}{_ZONE}", "---22"),
    "duration": (f"-?P(?:{_MONTHS}(?:{_DAYS})?|{_DAYS})", "P1Y6M"),
    "yearMonthDuration": (f"-?P{_MONTHS}", "P1Y6M"),
    "dayTimeDuration": (f"-?P{_DAYS}", "P1DT2H"),
    "hexBinary": ("(?:[0-9A-Fa-f]{2})*", "0FB7"),
    "base64Binary": (
        rf"(?:{_BASE64})*+(?:[A-Za-z0-9+/] ?[AQgw] ?= ?=|(?:[A-Za-z0-9+/] ?){{2}}[AEIMQUYcgkosw048] ?=)?", "AAAA",
    ),
    "anyURI": (r'(?:[^\s<>"{}|\\^`%\x00-\x1f]|%[0-9A-Fa-f]{2})*', "https://example.org/"),
    "language": ("[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*", "en"),
    "normalizedString": (r"[^\t\n\r]*", "one line"),
    "token": (r"(?:[^\s](?:[^\t\n\r ]| (?! ))*(?<! ))?", "one two"),
    "Name": (rf"(?:{_NAME_START}|:)(?:{_NAME}|:)*", "name"),
    "NCName": (f"{_NAME_START}{_NAME}*", "name"),
    "NMTOKEN": (f"(?:{_NAME}|:)+", "name"),
}  # fmt: skip
# The least and the largest value of each kind of integer.
_INTEGERS: Final[dict[str, tuple[int | None, int | None]]] = {
    "integer": (None, None), "nonNegativeInteger": (0, None), "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0), "negativeInteger": (None, -1),
} | {
    name: span
    for bits, signed in ((64, "long"), (32, "int"), (16, "short"), (8, "byte"))
    for name, span in (
        (signed, (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)), (f"unsigned{signed.capitalize()}", (0, 2**bits - 1)),
    )
}  # fmt: skip
_DATE: Final = re.compile(r"-?(\d{4,})-(\d\d)-(\d\d)", re.ASCII)
_DIGITS: Final = re.compile("[+-]?0*([0-9]+)", re.ASCII)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SHOWN: Final = 60  # characters of a text in a message


def fault(text: str, datatype: str) -> str:
    """Return why a text without a language does not belong to a datatype, and a correction; empty if it does.

    >>> fault("2004-13-45", "http://www.w3.org/2001/XMLSchema#date")
    "'2004-13-45' is not an xsd:date; write for example 2004-10-22"
    """
    if control := _CONTROL.search(text):
        return f"the text has the character U+{ord(control[0]):04X}, which no XML document can contain; remove it"
    return "" if datatype == XSD + "string" else _typed(text, datatype)


@lru_cache(maxsize=4096)
def _typed(text: str, datatype: str) -> str:
    if datatype == EDTF:
        return _edtf(text)
    if datatype.startswith(XSD):
        return _xsd(text, datatype.removeprefix(XSD))
    if datatype == RDF + "langString":
        return 'a literal of rdf:langString needs a language; write for example "Name"@en without a datatype'
    if reader := _READERS.get(datatype):
        try:
            reader(text)
        except (ValueError, RecursionError) as error:
            return f"{_short(text)} is not an {datatype.replace(RDF, 'rdf:')}: {error}"
    return ""


def _edtf(text: str) -> str:
    try:
        edtf.check(text)
    except InvalidDate as error:
        return str(error)
    return ""


def _xsd(text: str, name: str) -> str:
    if name in _INTEGERS:
        return _integer(text, name)
    if (known := _PATTERNS.get(name)) is None:
        return ""
    pattern, example = known
    if re.compile(pattern, 0 if "Name" in name or name == "NMTOKEN" else re.ASCII).fullmatch(text) is None:
        return f"{_short(text)} is not an xsd:{name}; write for example {example}"
    if name.startswith("date") and (day := _DATE.match(text)):
        year, month, number = map(int, day.groups())
        if number > monthrange(2000 + year % 400, month)[1]:
            return f"{_short(text)} is not an xsd:{name}: no calendar has that day"
    return ""


def _integer(text: str, name: str) -> str:
    if (found := _DIGITS.fullmatch(text)) is None:
        return f"{_short(text)} is not an xsd:{name}; write digits only, for example 5"
    least, most = _INTEGERS[name]
    # 20 digits are more than any limit, and Python refuses to read thousands of digits.
    number = int(found[1][:20]) * (-1 if text[0] == "-" else 1)
    if (least is not None and number < least) or (most is not None and number > most):
        return f"{_short(text)} is not an xsd:{name}: its values are {_range(least, most)}"
    return ""


def _range(least: int | None, most: int | None) -> str:
    if least is None:
        return f"{most} and less"
    return f"{least} and more" if most is None else f"{least} to {most}"


def _short(text: str) -> str:
    return repr(text) if len(text) <= _SHOWN else repr(text[:_SHOWN]) + "..."


def _xml(text: str) -> object:
    from lxml import etree

    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return etree.fromstring(f"<x>{text}</x>".encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(error.msg) from error


_READERS: Final[dict[str, Callable[[str], object]]] = {RDF + "JSON": json.loads, RDF + "XMLLiteral": _xml}
