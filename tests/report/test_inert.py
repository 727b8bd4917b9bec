"""Hostile strings in every field: each format shows them as text and none obeys them."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.cells import cell_len

from scanner.model.report import Report
from scanner.report.render import load, render
from scanner.report.terminal import print_summary
from tests.report.hostile import ATTACKS, hostile_report
from tests.report.sample import build_report

STARTS = pytest.mark.parametrize("start", range(len(ATTACKS)))
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
# fmt: off
HTML_TAGS = {
    "html", "head", "meta", "title", "style", "body", "script", "a", "svg", "symbol", "path", "circle", "rect",
    "use", "g", "text", "div", "nav", "p", "ol", "ul", "li", "button", "kbd", "main", "article", "header",
    "h1", "h2", "h3", "h4", "h5", "bdi", "section", "span", "code", "strong", "em", "table", "caption",
    "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "details", "summary", "form", "label", "input",
    "select", "option", "fieldset", "legend", "figure", "figcaption", "pre", "mark", "time", "dialog", "br",
}
# fmt: on
# fmt: off
MARKDOWN_TAGS = {
    "h2", "h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "details", "summary", "b",
    "strong", "a", "sub", "br",
}
# fmt: on
ATTRIBUTES_WITH_URLS = {"href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "srcset"}


class Page(HTMLParser):
    """Tags, attributes and scripts of a page, as a browser's tokenizer would see them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, name: str) -> Iterator[str]:
        for _, attributes in self.tags:
            if name in attributes:
                yield attributes[name] or ""


def assert_inert(source: str) -> Page:
    page = Page(source)
    assert {tag for tag, _ in page.tags} <= HTML_TAGS
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ATTRIBUTES_WITH_URLS & attributes.keys():
            value = attributes[name] or ""
            assert name == "href"
            assert re.match(r"#|https://[a-z0-9.-]+(:\d+)?(/|$)", value), value
    identifiers = list(page.values("id"))
    assert len(identifiers) == len(set(identifiers))
    assert not [one for one in source if unicodedata.category(one) in HIDDEN and one not in "\n\t"]
    return page


@STARTS
def test_html_has_only_our_tags_no_handlers_and_no_link_but_https(start: int) -> None:
    source = render(hostile_report(start), "html").decode("utf-8")
    assert_inert(source)
    assert "1337" not in source  # 7*191: a template that was evaluated


def test_html_of_the_sample_has_no_link_into_nothing(report: Report) -> None:
    page = assert_inert(render(report, "html").decode())
    identifiers = set(page.values("id"))
    targets = {one[1:] for one in page.values("href") if one.startswith("#")}
    assert targets <= identifiers
    for name in ("aria-labelledby", "aria-describedby"):
        assert set(" ".join(page.values(name)).split()) <= identifiers


def test_html_content_security_policy_names_exactly_our_style_and_script(report: Report) -> None:
    source = render(report, "html").decode()
    (policy,) = [
        attributes["content"] or ""
        for tag, attributes in Page(source).tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", source, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_html_is_the_same_bytes_for_the_same_report(report: Report) -> None:
    assert render(report, "html") == render(build_report(), "html")
    assert render(load(render(report, "json")), "html") == render(report, "html")


def test_html_holds_every_package_every_finding_and_every_gap(report: Report) -> None:
    source = render(report, "html").decode()
    for finding in (*report.findings, *(one.finding for one in report.waived)):
        assert f'id="{finding.id}"' in source
        assert finding.package.name in source
    for package in report.packages:
        assert package.name in source
        assert isinstance(package.sha256, str) <= (str(package.sha256) in source)
    assert source.index("What was not checked") < source.index(">Findings</h2>") < source.index(">Exposure</h2>")


def test_urls_of_evidence_are_defanged_in_every_shown_format(report: Report) -> None:
    for kind in ("html", "markdown", "text", "annotations", "sarif", "cyclonedx"):
        body = render(report, kind)
        assert b"https://collector.example.invalid" not in body, kind
    assert b"hxxps://collector[.]example[.]invalid" in render(report, "html")


@STARTS
def test_markdown_renders_to_our_tags_and_plain_links_only(start: int) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    source = render(hostile_report(start), "markdown").decode("utf-8")
    assert not [one for one in source if unicodedata.category(one) in HIDDEN and one != "\n"]
    shown = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").render(source)
    page = Page(shown)
    assert {tag for tag, _ in page.tags} <= MARKDOWN_TAGS
    for tag, attributes in page.tags:
        assert attributes.keys() <= {"href", "style", "class"}, tag
        assert attributes.get("style") in (None, "text-align:right"), tag
        assert tag != "a" or re.match(r"https://[a-z0-9.-]+/", attributes["href"] or "")
    assert shown.count("<table>") == 1
    outside_code = re.sub(r"<code.*?</code>", " ", shown, flags=re.DOTALL)
    assert not re.search(r"@\w", outside_code), "a mention would call people"


@STARTS
def test_plain_text_and_annotations_hold_no_control_character(start: int) -> None:
    report = hostile_report(start)
    for kind in ("text", "annotations"):
        body = render(report, kind).decode("utf-8")
        assert not [one for one in body if unicodedata.category(one) in HIDDEN and one != "\n"], kind
    assert max(map(len, render(report, "text").decode().splitlines())) <= 100


@STARTS
def test_annotations_are_one_command_a_line_and_no_field_begins_another(start: int) -> None:
    report = hostile_report(start)
    lines = render(report, "annotations").decode().splitlines()
    assert len(lines) <= 2 + len(report.findings)
    for line in lines:
        assert re.match(r"::(error|warning|notice) [a-zA-Z]+=[^:]*::", line), line


@STARTS
def test_no_log_holds_a_command_of_a_ci_runner(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    report = hostile_report(start)
    logs = [render(report, kind).decode("utf-8") for kind in ("text", "markdown", "annotations")]
    logs.append(summary(report, io.StringIO()))
    for log in logs:
        for line in log.splitlines():
            # Our own annotation, from its first sign to the one that ends its properties.
            rest = re.sub(r"\A::(?:error|warning|notice) [a-zA-Z]+=[^:]*::", "", line)
            assert "::" not in rest, line
            assert not re.search(r"##\w*\[", rest), line


class Terminal(io.StringIO):
    """A stream that says it is a terminal, of another encoding than UTF-8 where asked."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


def summary(report: Report, stream: io.StringIO) -> str:
    print_summary(report, [Path("assay-report/report.html"), Path("assay-report/report.json")], stream)
    return stream.getvalue()


@STARTS
@pytest.mark.parametrize("columns", [40, 72, 80])
def test_terminal_obeys_nothing_but_our_own_colours(start: int, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = summary(hostile_report(start), Terminal())
    rest = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert not [one for one in rest if unicodedata.category(one) in HIDDEN and one != "\n"]
    assert max(map(cell_len, rest.splitlines())) <= columns


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_terminal_no_line_is_over_the_width(report: Report, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = summary(report, io.StringIO())
    assert max(len(line) for line in shown.splitlines()) <= min(int(columns), 100)
    assert "\x1b" not in shown
    assert "REJECT" in shown
    assert "Not checked" in shown


def test_terminal_colours_on_a_terminal_and_none_under_no_color(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;31m" in summary(report, Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", summary(report, Terminal()))


def test_terminal_that_cannot_show_unicode_gets_escapes_and_no_error(report: Report) -> None:
    shown = summary(report, Terminal("ascii"))
    assert shown.isascii()
    assert "- Decodes a hidden program" in shown
