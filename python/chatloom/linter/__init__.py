"""What will happen when a model is trained by a chat template, with evidence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatloom import builtin
from chatloom.files import chat_template
from chatloom.formatter import Formatter
from chatloom.linter.checks import CHECKS, SPOILING, TOKEN_CHECKS
from chatloom.linter.report import Evidence, Finding, LintReport, Severity
from chatloom.linter.stand_in import formatter_of
from chatloom.linter.subject import Subject
from chatloom.template import Template

__all__ = ["Evidence", "Finding", "LintReport", "Severity", "is_template", "lint", "report", "spoilers", "stand_in"]


def lint(subject: Formatter | Template | str | os.PathLike[str], **options: Any) -> LintReport:
    r"""Tells what will happen when a model is trained by a chat template.

    Args:
        subject: a formatter; or a bare template: a `Template`, its text, its file, or the name of a built-in one.
            In the report on a bare template what needs a tokenizer is left out, and markers such as `<|im_end|>`
            are taken for control tokens.
        **options: for a bare template, the fields of `Options` and run variables.

    Raises:
        TemplateSyntaxError: the template is no valid Jinja.
        UnsupportedTemplateError: it uses a construct that can't be reproduced exactly.
        TokenizerLoadError: there is no such file.
        ValueError: an option has a value it doesn't take, or belongs to the formatter that was given.

    >>> found = lint("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")
    >>> found.worst, found.findings[2].code, found.findings[2].message
    ('error', 'end-token', 'no answer has an end token, so nothing tells the model to stop')
    """
    if not isinstance(subject, Formatter):
        template = subject if isinstance(subject, Template) else Template(chat_template(subject))
        return report(stand_in(template, **options), repr(template), has_vocabulary=False)
    if options:
        raise ValueError(f"{', '.join(options)}: such options belong to the formatter that was given")
    return report(subject, repr(subject))


def report(formatter: Formatter, name: str, *, has_vocabulary: bool = True) -> LintReport:
    """What a formatter does, under a name; without a model's own vocabulary less is asked."""
    subject = Subject(formatter)
    checks = (*CHECKS, *(TOKEN_CHECKS if has_vocabulary else ()))
    findings = tuple(finding for check in checks for finding in check.run(subject))
    return LintReport(name, findings, () if has_vocabulary else tuple(check.code for check in TOKEN_CHECKS))


def spoilers(formatter: Formatter) -> Iterator[Finding]:
    """What would spoil a training run: an end token that isn't trained or is padding, markers in pieces."""
    subject = Subject(formatter)
    findings = (finding for check in SPOILING for finding in check.run(subject))
    return (finding for finding in findings if finding.severity in ("warning", "error"))


def stand_in(template: Template | str | os.PathLike[str], **options: Any) -> Formatter:
    """A formatter of a bare template; arguments and errors as in `lint`."""
    return formatter_of(template if isinstance(template, Template) else Template(chat_template(template)), options)


def is_template(name: str) -> bool:
    """Whether a name is that of a bare template, and not of a model.

    >>> is_template("chatml"), is_template("examples/model"), is_template("examples/model/chat_template.jinja")
    (True, False, True)
    """
    path = Path(name)
    return (name in builtin.NAMES and not path.exists()) or (path.is_file() and path.suffix != ".json")
