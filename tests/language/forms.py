"""The forms of expressions in random templates. An `@` and a letter stand for an expression of a kind:

S text, N number, L list, D mapping, B truth, X any, A arguments of a call.
"""

from __future__ import annotations

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
        "c0.next()",
        "c0.current",
        "j0()",
        "m1()",
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

FILTERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("abs", "capitalize", "e", "first", "forceescape", "items", "last", "length", "list", "lower"), ()),
    **dict.fromkeys(("pprint", "reverse", "safe", "string", "striptags", "title", "upper", "urlencode"), ()),
    **dict.fromkeys(("wordcount", "reject", "rejectattr", "select", "selectattr"), ()),
    "attr": ("name",),
    "batch": ("linecount", "fill_with"),
    "center": ("width",),
    "default": ("default_value", "boolean"),
    "dictsort": ("case_sensitive", "by", "reverse"),
    "filesizeformat": ("binary",),
    "float": ("default",),
    "format": ("a",),
    "groupby": ("attribute", "default", "case_sensitive"),
    "indent": ("width", "first", "blank"),
    "int": ("default", "base"),
    "join": ("d", "attribute"),
    "map": ("attribute", "default"),
    "max": ("case_sensitive", "attribute"),
    "min": ("case_sensitive", "attribute"),
    "replace": ("old", "new", "count"),
    "round": ("precision", "method"),
    "slice": ("slices", "fill_with"),
    "sort": ("reverse", "case_sensitive", "attribute"),
    "sum": ("attribute", "start"),
    "tojson": ("ensure_ascii", "indent", "separators", "sort_keys"),
    "trim": ("chars",),
    "truncate": ("length", "killwords", "end", "leeway"),
    "unique": ("case_sensitive", "attribute"),
    "wordwrap": ("width", "break_long_words", "wrapstring", "break_on_hyphens"),
    "xmlattr": ("autospace",),
}

TESTS = [
    *("boolean", "callable", "defined", "divisibleby", "eq", "escaped", "even", "false", "filter", "float", "ge", "gt"),
    *("in", "integer", "iterable", "le", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sameas", "sequence"),
    *("string", "test", "true", "undefined", "upper", "equalto", "greaterthan", "lessthan"),
]

METHODS = [
    *("capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "format_map", "index"),
    *("isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable"),
    *("isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix"),
    *("replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith"),
    *("strip", "swapcase", "title", "upper", "zfill", "copy", "count", "index", "get", "items", "keys", "values"),
    *("pop", "append", "update", "sort", "next", "reset", "name", "grouper", "list", "fromkeys"),
    *("bit_length", "is_integer"),
]

CALLS = [
    *(
        "cycler",
        "joiner",
        "range",
        "dict",
        "namespace",
        "loop",
        "loop.cycle",
        "loop.changed",
        "caller",
        "m1",
        "self.b1",
    ),
]
