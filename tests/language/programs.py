"""Random templates from a grammar, nested three statements deep, over the variables of the probes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from language.expressions import Expressions

Part = Callable[["Program"], str]


class Program(Expressions):
    """One random template; the same choices give the same text."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._macros = 0
        self._blocks = 0

    def template(self) -> str:
        """The whole: a namespace and helpers, then some statements."""
        helpers = "{% set c0 = cycler(1, 'b', l) %}{% set j0 = joiner('|') %}" if self._chance(0.2) else ""
        return "{% set ns = namespace(t='q', i=0) %}" + helpers + self.body(self._random.randint(1, 3))

    def body(self, depth: int) -> str:
        return "".join(self.statement(depth) for _ in range(self._random.randint(1, 2)))

    def statement(self, depth: int) -> str:
        if depth == 0 or self._chance(0.5):
            return self._pick(LEAVES)(self)
        return self._pick(BLOCKS)(self, depth - 1)

    # Statements without a body.

    def _data(self) -> str:
        return self._pick(
            ["a", " b ", "\n", "  \n  ", "x\n", "{# c #}", "{#- c -#}", " {# c #}\n", "{% raw %} {{ {% endraw %}"]
        )

    def _print(self) -> str:
        opening, closing = self._pick(["{{", "{{-"]), self._pick(["}}", "-}}"])
        return f"{opening} {self.expression()} {closing}"

    def _set(self) -> str:
        name = self._pick(["t0", "t1", "i0", "i1", "l0", "l1", "ns.t", "ns.i", "ns.l"])
        kinds = {"t": self.text, "i": self.number, "l": self.items}
        return self._tag(f"set {name} = {kinds[name[-2] if name[-1] in '01' else name[-1]](2)}")

    def _unpack(self) -> str:
        return self._tag(f"set t0, i0 = {self.text(1)}, {self.number(1)}")

    def _tag(self, inside: str) -> str:
        opening = self._pick(["{%", "{%", "{%-", "{%+"])
        closing = self._pick(["%}", "%}", "-%}", "+%}"])
        return f"{opening} {inside} {closing}{self._pick(['', '', chr(10), ' '])}"

    # Statements with one.

    def _if(self, depth: int) -> str:
        text = self._tag(f"if {self.truth(2)}") + self.body(depth)
        if self._chance(0.3):
            text += self._tag(f"elif {self.expression(2)}") + self.body(depth)
        if self._chance(0.4):
            text += self._tag("else") + self.body(depth)
        return text + self._tag("endif")

    def _for(self, depth: int) -> str:
        head = self._pick(
            ["i0 in @L", "t0 in @S", "t0 in @D", "t1, i1 in @D.items()", "i1 in range(3)", "l0 in @L", "t0 in @X"]
        )
        head = self._fill(head, 2)
        if self._chance(0.2):
            head += f" if {self._pick([self.truth(1), 'ns.i', 'not ns.t', 'ns.i is odd'])}"
        text = self._tag(f"for {head}") + self.body(depth)
        if self._chance(0.3):
            part = self._pick(["first", "last", "length", "revindex", "nextitem", "previtem", "index", "cycle(1, 2)"])
            text += f"{{{{ loop.{part} }}}}" + self.body(0)
        if self._chance(0.25):
            text += self._tag(f"if {self.truth(1)}") + self._tag(self._pick(["break", "continue"])) + self._tag("endif")
        if self._chance(0.2):
            text += self._tag("else") + self.body(depth)
        return text + self._tag("endfor")

    def _capture(self, depth: int) -> str:
        name = self._pick(["t0", "t1", "ns.t", "t0 | upper", "t1 | trim | length", "t0 | replace('a', @S)"])
        return self._tag(f"set {self._fill(name, 1)}") + self.body(depth) + self._tag("endset")

    def _filter(self, depth: int) -> str:
        names = ["upper", "trim", "indent(2)", "replace('a', @S)", "title|trim", "escape", "tojson", "length"]
        name = self._fill(self._pick([*names, "default(@X)"]), 1)
        return self._tag(f"filter {name}") + self.body(depth) + self._tag("endfilter")

    def _with(self, depth: int) -> str:
        head = f"with t0 = {self.text(1)}, i0 = {self.number(1)}"
        return self._tag(head) + self.body(depth) + self._tag("endwith")

    def _macro(self, depth: int) -> str:
        name = self._new_macro()
        parameters = self._pick(
            ["", "t0", "t0, i0=2", "t0='d', l0=l", "i0, t1=i0", "t0=t1, t1=t0", "caller=0", "varargs", "t0, kwargs=1"]
        )
        special = self._pick(SPECIAL)
        text = self._tag(f"macro {name}({parameters})") + self.body(depth) + special + self._tag("endmacro")
        arguments = self._pick(
            ["()", "(@S)", "(@S, @N)", "(@X, i0=@N)", "(t0=@S)", "(@S, @N, @X)", "(caller=@X)", ".arguments", ".name"]
        )
        arguments = self.arguments(["t0", "i0", "zz"], 1) if self._chance(0.2) else self._fill(arguments, 2)
        return text + f"{{{{ {name}{arguments} }}}}"

    def _new_macro(self) -> str:
        self._macros += 1
        return f"m{self._macros}"

    def _call(self, depth: int) -> str:
        name = self._new_macro()
        given = ["caller(i0)", "caller()", "caller(i0, 2)", "caller(t1=i0)", "caller.name", "caller.arguments"]
        text = (
            self._tag(f"macro {name}(i0=1)") + self.body(0) + f"<{{{{ {self._pick(given)} }}}}>" + self._tag("endmacro")
        )
        parameters = self._pick(["", "(t1)", "(t1)", "(t1, i1=@N)", "(t1='x')"])
        others = ["ns.f", "self.b1", "cycler", "dict", "namespace", "s.upper"]
        callee = name if self._chance(0.9) else self._pick(others)
        head = f"call{self._fill(parameters, 1)} {callee}({self.number(1)})"
        return text + self._tag(head) + self.body(depth) + self._tag("endcall")

    def _recursion(self, depth: int) -> str:
        head = self._pick(["x in nested", "x in [1, [2, [3]], l]", "x in @L", "t0, x in @D.items()", "x in [[@X], @X]"])
        test = self._pick(["", "", " if x", " if loop is defined", " if x is not none"])
        inner = self._pick(["loop(x)", "loop(x)", "loop(x[1:])", "loop(loop.nextitem)", "loop(iterable=x)", "loop()"])
        deeper = ["x is iterable and x is not string", "x is sequence and loop.depth < 4", "loop.depth0 < 2"]
        text = self._tag(f"for {self._fill(head, 1)}{test} recursive") + self.body(depth)
        text += f"{{{{ {inner} if {self._pick(deeper)} else loop.depth }}}}" + self._pick(
            ["", "{{ x }}", "{{ loop.last }}"]
        )
        if self._chance(0.2):
            text += self._tag("else") + self.body(0)
        return text + self._tag("endfor")

    def _block(self, depth: int) -> str:
        self._blocks += 1
        name = f"b{self._blocks}" if self._chance(0.97) else "b1"
        head = f"block {name}{self._pick(['', '', ' scoped', ' scoped', ' required'])}"
        inside = ["", "", "{{ loop.index }}", "{{ super() }}", "{{ super is defined }}", "{{ self.b1.name }}"]
        text = (
            self._tag(head)
            + self.body(depth)
            + self._pick(inside)
            + self._tag(f"endblock{self._pick(['', ' ' + name])}")
        )
        again = ["self.@()", "self['@']()", "self.@.super is defined", "self.none()", "self.@(1)"]
        return text + (f"{{{{ {self._pick(again).replace('@', name)} }}}}" if self._chance(0.5) else "")

    def _other_template(self) -> str:
        inside = ["include @X", "include 'x' ignore missing", "include @L ignore missing", "include @X with context"]
        inside += ["import 'x' as t0", "from 'x' import t0, t1 as i0 with context", "extends @X", "extends 's'"]
        text = self._tag(self._fill(self._pick(inside), 1))
        return self._tag("if no") + text + self._tag("endif") if self._chance(0.7) else text

    def _namespaced(self) -> str:
        value = self._pick(["ns", "loop", "x", "not ns.i", "m1", "j0", "self"])
        return self._tag(f"set ns.{self._pick('tifl')} = {value}")

    def _generation(self, depth: int) -> str:
        return self._tag("generation") + self.body(depth) + self._tag("endgeneration")


SPECIAL = [
    *("", "", "", "{{ caller is defined }}", "{{ varargs }}", "{{ kwargs }}", "{{ caller }}", "{{ kwargs.zz }}"),
    *("{% set varargs = 1 %}{{ varargs }}", "{{ varargs }}{% set varargs = 1 %}", "{% set caller = caller %}"),
]

LEAVES: list[Part] = [
    *(Program._data, Program._data, Program._print, Program._print, Program._print, Program._print, Program._print),
    *(Program._set, Program._set, Program._set, Program._unpack, Program._namespaced, Program._other_template),
]
BLOCKS: list[Callable[[Program, int], str]] = [
    Program._if,
    Program._if,
    Program._for,
    Program._for,
    Program._capture,
    Program._filter,
    Program._with,
    Program._macro,
    Program._call,
    Program._generation,
    Program._recursion,
    Program._block,
]
