"""Runs the checks and makes their coverage complete: for each check and each subject of its scope exactly one row.

A check only answers. What it did not answer for is a gap that is put in here, and so is a fault of its own: no check
can leave a subject out, whether by a mistake of ours or by something that the audited party arranged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from scanner.checks.subject import PROJECT, Check, CheckMeta, Outcome, Scope, Subject
from scanner.model.coverage import Coverage
from scanner.model.faults import attempt, because_of
from scanner.model.finding import Finding
from scanner.model.known import NotKnown
from scanner.model.package import Package

NO_ANSWER = "the check gave no answer"
NOTHING_FOUND = "no dependency was found: there is nothing that could have been looked at"
STAGES: Mapping[str, Scope] = {"resolution": ("package", "project")}
"""Stages before the checks that give coverage of their own, and what each must answer for."""
MAX_REASONS = 5
_RANK = {"not-checked": 0, "checked": 1, "not-applicable": 2}


def run_checks(
    subject: Subject, checks: Sequence[Check], before: Iterable[Outcome]
) -> tuple[tuple[Finding, ...], tuple[Coverage, ...]]:
    """Findings and coverage of every check, with what was learned ``before``; sorted, each finding once by its id."""
    findings: dict[str, Finding] = {}
    rows: list[Coverage] = [Coverage("inputs", file.path, "checked") for file in subject.files]
    rows.append(_graph_row(subject))
    for outcome in (*before, *(one for check in checks for one in _answers(check, subject))):
        if isinstance(outcome, Finding):
            findings.setdefault(outcome.id, outcome)
        else:
            rows.append(outcome)
    scopes = {**STAGES, **{check.meta.id: check.meta.scope for check in checks}}
    ordered = sorted(findings.values(), key=lambda one: (one.package, one.rule, one.id))
    return tuple(ordered), complete(rows, scopes, subject.graph.packages)


def each_package(meta: CheckMeta, subject: Subject, one: Callable[[Package], Iterable[Outcome]]) -> Iterator[Outcome]:
    """What a check says of each package. A fault at one package is that package's gap, and the next is asked."""
    for package in subject.graph.packages:
        answered = False
        try:
            for outcome in one(package):
                answered = answered or (isinstance(outcome, Coverage) and outcome.subject == str(package))
                yield outcome
        except Exception as error:  # noqa: BLE001 (one hostile package costs its own row)
            why = because_of(error)
            yield Coverage(meta.id, str(package), "not-checked", why.reason, why.remedy)
            continue
        # Two packages can share name and version and differ in where they come from: each must be answered for.
        if not answered:
            yield Coverage(meta.id, str(package), "not-checked", NO_ANSWER)


def complete(
    rows: Iterable[Coverage], scopes: Mapping[str, Scope], packages: Iterable[Package]
) -> tuple[Coverage, ...]:
    """Exactly one row for each check and subject, sorted: several are joined, and a missing one is a gap.

    Rows of other subjects (a file, a commit) stay beside them as details.
    """
    named = sorted({str(package) for package in packages})
    by_key: dict[tuple[str, str], list[Coverage]] = {}
    for row in rows:
        by_key.setdefault((row.check, row.subject), []).append(row)
    for check, scope in scopes.items():
        for who in (*(named if "package" in scope else ()), *((PROJECT,) if "project" in scope else ())):
            if (check, who) not in by_key:
                by_key[(check, who)] = [Coverage(check, who, "not-checked", NO_ANSWER)]
    return tuple(sorted(joined(group) for group in by_key.values()))


def joined(rows: Sequence[Coverage]) -> Coverage:
    """One row for several of one check and subject: a gap outranks a look, and a look outranks *not applicable*."""
    status = min((row.status for row in rows), key=_RANK.__getitem__)
    telling = sorted({row for row in rows if row.status == status})
    reasons = list(dict.fromkeys(row.reason for row in telling if row.reason))
    remedies = list(dict.fromkeys(row.remedy for row in telling if row.remedy))
    more = f"; and {len(reasons) - MAX_REASONS} more" if len(reasons) > MAX_REASONS else ""
    return Coverage(
        rows[0].check,
        rows[0].subject,
        status,
        "; ".join(reasons[:MAX_REASONS]) + more,
        " ".join(remedies[:MAX_REASONS]),
    )


def _graph_row(subject: Subject) -> Coverage:
    """The project's own row of the graph. What the graph lacks has rows of its own; an empty graph is a gap."""
    if not subject.graph.packages:
        remedy = (
            "Name the folder or file that states what is installed; a project that needs nothing is judged by hand."
        )
        return Coverage("resolution", PROJECT, "not-checked", NOTHING_FOUND, remedy)
    return Coverage("resolution", PROJECT, "checked", f"{len(subject.graph.packages)} packages")


def _answers(check: Check, subject: Subject) -> Iterator[Outcome]:
    """The answers up to a fault outside of any package; then the packages without one have a gap that says why."""
    given: list[Outcome] = []

    def ask() -> None:
        for outcome in check.run(subject):
            given.append(outcome)

    ended = attempt(ask)
    yield from given
    if not isinstance(ended, NotKnown):
        return
    answered = {one.subject for one in given if isinstance(one, Coverage)}
    scope = check.meta.scope
    if "package" in scope:
        missing = {str(package) for package in subject.graph.packages} - answered
        for who in sorted(missing):
            yield Coverage(check.meta.id, who, "not-checked", ended.reason, ended.remedy)
    # The check broke off as a whole: what else it would have said of the project is not known.
    yield Coverage(check.meta.id, PROJECT, "not-checked", ended.reason, ended.remedy)
