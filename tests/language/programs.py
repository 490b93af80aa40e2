"""Random templates from a grammar, nested three statements deep, over the variables of the probes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

LETTERS = "abkZ é한Σß\n\t-<&'\""
TEXTS = ["s", "empty", "ko", "quotes", "html", "ws", "lines", "digits", "t0", "t1"]
NUMBERS = ["n", "neg", "zero", "big", "f", "tiny", "yes", "no", "i0", "i1"]
LISTS = ["l", "l", "words", "words", "mixed", "nested", "el", "tup", "people", "l0", "l1"]
DICTS = ["d", "ed", "keys", "people[0]", "d.b"]
OTHERS = ["nil", "foo", "d.q", "ns.t", "ns.i", "range(3)", "d.items()", "ns.l", "d.z", "d.values()"]

Part = Callable[["Program"], str]


class Program:
    """One random template; the same choices give the same text."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._macros = 0

    def template(self) -> str:
        """The whole: a namespace, then some statements."""
        return "{% set ns = namespace(t='q', i=0) %}" + self.body(self._random.randint(1, 3))

    def body(self, depth: int) -> str:
        return "".join(self.statement(depth) for _ in range(self._random.randint(1, 2)))

    def statement(self, depth: int) -> str:
        if depth == 0 or self._chance(0.5):
            return self._pick(LEAVES)(self)
        return self._pick(BLOCKS)(self, depth - 1)

    def expression(self, depth: int = 2) -> str:
        """Of any kind."""
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
            head += f" if {self.truth(1)}"
        text = self._tag(f"for {head}") + self.body(depth)
        if self._chance(0.25):
            text += self._tag(f"if {self.truth(1)}") + self._tag(self._pick(["break", "continue"])) + self._tag("endif")
        if self._chance(0.2):
            text += self._tag("else") + self.body(depth)
        return text + self._tag("endfor")

    def _capture(self, depth: int) -> str:
        name = self._pick(["t0", "t1", "ns.t", "t0 | upper", "t1 | trim | length"])
        return self._tag(f"set {name}") + self.body(depth) + self._tag("endset")

    def _filter(self, depth: int) -> str:
        name = self._pick(["upper", "trim", "indent(2)", "replace('a', 'b')", "title|trim", "escape", "tojson"])
        return self._tag(f"filter {name}") + self.body(depth) + self._tag("endfilter")

    def _with(self, depth: int) -> str:
        head = f"with t0 = {self.text(1)}, i0 = {self.number(1)}"
        return self._tag(head) + self.body(depth) + self._tag("endwith")

    def _macro(self, depth: int) -> str:
        self._macros += 1
        name = f"m{self._macros}"
        parameters = self._pick(["", "t0", "t0, i0=2", "t0='d', l0=l", "i0, t1=i0"])
        special = self._pick(["", "", "", "{{ caller is defined }}", "{{ varargs }}", "{{ kwargs }}"])
        text = self._tag(f"macro {name}({parameters})") + self.body(depth) + special + self._tag("endmacro")
        arguments = self._pick(["", "@S", "@S, @N", "@X, i0=@N", "t0=@S", "@S, @N, @X"])
        return text + f"{{{{ {name}({self._fill(arguments, 2)}) }}}}"

    def _call(self, depth: int) -> str:
        self._macros += 1
        name = f"m{self._macros}"
        text = self._tag(f"macro {name}(i0=1)") + self.body(0) + "<{{ caller(i0) }}>" + self._tag("endmacro")
        return text + self._tag(f"call(t1) {name}({self.number(1)})") + self.body(depth) + self._tag("endcall")

    def _generation(self, depth: int) -> str:
        return self._tag("generation") + self.body(depth) + self._tag("endgeneration")


LEAVES: list[Part] = [Program._data, Program._print, Program._print, Program._print, Program._set, Program._unpack]
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
]

