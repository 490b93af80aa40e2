"""Random expressions over the variables of the probes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from language.forms import (
    CALLS,
    DICT_FORMS,
    FILTERS,
    LIST_FORMS,
    METHODS,
    NUMBER_FORMS,
    OTHER_FORMS,
    TESTS,
    TEXT_FORMS,
    TRUTH_FORMS,
)

T = TypeVar("T")

LETTERS = "abkZ é한Σß\n\t-<&'\""
TEXTS = ["s", "empty", "ko", "quotes", "html", "ws", "lines", "digits", "t0", "t1"]
NUMBERS = ["n", "neg", "zero", "big", "f", "tiny", "yes", "no", "i0", "i1"]
LISTS = ["l", "l", "words", "words", "mixed", "nested", "el", "tup", "people", "l0", "l1"]
DICTS = ["d", "ed", "keys", "people[0]", "d.b"]
OTHERS = ["nil", "foo", "d.q", "ns.t", "ns.i", "range(3)", "d.items()", "ns.l", "d.z", "d.values()"]


class Expressions:
    """Expressions of each kind; the same choices give the same text."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def expression(self, depth: int = 2) -> str:
        """Of any kind."""
        if depth > 0 and self._chance(0.08):
            return f"({self.odd(depth - 1)})"
        return self._pick([self.text, self.number, self.items, self.mapping, self.truth, self.other])(depth)

    def text(self, depth: int) -> str:
        if depth <= 0 or self._chance(0.25):
            return self._literal() if self._chance(0.5) else self._pick(TEXTS)
        return self._fill(self._pick(TEXT_FORMS), depth)

    def number(self, depth: int) -> str:
        if depth <= 0 or self._chance(0.35):
            constant = self._pick(["0", "1", "2", "3", "-1", "10", "2.5", "0.1", "1e16", "true"])
            return self._pick([constant, self._pick(NUMBERS)])
        return self._fill(self._pick(NUMBER_FORMS), depth)

    def items(self, depth: int) -> str:
        if depth <= 0 or self._chance(0.35):
            return self._pick(LISTS)
        return self._fill(self._pick(LIST_FORMS), depth)

    def mapping(self, depth: int) -> str:
        if depth <= 0 or self._chance(0.5):
            return self._pick(DICTS)
        return self._fill(self._pick(DICT_FORMS), depth)

    def truth(self, depth: int) -> str:
        if depth <= 0 or self._chance(0.2):
            return self._pick(["yes", "no", "true", "false"])
        return self._fill(self._pick(TRUTH_FORMS), depth)

    def other(self, depth: int) -> str:
        if depth <= 0 or self._chance(0.4):
            return self._pick(OTHERS)
        return self._fill(self._pick(OTHER_FORMS), depth)

    def _literal(self) -> str:
        text = "".join(self._pick(LETTERS) for _ in range(self._random.randint(0, 4)))
        return "'" + text.replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t") + "'"

    def _fill(self, form: str, depth: int) -> str:
        """Puts expressions into the places of a form: S text, N number, L list, D mapping, B truth, X any."""
        kinds: dict[str, Callable[[int], str]] = {
            "S": self.text,
            "N": self.number,
            "L": self.items,
            "D": self.mapping,
            "B": self.truth,
            "X": self.expression,
        }
        parts: list[str] = []
        for piece in form.split("@"):
            if parts:
                # Now and then something of another kind, so that failures are compared too.
                kind = self.expression if self._chance(0.03) else kinds[piece[0]]
                filling = kind(depth - 1)
                if piece[1:2] in tuple(".[|") and not filling.isidentifier():
                    filling = f"({filling})" if self._chance(0.95) else filling
                parts.append(filling + piece[1:])
            else:
                parts.append(piece)
        return "".join(parts)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _pick(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def odd(self, depth: int) -> str:
        """A filter, test, method or function with arguments that it may not know."""
        make = self._pick([self._odd_filter, self._odd_filter, self._odd_test, self._odd_method, self._odd_call])
        return make(depth)

    def _odd_filter(self, depth: int) -> str:
        name = self._pick(list(FILTERS))
        return f"({self.expression(depth)})|{name}{self._maybe_arguments(FILTERS[name], depth)}"

    def _odd_test(self, depth: int) -> str:
        name = self._pick(TESTS)
        return f"(({self.expression(depth)}) is {self._pick(['', '', 'not '])}{name}{self._maybe_arguments([], depth)})"

    def _odd_method(self, depth: int) -> str:
        name = self._pick(METHODS)
        return f"({self._pick([self.text, self.items, self.mapping, self.expression])(depth)}).{name}{self.arguments([], depth)}"

    def _odd_call(self, depth: int) -> str:
        return self._pick(CALLS) + self.arguments(["sep", "a", "start"], depth)

    def _maybe_arguments(self, keywords: Sequence[str], depth: int) -> str:
        return "" if self._chance(0.4) else self.arguments(keywords, depth)

    def arguments(self, keywords: Sequence[str], depth: int) -> str:
        """In parentheses, some of them named, some from a sequence or mapping."""
        arguments = [self.expression(depth - 1) for _ in range(self._pick([0, 1, 1, 1, 2, 3]))]
        for keyword in keywords:
            if self._chance(0.25):
                arguments.append(f"{keyword}={self.expression(depth - 1)}")
        if self._chance(0.05):
            arguments.append(f"*{self.items(depth - 1)}")
        if self._chance(0.05):
            arguments.append(f"**{self.mapping(depth - 1)}")
        return "(" + ", ".join(arguments) + ")"
