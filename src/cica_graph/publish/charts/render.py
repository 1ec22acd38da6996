"""Vega-Lite to SVG and PNG, with the Vega and the fonts of vl-convert. It needs no browser and no network.

The SVG of Vega is made smaller and suitable for an HTML page. One title and one description replace the descriptions
of single marks. Text and lines have the colour ``currentColor``.
"""

from __future__ import annotations

import functools
import os
import re
from importlib import metadata
from importlib.resources import as_file, files
from typing import Final
from xml.etree import ElementTree

from cica_graph.files import cache

VEGA_LITE: Final = "5.20"  # the version of the schema that the specifications name and the tests use
KEPT: Final = 500  # charts in the cache; a site may have a few for each organization
_SVG: Final = "{http://www.w3.org/2000/svg}"
_LONG: Final = re.compile(r"-?\d+\.\d{3,}(?:e-\d+)?")
INK: Final = "#1c2024", "#e8eaed"  # light and dark, as on the pages of the site
PAPER: Final = "#fdfdfc", "#14171a"
STYLE: Final = (
    "<style>@media(prefers-color-scheme:dark){"
    f"svg:root{{color:{INK[1]};background:{PAPER[1]}}}svg:root>rect{{fill:{PAPER[1]}}}"
    "}</style>"
)


def inline(specification: str, title: str, description: str) -> bytes:
    """Return the chart of a specification as inline SVG, from the cache if it was drawn before."""
    key = cache.digest([specification, title, description, metadata.version("vl-convert-python")])
    return cache.get_or_make(
        "chart", key, lambda: _draw(specification, title, description, key[:8]).encode(), keep=KEPT
    )


def standalone(svg: bytes, style: str = STYLE) -> bytes:
    """Return inline SVG as an SVG file with a background.

    The dark colours are in a style element. A viewer or a Content-Security-Policy that ignores it gives light colours.
    """
    head, end, drawn = svg.partition(b"</desc>")
    paper = f'<rect width="100%" height="100%" fill="{PAPER[0]}" />'
    return head.replace(b"<svg", f'<svg color="{INK[0]}"'.encode(), 1) + end + (style + paper).encode() + drawn


def png(svg: bytes, scale: float) -> bytes:
    """Return inline SVG as PNG, with a light background."""
    import vl_convert

    _hide_system_fonts()
    return vl_convert.svg_to_png(standalone(svg, style="").decode(), scale=scale)


@functools.cache
def _hide_system_fonts() -> None:
    """Make vl-convert use its own fonts only, so that a chart has the same bytes on every machine.

    vl-convert loads the fonts of the machine once, when it first draws, and prefers them to its own. On Linux it
    finds them through the configuration of fontconfig, so its first drawing gets one that lists no fonts.
    """
    import vl_convert

    before = os.environ.get("FONTCONFIG_FILE")
    with as_file(files(__package__).joinpath("fonts.conf")) as configuration:
        os.environ["FONTCONFIG_FILE"] = str(configuration)
        try:
            vl_convert.svg_to_png(f'<svg xmlns="{_SVG.strip("{}")}" width="1" height="1"/>')
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before


def _draw(specification: str, title: str, description: str, mark: str) -> str:
    import vl_convert

    _hide_system_fonts()
    drawn = vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE, allowed_base_urls=[])
    root = ElementTree.fromstring(drawn)
    _prune(root)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
    font = next((e.get("font-family", "") for e in root.iter("text")), "sans-serif")
    for element in root.iter("text"):
        element.attrib.pop("font-family", None)
    names = f"chart-{mark}-title", f"chart-{mark}-description"
    root.attrib = {
        "xmlns": _SVG.strip("{}"),
        "role": "img",
        "aria-labelledby": names[0],
        "aria-describedby": names[1],
        "font-family": font,
        "overflow": "visible",  # a reader without these fonts may see a wider one
        **{name: root.attrib[name] for name in ("width", "height", "viewBox")},
    }
    for place, (tag, name, text) in enumerate(zip(("title", "desc"), names, (title, description), strict=True)):
        child = ElementTree.Element(tag, {"id": name})
        child.text = text
        root.insert(place, child)
    return ElementTree.tostring(root, "unicode") + "\n"


def _prune(element: ElementTree.Element) -> None:
    """Remove invisible elements, and digits finer than a hundredth of a pixel."""
    for child in list(element):
        _prune(child)
        # The outer group has no fill, so a shape without fill and stroke is invisible.
        seen = {"path": {"fill", "stroke"} & set(child.attrib), "g": len(child), "text": child.text or len(child)}
        if child.get("display") == "none" or not seen.get(child.tag.removeprefix(_SVG), True):
            element.remove(child)
    element.attrib = {
        name: _LONG.sub(lambda m: f"{round(float(m[0]), 2) + 0.0:.2f}".rstrip("0").rstrip("."), value)
        for name, value in element.attrib.items()
        if not name.startswith(("aria-", "role", "class", "pointer-events")) and (name, value) != ("opacity", "1")
    }