TEXT_FORMS = [
    *("@S + @S", "@S ~ @X", "(@S ~ @N)", "@S * 2", "@S[1:]", "@S[:-1]", "@S[::-1]", "@S[@N]", "@S.upper()"),
    *("@S.lower()", "@S.title()", "@S.capitalize()", "@S.strip()", "@S.lstrip()", "@S.rstrip()", "@S.strip(@S)"),
    *("@S.replace(@S, @S)", "@S.replace(@S, @S, @N)", "@S.swapcase()", "@S.split()[0]", "@S.join(@L)"),
    *("@S.join([@S, @S])", "@S.center(@N)", "@S.ljust(7, '.')", "@S.zfill(5)", "@S.removeprefix(@S)"),
    *("@S.removesuffix(@S)", "@S.expandtabs(3)", "@S.casefold()", "'%s-%s' % (@X, @S)", "'%5s|%-4s' % (@S, @S)"),
    *("'%d %x' % (@N, @N)", "'%.2f' % @N", "'%s' % @S", "'%(a)s' % {'a': @X}", "'{} {}'.format(@S, @X)"),
    *("'{0[a]}{b}'.format({'a': @X}, b=@N)", "(@S if @B else @S)", "(@S if @B)", "(@S or @S)", "(@S and @S)"),
    *("@S|upper", "@S|lower", "@S|title", "@S|capitalize", "@S|trim", "@S|trim(@S)", "@S|replace(@S, @S)"),
    *("@S|indent(2)", "@S|indent(1, true, true)", "@S|center(9)", "@S|e", "@S|forceescape", "@S|safe", "@X|string"),
    *("(@S|safe + @S)", "@L|join(@S)", "@L|join", "@L|join(',', attribute='name')", "@X|tojson", "@X|e"),
    *("@X|tojson(indent=2)", "@D|tojson(sort_keys=true)", "@X|default(@S)", "@S|default(@S, true)", "@S|first"),
    *("@S|last", "@S|reverse", "@S|truncate(5, leeway=0)", "@S|truncate(4, true, '.', 0)", "@S|wordwrap(3)"),
    *("@S|urlencode", "@S|striptags", "@N|filesizeformat", "@X|pprint", "@S|format(@X)", "@D|xmlattr"),
    *("@S.partition(@S)[0]", "@S.rpartition(@S)[2]", "@S.rsplit(@S, 1)[0]", "@S.splitlines()[0]", "@D.a|string"),
]

NUMBER_FORMS = [
    *("@N + @N", "@N - @N", "@N * @N", "@N / @N", "@N // @N", "@N % @N", "(@N ** 2)", "-@N", "(-@N)", "+@N", "@N|abs"),
    *("@S|length", "@L|length", "@D|length", "@S|int", "@N|int", "@S|int(@N)", "@S|float", "@N|float", "@N|round"),
    *("@N|round(1)", "@N|round(-1)", "@N|round(1, 'floor')", "@N|round(0, 'ceil')", "@L|sum", "@L|first", "@L|last"),
    *(
        "@L|min",
        "@L|max",
        "@S.find(@S)",
        "@S.rfind(@S)",
        "@S.count(@S)",
        "@L.index(@N)",
        "@L.count(@N)",
        "@S.index(@S)",
    ),
    *("(@N if @B else @N)", "(@N or @N)", "@D.a", "@D.get('a', @N)", "@L[@N]", "@L[0]", "@S|wordcount", "@N.real"),
    *("loop.index0", "loop.length", "loop.revindex", "@S.find(@S, @N, @N)", "@L|sum(start=@N)", "(@N)|string|int"),
]

LIST_FORMS = [
    *(
        "[@X, @X]",
        "[@N, @N, @N]",
        "[@S, @S, @S]",
        "(@X, @X)",
        "[]",
        "@L + @L",
        "@L * 2",
        "@L[1:]",
        "@L[::-1]",
        "@L[:@N]",
    ),
    *("@L[@N:@N:2]", "@L|list", "@S|list", "@D|list", "@L|sort", "@L|sort(reverse=true)", "@S|sort", "@L|unique|list"),
    *("@L|reverse|list", "@L|map('string')|list", "@L|map('upper')|list", "@L|map(attribute='name')|list"),
    *("@L|map(attribute='at.city', default='-')|list", "@L|select('string')|list", "@L|reject('none')|list"),
    *(
        "@L|select|list",
        "@L|selectattr('age')|list",
        "@L|selectattr('age', 'equalto', 30)|list",
        "@L|select('odd')|list",
    ),
    *("@L|rejectattr('age', 'defined')|list", "@L|select('gt', @N)|list", "@L|select('in', @L)|list", "@D.keys()|list"),
    *(
        "@D.items()|list",
        "@D.values()|list",
        "@D|dictsort",
        "@D|dictsort(by='value')",
        "@D|items|list",
        "range(@N)|list",
    ),
    *("@S.split()", "@S.split(@S)", "@S.split(@S, 1)", "@S.rsplit(none, 1)", "@S.splitlines()", "@S.partition(@S)"),
    *("@L|batch(2)|list", "@L|batch(2, @X)|list", "@L|slice(2)|list", "@L|slice(3, 0)|list", "@L|groupby('age')|list"),
    *(
        "@L|groupby('name', 'z')",
        "(@L if @B else @L)",
        "(@L or @L)",
        "range(1, 9, 3)",
        "range(@N, @N)",
        "@L|sort(attribute='name')",
    ),
    *("@L|map('length')|list", "@L|map('first')|list", "@L|map('default', @S)|list", "@L|map('tojson')|list"),
]

