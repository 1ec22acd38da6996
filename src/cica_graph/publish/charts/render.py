"""Vega-Lite to SVG and PNG, by the Vega that vl-convert carries with its fonts: no browser, no network.

Vega's SVG is made smaller and fit to stand in a page: what Vega says to screen readers mark by mark gives way to one
title and one description, and colours of text and lines are ``currentColor``.
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

VEGA_LITE: Final = "5.20"  # the version whose schema the specifications name and are tested against
KEPT: Final = 500  # pictures; a site has a few for each organization
_SVG: Final = "{http://www.w3.org/2000/svg}"
_LONG: Final = re.compile(r"-?\d+\.\d{3,}(?:e-\d+)?")
INK: Final = "#1c2024", "#e8eaed"  # light and dark, as on the pages of the site
PAPER: Final = "#fdfdfc", "#14171a"
STYLE: Final = (
    "<style>@media(prefers-color-scheme:dark){"
    f"svg:root{{color:{INK[1]};background:{PAPER[1]}}}svg:root>rect{{fill:{PAPER[1]}}}"
    "}</style>"
)


def inline(drawing: str, title: str, description: str) -> bytes:
    """Return the picture of a specification to be put into a page; one that was drawn before is not drawn again."""
    key = cache.digest([drawing, title, description, metadata.version("vl-convert-python")])
    return cache.get_or_make("chart", key, lambda: _draw(drawing, title, description, key[:8]).encode(), keep=KEPT)


def alone(picture: bytes, style: str = STYLE) -> bytes:
    """Return a picture as a file of its own, on paper.

    The dark colours are in a style, so that where none is heeded, by a viewer or for a Content-Security-Policy, the
    light ones are there.
    """
    head, end, drawn = picture.partition(b"</desc>")
    paper = f'<rect width="100%" height="100%" fill="{PAPER[0]}" />'
    return head.replace(b"<svg", f'<svg color="{INK[0]}"'.encode(), 1) + end + (style + paper).encode() + drawn


def png(picture: bytes, scale: float) -> bytes:
    """Return a picture as PNG, on light paper."""
    import vl_convert

    _hide_system_fonts()
    return vl_convert.svg_to_png(alone(picture, style="").decode(), scale=scale)


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


def _draw(drawing: str, title: str, description: str, mark: str) -> str:
    import vl_convert

    _hide_system_fonts()
    drawn = vl_convert.vegalite_to_svg(drawing, vl_version=VEGA_LITE, allowed_base_urls=[])
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
        "overflow": "visible",  # where none of the fonts is there, another may be wider
        **{name: root.attrib[name] for name in ("width", "height", "viewBox")},
    }
    for place, (tag, name, text) in enumerate(zip(("title", "desc"), names, (title, description), strict=True)):
        said = ElementTree.Element(tag, {"id": name})
        said.text = text
        root.insert(place, said)
    return ElementTree.tostring(root, "unicode") + "\n"


def _prune(element: ElementTree.Element) -> None:
    """Take out what is not seen, and digits finer than a hundredth of a pixel."""
    for child in list(element):
        _prune(child)
        # All stands in a group without fill, so a shape that names neither fill nor stroke is not seen.
        seen = {"path": {"fill", "stroke"} & set(child.attrib), "g": len(child), "text": child.text or len(child)}
        if child.get("display") == "none" or not seen.get(child.tag.removeprefix(_SVG), True):
            element.remove(child)
    element.attrib = {
        name: _LONG.sub(lambda m: f"{round(float(m[0]), 2) + 0.0:.2f}".rstrip("0").rstrip("."), value)
        for name, value in element.attrib.items()
        if not name.startswith(("aria-", "role", "class", "pointer-events")) and (name, value) != ("opacity", "1")
    }
