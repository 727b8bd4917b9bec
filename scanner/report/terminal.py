"""What ``assay audit`` prints when it is done: verdict, reasons, two small tables, gaps, next steps, on one screen.

Colours only on a terminal, never under ``NO_COLOR``; no line is wider than the terminal; nothing that a package or file
said reaches the terminal as an escape.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from scanner.model.finding import SEVERITIES
from scanner.model.report import Report
from scanner.model.verdict import Decision
from scanner.report.safe_text import capped, defang, log_line
from scanner.report.summary import (
    VERDICT_MEANINGS,
    VERDICT_TITLES,
    check_counts,
    direct_and_transitive,
    gap_groups,
    many,
    ordered,
    sentence,
    severity_counts,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

VERDICT_STYLES: dict[Decision, str] = {
    "approve": "bold green",
    "approve-with-conditions": "bold yellow",
    "reject": "bold red",
    "inconclusive": "bold magenta",
}
SEVERITY_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
MAX_WIDTH = 100
MAX_GAPS = 4
MAX_CHECKS = 9
MAX_REASON = 240


def print_summary(report: Report, report_paths: Sequence[Path], stream: TextIO) -> None:
    """The designed summary of the audit, to the stream."""
    from rich.console import Console

    console = Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        no_color=bool(os.environ.get("NO_COLOR")),
        legacy_windows=False,
    )
    console.width = min(console.width, MAX_WIDTH)
    page = _Page(console, getattr(stream, "encoding", None) or "utf-8")
    page.verdict(report)
    page.tables(report)
    page.gaps(report)
    page.next_steps(report, report_paths)


class _Page:
    """The parts of the summary, drawn on one console."""

    def __init__(self, console: Console, encoding: str) -> None:
        self.console = console
        self.encoding = encoding
        self.bullet = self.safe("\u2022") if encoding.lower().replace("-", "").startswith("utf") else "-"

    def safe(self, text: str) -> str:
        """One line, without anything that the terminal would obey or that the stream cannot encode."""
        line = defang(log_line(text))
        return line.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def text(self, text: str, style: str = "") -> Text:
        from rich.text import Text

        return Text(self.safe(text), style=style, overflow="fold")

    def say(self, text: Text | str = "", indent: int = 0) -> None:
        from rich.padding import Padding

        shown = self.text(text) if isinstance(text, str) else text
        self.console.print(Padding(shown, (0, 0, 0, indent)) if indent else shown, soft_wrap=False)

    def listed(self, mark: str, text: Text) -> None:
        grid = self.grid()
        grid.add_column(width=len(mark) + 3, no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(self.text(f"  {mark}"), text)
        self.console.print(grid)

    def grid(self) -> Table:
        from rich.table import Table

        return Table.grid(padding=0, pad_edge=False, collapse_padding=True)

    def verdict(self, report: Report) -> None:
        self.say()
        head = self.text(VERDICT_TITLES[report.verdict].upper(), VERDICT_STYLES[report.verdict])
        head.append("  " + self.safe(capped(report.run.project, 60)), "bold")
        head.append("  " + self.safe(report.run.time), "dim")
        self.say(head)
        self.say(self.text(VERDICT_MEANINGS[report.verdict]))
        self.say(self.text(f"decided by {capped(report.decided_by, MAX_REASON)}", "dim"))
        self.say()
        for reason in report.reasons:
            self.listed(self.bullet, self.text(capped(reason, MAX_REASON)))
        if report.reasons:
            self.say()

    def tables(self, report: Report) -> None:
        from rich.table import Table

        findings = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
        findings.add_column("findings", no_wrap=True)
        findings.add_column("open", justify="right")
        findings.add_column("waived", justify="right")
        waived = severity_counts(one.finding for one in report.waived)
        for severity, number in severity_counts(report.findings).items():
            style = SEVERITY_STYLES[severity] if number else "dim"
            findings.add_row(
                self.text(severity, style), self.text(f"{number:,}", style), self.text(f"{waived[severity]:,}", "dim")
            )
        checks = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
        checks.add_column("check", overflow="fold")
        for title in ("checked", "n/a", "not checked"):
            checks.add_column(title, justify="right", no_wrap=True)
        rows = check_counts(report)
        for row in rows[:MAX_CHECKS]:
            gap = self.text(f"{row.not_checked:,}", "yellow" if row.not_checked or not row.total else "dim")
            name = self.text(capped(row.check, 40) + (" *" if row.required else ""))
            checks.add_row(name, f"{row.checked:,}", self.text(f"{row.not_applicable:,}", "dim"), gap)
        if len(rows) > MAX_CHECKS:
            checks.add_row(self.text(f"and {many(len(rows) - MAX_CHECKS, 'more check')}", "dim"), "", "", "")
        direct, transitive = direct_and_transitive(report)
        packages = many(len(report.packages), "package")
        self.say(f"{packages}: {direct:,} direct, {transitive:,} transitive" + self._required(report))
        self.say()
        if self.console.width >= 80:
            side = self.grid()
            side.add_column(no_wrap=True)
            side.add_column(width=4)
            side.add_column()
            side.add_row(findings, "", checks)
            self.console.print(side)
        else:
            self.console.print(findings)
            self.say()
            self.console.print(checks)
        self.say()

    def _required(self, report: Report) -> str:
        return " (* the policy requires it)" if report.policy.required_checks else ""

    def gaps(self, report: Report) -> None:
        groups = gap_groups(report)
        if not groups:
            self.say("Not checked: nothing; every check ran on everything it applies to.")
            self.say()
            return
        self.say(self.text("Not checked", "bold"))
        for group in groups[:MAX_GAPS]:
            reason = sentence(capped(group.reason, 240))
            text = self.text(f"{group.check}, {many(len(group.subjects), 'subject')}: {reason}")
            if group.remedy:
                text.append(" " + self.safe(sentence(capped(group.remedy, 120))), "dim")
            self.listed(self.bullet, text)
        if len(groups) > MAX_GAPS:
            self.listed(
                self.bullet, self.text(f"and {len(groups) - MAX_GAPS:,} more reasons, all in the report", "dim")
            )
        self.say()

    def next_steps(self, report: Report, report_paths: Sequence[Path]) -> None:
        self.say(self.text("Next", "bold"))
        for number, step in enumerate(self._steps(report, report_paths), 1):
            self.listed(f"{number}.", self.text(step))

    def _steps(self, report: Report, report_paths: Sequence[Path]) -> list[str]:
        steps: list[str] = []
        if report_paths:
            shown = next((path for path in report_paths if path.suffix == ".html"), report_paths[0])
            others = [path.name for path in report_paths if path != shown]
            beside = f" (beside it: {', '.join(others)})" if others else ""
            steps.append(f"Read {shown}{beside}.")
        worst = ordered(report.findings)
        if worst and SEVERITIES.index(worst[0].severity) <= SEVERITIES.index("medium"):
            steps.append(f"{worst[0].package}: {capped(worst[0].remediation, 360)}")
            if worst[0].paths:
                steps.append(f"See what brings it in: assay why {worst[0].package.name}")
        elif report.verdict == "inconclusive":
            remedy = next((one.remedy for one in gap_groups(report) if one.required and one.remedy), "")
            if remedy:
                steps.append(capped(remedy, 200))
        return steps
