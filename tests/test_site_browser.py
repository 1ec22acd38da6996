"""The site in a real browser: from disk and below a sub-path, at phone and desktop width, in light and dark."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
AXE = ROOT / "tests" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = ROOT / "tests" / "output" / "screenshots"
KINDS = (
    "index.html", "organizations.html", "states.html", "instruments.html", "sources.html", "concepts.html",
    "audit.html", "facts.html", "compare.html?with=CICA&with=CSTO", "search.html?q=KAZ", "queries.html", "charts.html",
    "data.html", "ns.html", "shapes.html", "404.html", "query/size-by-year.html", "id/org/cica.html",
    "id/state/KAZ.html", "id/membership/cica-THA-2.html", "id/instrument/cica-almaty-act.html",
    "id/event/cica-launched.html", "id/claim/csto.html", "id/situation/cica-poa-2006.html",
    "id/organ/cica-secretariat.html", "concept/member.html", "doc/cica-profile.html", "graph/cica.html",
)  # fmt: skip
# Chromium requests only the files that a page names.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if not program:
        pytest.skip("Chromium is not installed: run `make system`")
    assert program
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def below(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site on a web host, in a folder of a folder."""
    yield from hosted(site, tmp_path_factory.mktemp("host"))


@pytest.fixture(scope="module")
def few_below(few_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same for the site of a few organizations: checks of all elements take long on long pages."""
    yield from hosted(few_site, tmp_path_factory.mktemp("few-host"))


def hosted(site: Path, root: Path) -> Iterator[str]:
    (root / "some").mkdir()
    (root / "some" / "graphs").symlink_to(site, target_is_directory=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/some/graphs/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["disk", "sub-path"])
def base(request: pytest.FixtureRequest, site: Path, below: str) -> str:
    return f"{site.as_uri()}/" if request.param == "disk" else below


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    """A page that fails the test if it requests a file from another host, or logs an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", accept_downloads=True)
    page = watched(context, base)
    yield page
    context.close()
    assert complaints(page) == []


COMPLAINTS: dict[int, list[str]] = {}


def complaints(page: Page) -> list[str]:
    return COMPLAINTS.pop(id(page), [])


def watched(context: BrowserContext, base: str) -> Page:
    page = context.new_page()
    said = COMPLAINTS.setdefault(id(page), [])

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(message.text)

    page.on("console", console)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith(base) else said.append(f"asked for {request.url}")
    )
    # A download is not a page: Chromium reports the navigation as aborted.
    page.on(
        "requestfailed",
        lambda request: None if request.failure == "net::ERR_ABORTED" else said.append(f"failed: {request.url}"),
    )
    return page


def test_reader_gets_from_the_home_page_to_a_state_and_its_source(page: Page, base: str) -> None:
    page.goto(f"{base}index.html")
    expect(page).to_have_title("Members of international organizations: who, when, and according to which source")
    page.get_by_role("link", name="Conference on Interaction and Confidence-Building Measures in Asia").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("CICA")
    page.locator("#main").get_by_role("link", name="Kazakhstan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kazakhstan")
    page.locator("#main tr", has_text="Conference on").get_by_role("link", name="cica-profile § members").click()
    expect(page.get_by_role("heading", name="Members", exact=True)).to_be_in_viewport()


def test_another_year_on_the_slider(page: Page, base: str) -> None:
    page.goto(f"{base}id/org/cica.html")
    count = page.locator("#count")
    expect(count).to_contain_text("On 2012-06-13. Members of CICA: 24 certain.")
    slider = page.get_by_label("End of the year")
    slider.fill("2003")
    expect(count).to_contain_text("On 2003-12-31. Members of CICA: 16 certain.")
    expect(page.locator("#main tbody tr:visible")).to_have_count(16)
    slider.press("ArrowRight")
    expect(count).to_contain_text("On 2004-12-31. Members of CICA: 17 certain.")
    slider.fill("2026")
    expect(count).to_contain_text("Members of CICA: 28 presumed.")
    page.get_by_label("Exact day").fill("2008-06-01")
    page.get_by_label("Exact day").dispatch_event("change")
    expect(count).to_contain_text("On 2008-06-01. Members of CICA: 18 certain, 2 possible.")
    page.get_by_label("Include past and future memberships").check()
    expect(page.locator("#main tbody tr:visible")).to_have_count(28)