DICT_FORMS = [
    *("{'a': @X}", "{'a': @X, 'b': @X}", "{@S: @N}", "{@N: @X}", "dict(a=@X)", "dict(@D, b=@X)", "@D.copy()", "@L[0]"),
    *("(@D if @B else @D)", "(@D or @D)", "{}", "{'items': @L}", "dict([('a', @X)])", "@L|first", "{'b': @D, 'a': @D}"),
]

TRUTH_FORMS = [
    *("@N == @N", "@S == @S", "@X == @X", "@X != @X", "@N < @N", "@N >= @N", "@S < @S", "@L < @L", "@N < @N < @N"),
    *(
        "@X in @L",
        "@S in @S",
        "@S in @D",
        "@X not in @L",
        "@N in range(5)",
        "@X in @X",
        "not @X",
        "@X and @X",
        "@X or @X",
    ),
    *(
        "@X is defined",
        "@X is undefined",
        "@X is none",
        "@X is string",
        "@X is number",
        "@X is mapping",
        "@X is iterable",
    ),
    *(
        "@X is sequence",
        "@N is odd",
        "@N is even",
        "@N is divisibleby 3",
        "@X is boolean",
        "@X is integer",
        "@X is float",
    ),
    *(
        "@X is true",
        "@X is false",
        "@S is lower",
        "@S is upper",
        "@X is callable",
        "@X is eq @X",
        "@N is gt @N",
        "@X is in @L",
    ),
    *(
        "@X is not none",
        "@X is not defined",
        "@S.startswith(@S)",
        "@S.endswith(@S)",
        "@S.startswith(@S, @N)",
        "@S.isdigit()",
    ),
    *(
        "@S.isalpha()",
        "@S.isspace()",
        "@S.isupper()",
        "@S.islower()",
        "@S.istitle()",
        "@S.isalnum()",
        "@S.isprintable()",
    ),
    *("@X is escaped", "loop.first", "loop.last", "loop.changed(@X)", "(@B)", "@B and not @B", "(@X, @X) == (@X, @X)"),
]

OTHER_FORMS = [
    *(
        "(@X)",
        "@D.q",
        "@D[@X]",
        "@L[@X]",
        "@D.a.b",
        "@X|default(@X)",
        "@L|first",
        "@L|last",
        "(@X if @B)",
        "(@X if @B else @X)",
    ),
    *("(@X or @X)", "(@X and @X)", "[@X]", "{'k': @X}", "(@X,)", "@L[@N]", "loop.previtem", "loop.nextitem", "@X|list"),
    *("loop.cycle(@X, @X)", "@L|min", "@L|max", "@L|sum", "namespace(a=@X)", "namespace(a=@X).a", "@X|items|list"),
    *(
        "@X + @X",
        "@X * @N",
        "@X|length",
        "@X|string",
        "@X|int",
        "@X|float",
        "@X|join(',')",
        "@X|sort",
        "@X|unique|list",
    ),
    *(
        "@X|tojson",
        "@X|upper",
        "@X|replace('a', 'b')",
        "@X|dictsort",
        "@X|reverse|list",
        "@X|round",
        "@X|abs",
        "@X.name",
    ),
    *("@X|map('string')|list", "@X|select|list", "@X|first", "@X|last", "@X|attr('name')", "@X|e", "@X ~ @X", "@X[1:]"),
]
