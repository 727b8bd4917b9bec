"""``report.html``: one self-contained file.

Autoescape and StrictUndefined; a CSP that names the digests of our own style and script and allows nothing else; every
printed value passes through :func:`scanner.report.safe_text.plain`.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Sequence
from typing import Any

import jinja2
from markupsafe import Markup, escape

from scanner.model.finding import SEVERITIES
from scanner.model.known import NotKnown
from scanner.model.report import Report
from scanner.report import words
from scanner.report.context import DEFAULT_CONTEXT, RenderContext
from scanner.report.controls import OUTCOME_WORDS
from scanner.report.document import document_of
from scanner.report.resources import template_folder
from scanner.report.safe_text import defang, https_link, one_line, plain
from scanner.report.summary import many, sentence

_CODE_SPAN = re.compile(r"`([^`\n]{1,200})`")


def render(report: Report, context: RenderContext = DEFAULT_CONTEXT) -> bytes:
    title = f"{one_line(report.run.project)[:80]}: supply-chain audit"
    return page([document_of(report, context)], title=title, comparison=None)


def page(documents: Sequence[Any], *, title: str, comparison: Any) -> bytes:
    """The page of one document, or of several with a comparison on top."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    # Digests are over the exact text between the tags, so neither may be escaped; both are files of ours.
    body = (
        _environment()
        .get_template("page.html.j2")
        .render(
            documents=documents,
            comparison=comparison,
            title=title,
            csp=Markup(policy),  # noqa: S704
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
        )
    )
    return body.encode("utf-8")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_folder()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )
    environment.filters.update(
        https=https_link,
        line=one_line,
        defang=defang,
        short=_short,
        number=lambda value: f"{value:,}",
        many=many,
        sentence=sentence,
        prose=_prose,
    )
    environment.tests["notknown"] = lambda value: isinstance(value, NotKnown)
    environment.globals.update(
        severities=SEVERITIES,
        severity_words=words.SEVERITY_WORDS,
        confidence_words=words.CONFIDENCE_WORDS,
        trigger_words=words.TRIGGER_WORDS,
        trigger_short=words.TRIGGER_SHORT,
        category_words=words.CATEGORY_WORDS,
        outcome_words=OUTCOME_WORDS,
    )
    return environment


def _inert(value: Any) -> Any:
    """What every ``{{ … }}`` goes through: markup of ours stays, text loses what cannot be seen."""
    if isinstance(value, Markup):
        return value
    return plain(value, tab="\t") if isinstance(value, str) else value


def _prose(text: str) -> Markup:
    """Words for people; what stands between backticks is set as code. Everything is escaped."""
    parts = _CODE_SPAN.split(plain(text))
    pieces = (
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )
    return Markup("").join(pieces)


def _short(text: str, limit: int) -> str:
    """At most ``limit`` characters; the cut is marked, the whole is in the JSON report."""
    return text if len(text) <= limit else text[:limit].rstrip() + " […]"


@functools.cache
def _asset(name: str) -> str:
    return "\n" + (template_folder() / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
