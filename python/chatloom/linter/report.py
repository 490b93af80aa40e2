"""What a linter found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from textwrap import indent
from typing import Any, Literal

from chatloom.linter.agreement import agreement
from chatloom.marked import visible

Severity = Literal["ok", "note", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("ok", "note", "warning", "error")
"""From the best to the worst."""

_BEFORE, _SHOWN = 50, 160
"""Characters of a text that are shown before the place where it differs from another, and in all."""


@dataclass(frozen=True)
class Evidence:
    """What shows a finding: a small conversation, and what became of it.

    Attributes:
        conversation: arguments of `render`: `messages`, and `tools` where there are any.
        texts: what to look at, each with its name, such as two renders that should agree.

    Example:
        >>> print(Evidence({"messages": [{"role": "user", "content": "Hi"}]}, (("rendered", "<user>Hi"),)))
        conversation  [{"role": "user", "content": "Hi"}]
        rendered      <user>Hi
    """

    conversation: Mapping[str, Any] = field(hash=False)
    texts: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        given = {"conversation": json.dumps(self.conversation["messages"], ensure_ascii=False)}
        if "tools" in self.conversation:
            given["tools"] = json.dumps(self.conversation["tools"], ensure_ascii=False)
        rows = [*given.items(), *self._excerpts()]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {text}" for name, text in rows)

    def _excerpts(self) -> Iterator[tuple[str, str]]:
        """The texts on a line each, cut to the place where they differ."""
        start = max(0, self._difference() - _BEFORE)
        for name, text in self.texts:
            shown = text[start : start + _SHOWN]
            before, after = "…" if start else "", "…" if start + _SHOWN < len(text) else ""
            yield name, before + visible(shown) + after

    def _difference(self) -> int:
        """The first place where the texts differ; 0 where they don't."""
        texts = {text for _, text in self.texts}
        return min((agreement(self.texts[0][1], text) for text in texts if text != self.texts[0][1]), default=0)


@dataclass(frozen=True)
class Finding:
    """What one check says.

    Attributes:
        code: the name of the check, such as "end-token".
        severity: "ok"; "note", to be known; "warning", may spoil a run without a word; "error", spoils it.
        message: what will happen, and what to do.
        evidence: what shows it; None where there is nothing to show.

    Example:
        >>> Finding("clock", "note", "depends on the time").severity
        'note'
    """

    code: str
    severity: Severity
    message: str
    evidence: Evidence | None = None


@dataclass(frozen=True)
class LintReport:
    """What will happen when a model is trained by a template.

    Attributes:
        subject: the model or template.
        findings: in the order of the checks; each check has at least one.
        left_out: the checks that were left out since they need a tokenizer.

    Example:
        >>> report = LintReport("a template", (Finding("clock", "note", "depends on the time"),))
        >>> report.worst
        'note'
        >>> print(report)
        subject  a template
        note     clock  depends on the time
    """

    subject: str
    findings: tuple[Finding, ...]
    left_out: tuple[str, ...] = ()

    @property
    def worst(self) -> Severity:
        """The worst severity."""
        return max((finding.severity for finding in self.findings), key=SEVERITIES.index, default="ok")

    def facts(self) -> dict[str, Any]:
        """All of it, as JSON takes it."""
        return {"worst": self.worst, **asdict(self)}

    def show(self, evidence: Severity = "warning") -> str:
        """A line a finding, with the evidence of those that are at least as bad as `evidence`."""
        least = SEVERITIES.index(evidence)
        width = max(len(finding.code) for finding in self.findings)
        lines = [f"subject  {self.subject}"]
        for finding in self.findings:
            lines.append(f"{finding.severity:<7}  {finding.code:<{width}}  {finding.message}")
            if finding.evidence is not None and SEVERITIES.index(finding.severity) >= least:
                lines.append(indent(str(finding.evidence), " " * 11))
        if self.left_out:
            lines.append(f"left out, since they need a tokenizer: {', '.join(self.left_out)}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.show()