def test_a_suspension_shows_on_its_days(page: Page, base: str) -> None:
    page.goto(f"{base}id/state/SYR.html?on=2012-06-13")
    row = page.locator("#main tr", has_text="League of Arab States")
    expect(row.locator("td.standing")).to_have_text("certain suspended")
    page.goto(f"{base}id/state/SYR.html?on=2010-06-13")
    expect(page.locator("#main tr", has_text="League of Arab States").locator("td.standing")).to_have_text("certain")


@pytest.mark.parametrize(
    ("typed", "first"),
    [("Türkiye", "Türkiye"), ("turkiye", "Türkiye"), ("Corée du Sud", "South Korea"), ("KAZ", "Kazakhstan"),
     ("Казахстан", "Kazakhstan"), ("csto", "Collective Security Treaty Organization"), ("398", "Kazakhstan")],
)  # fmt: skip
def test_search_finds_names_and_codes_in_any_language(page: Page, base: str, typed: str, first: str) -> None:
    page.goto(f"{base}index.html")
    page.get_by_label("Search").fill(typed)
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#results li").first.get_by_role("link")).to_have_text(first)
    page.locator("#results li").first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(first)


def test_search_for_a_word_that_several_names_share(page: Page, base: str) -> None:
    page.goto(f"{base}search.html?q={quote('Corée')}")
    assert {"North Korea", "South Korea"} <= set(page.locator("#results a").all_inner_texts())
    page.get_by_label("Search").fill("xyzzy")
    expect(page.get_by_role("status")).to_have_text("No results for “xyzzy”.")


@pytest.mark.parametrize(
    ("typed", "first"),
    [("Ägypten", "Egypt"), ("ЛАГ", "League of Arab States"), ("Kazahstan", "Kazakhstan"), ("대한민국", "South Korea"),
     ("Kyrgizstan", "Kyrgyzstan"), ("Holland", "Netherlands"), ("Deutschlnd", "Germany"), ("Sowjetunion", "Soviet Union")],
)  # fmt: skip
def test_search_without_results_suggests_similar_names(page: Page, base: str, typed: str, first: str) -> None:
    page.goto(f"{base}search.html?q={quote(typed)}")
    expect(page.get_by_role("status")).to_have_text(f"No results for “{typed}”. Did you mean:")
    expect(page.locator("#results li").first.get_by_role("link")).to_have_text(first)
    assert page.locator("#results li").count() <= 3


def test_two_and_three_organizations_compared(page: Page, base: str) -> None:
    page.goto(f"{base}compare.html")
    for code in ("CICA", "CSTO"):
        page.get_by_label(code, exact=True).check()
    columns = page.locator("#comparison section")
    expect(columns.nth(0).get_by_role("heading")).to_have_text("In all: 5")
    expect(columns.nth(2).get_by_role("heading")).to_have_text("Only in CSTO: 2")
    assert columns.nth(2).get_by_role("link").all_inner_texts() == ["Armenia", "Belarus"]
    page.get_by_label("SCO", exact=True).check()
    expect(columns).to_have_count(4)
    page.get_by_label("On", exact=True).fill("2013-06-01")
    page.get_by_label("On", exact=True).dispatch_event("change")
    expect(page.locator("#comparison > p")).to_contain_text("Members on 2013-06-01: CICA")


