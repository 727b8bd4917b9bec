"""Every rule that a check can report has a page, and every page a rule."""

from __future__ import annotations

import re
from pathlib import Path

from scanner.checks import rulebook

CHECKS = Path(rulebook.__file__).parent


def test_every_rule_named_in_a_check_has_a_page_and_every_page_is_used():
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(CHECKS.glob("*.py")))
    named = set(re.findall(r'"([a-z]+(?:-[a-z]+)*/[a-z0-9]+(?:-[a-z0-9]+)*)"', source))
    pages = {page.id for page in rulebook.all_pages()}
    mine = {page.partition("/")[0] for page in pages}
    assert {rule for rule in named if rule.partition("/")[0] in mine} == pages


def test_pages_say_something_and_refer_only_to_https():
    for page in rulebook.all_pages():
        assert page.title and not page.title.endswith(".")
        assert min(len(page.what), len(page.why), len(page.remedy)) > 20, page.id
        assert page.controls, page.id
        assert all(one.startswith("https://") for one in page.references), page.id


def test_an_unknown_rule_has_no_page():
    assert rulebook.rule_page("pins/no-such-rule") is None
    assert rulebook.rule_page("../pins/no-hashes") is None
    assert rulebook.rule_page("") is None