def test_names_in_another_language(page: Page, base: str) -> None:
    page.goto(f"{base}id/state/KAZ.html")
    page.get_by_label("Names in").select_option("ru")
    expect(page.get_by_role("heading", level=1)).to_have_text("Казахстан")
    expect(page.get_by_role("heading", level=1)).to_have_attribute("lang", "ru")
    expect(page.locator("#main tbody th a").nth(1)).to_have_text("Содружество Независимых Государств")
    page.get_by_label("Names in").select_option("en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kazakhstan")


def test_a_result_of_the_cookbook_downloads(page: Page, base: str) -> None:
    page.goto(f"{base}query/size-by-year.html")
    with page.expect_download() as download:
        page.locator("p").get_by_role("link", name="CSV", exact=True).click()
    assert download.value.path().read_text("utf-8").splitlines()[0] == "year,members,presumed,atMost"


def test_everything_is_read_without_javascript(browser: Browser, base: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base}id/org/cica.html")
    assert page.locator("#main tbody tr").count() == 28
    assert page.locator("form.day").is_hidden()
    assert "5 of 7 CSTO members; not Armenia, Belarus" in page.locator("main").inner_text()
    page.goto(f"{base}search.html")
    assert "Search needs JavaScript" in page.locator("main").inner_text()
    context.close()


AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_COLORS = ["color-contrast", "link-in-text-block"]
# Rows of a table differ in their texts only, and so do parts of a list. axe-core takes as long for each.
SHORTEN = """for (const part of ["tbody > tr", "li", "section", "dl > *", "fieldset > label", "svg g > *"])
    for (const each of document.querySelectorAll(`main ${part}:nth-child(n+25)`)) each.remove();"""


@pytest.mark.parametrize(
    ("scheme", "width", "rules", "passed"),
    [("light", 390, AXE_RULES, 10), ("light", 1280, AXE_RULES, 10), ("dark", 1280, AXE_COLORS, 1)],
)
def test_pages_are_accessible(
    browser: Browser, few_below: str, scheme: Literal["light", "dark"], width: int, rules: list[str], passed: int
) -> None:
    """WCAG 2.2 AA as far as axe-core can tell, on each kind of page. The dark scheme differs in colors only."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `make tests/npm/ready`, which needs npm")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = watched(context, few_below)
    for path in KINDS:
        page.goto(few_below + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide on a screen of {width}"
        page.evaluate(SHORTEN)
        page.add_script_tag(path=AXE)
        # The selectors of everything that passes would take half of the time.
        report = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules)
        violations = [(v["id"], v["nodes"][0]["html"][:200]) for v in report["violations"]]
        assert violations == [], (path, width)
        assert len(report["passes"]) >= passed
    context.close()
    assert complaints(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_pictures_of_each_kind_of_page(browser: Browser, below: str, width: int) -> None:
    """Save pictures for a visual check by a person."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport={"width": width, "height": 1000})
    page = watched(context, below)
    for path in KINDS:
        page.goto(below + path)
        name = path.partition("?")[0].removesuffix(".html").replace("/", "-")
        shot = page.screenshot(
            path=SHOTS / f"{name}@{width}.png", clip={"x": 0, "y": 0, "width": width, "height": 1000}
        )
        assert len(shot) > 5000
    context.close()
    assert complaints(page) == []


def test_hostile_scripts_do_not_run(browser: Browser, nasty: Path) -> None:
    context = browser.new_context()
    page = watched(context, nasty.as_uri())
    dialogs: list[str] = []

    def dialog(shown: Dialog) -> None:
        dialogs.append(shown.message)
        shown.dismiss()

    page.on("dialog", dialog)
    for path in ("index.html", "id/org/cica.html", "search.html?q=script", "compare.html?with=CICA", "states.html"):
        page.goto(f"{nasty.as_uri()}/{path}")
    for address in sorted((nasty / "id" / "state").glob("x-*.html")):
        page.goto(address.as_uri())
        expect(page.get_by_role("heading", level=1)).to_contain_text("<script>alert(1)</script>")
    context.close()
    assert (complaints(page), dialogs) == ([], [])
