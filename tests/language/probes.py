r"""Small templates that between them use every construct of the language, by topic.

All of them see `VARIABLES`. What the reference makes of each is asked when the tests run, not written here.
"""

from __future__ import annotations

import math
from typing import Any

VARIABLES: dict[str, Any] = {
    "s": "Hello World",
    "empty": "",
    "ko": "한글 ñ ß Σας ǆ",
    "quotes": 'it\'s "q"',
    "html": "<b>&'\"</b>",
    "ws": " \t a  b \n",
    "lines": "one\n\n  two\r\nthree\n",
    "digits": "12",
    "n": 7,
    "neg": -3,
    "zero": 0,
    "big": 10**30,
    "f": 2.5,
    "tiny": 1.5e-07,
    "inf": math.inf,
    "nan": math.nan,
    "yes": True,
    "no": False,
    "nil": None,
    "l": [3, 1, 2],
    "mixed": [1, "a", None, 2.5, True],
    "words": ["b", "A", "c", "a"],
    "nested": [[1, 2], [3, [4]]],
    "el": [],
    "d": {"a": 1, "b": {"c": [1, 2]}, "items": 5, "z": None},
    "ed": {},
    "keys": {1: "one", None: "none", 2.5: "float", "s": "text"},
    "tup": (1, "x"),
    "people": [
        {"name": "Bo", "age": 30, "at": {"city": "X"}},
        {"name": "al", "age": 25, "at": {"city": "y"}},
        {"name": "Cy", "age": 30, "at": {"city": "x"}},
        {"name": "Di", "at": {}},
    ],
}

PROBES: dict[str, str] = {
    "lexing": r"""
{{ '\u00e9\x41\101\U0001f600' }}
{{ '\N{BULLET}' }}
{{ '\ud83d\ude00' }}
{{ '\U00110000' }}
{{ '\x4' }}
a
a{# c #}b{# {{ x }} #}
a {#- c -#} b
{#a#}{#b#}
{{1}}{{ 2 }}{{-3}}{{- 4 -}} 5
{{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 0xAB_CD }} {{ 1_0.5_0 }}
{{ 1e3 }} {{ 1.5E-7 }} {{ 1e+16 }} {{ 0.1 }} {{ 1e400 }} {{ 1E5 }} {{ 00 }}
{{ 007 }}
{{ 1. }}
{{ 1.real }}
{{ .5 }}
{{ 1__0 }}
{{ 123abc }}
{{ l.0 }} {{ nested.1.0 }} {{ nested.1.1.0 }}
{{ 'a' 'b' "c" }}
{{ 'it\'s' }} {{ "a\"b" }} {{ '"' }}
{{ '\n\t\r\\\a\b\f\v\0\x41\u00e9\U0001F600\101\q\é\한\😀' }}
{{ 'a\
b' }}
{{ '\x4' }}
{{ '\u12' }}
{{ '\777\400\18' }}
{{ 'unclosed }}
{{ "unclosed
{{ x
{{ x }
{% if true }x{% endif %}
{# unclosed
a{#
a{#-
a{% raw %}
a{% raw -%}
{% raw %}{{ x }}{% if %}{# y #}{% endraw %}
{% raw %}unclosed
{%- raw -%} a {%- endraw -%} b
{%raw%}a{%endraw%}
{{ '{{' }} {{ '%}' }} {{ "}}" }}
{{ {'a': {'b': 1}}}}
{{ {'a': {'b': 1}}['a']['b'] }}
{{ [1, 2,] }} {{ (1,) }} {{ () }} {{ {'a': 1,} }} {{ {} }} {{ [] }}
{{ [1 2] }}
{{ (1, 2 }}
{{ [1, 2) }}
{{ a b }}
{{ }}
{% %}
{{ 1 + }}
{{ $ }}
{{ a ? b }}
{{ a! }}
{{ ñandú }}{% set ñandú = 1 %}{{ ñandú }}
{% set 한 = 2 %}{{ 한 }}{% set x1_ = 3 %}{{ x1_ }}
{{ true }} {{ True }} {{ false }} {{ False }} {{ none }} {{ None }} {{ TRUE }}
{{ not true }} {{ not not 1 }} {{ - 1 }} {{ +1 }} {{ - - 1 }} {{ -+-1 }}
a { b } c % d # e {
{ { } }
a{
{%
%} }} #}
{{ 1 }}%}
{{ 1;2 }}
{%set x=1%}{{x}}
{% if(true) %}x{% endif %}
{% if true%}x{%endif%}
""",
    "numbers": r"""
{{ 7 + 3 }} {{ 7 - 3 }} {{ 7 * 3 }} {{ 7 / 2 }} {{ 6 / 3 }} {{ 7 // 2 }} {{ 7 % 3 }} {{ 2 ** 10 }}
{{ -7 // 2 }} {{ 7 // -2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ -7 // -2 }} {{ -7 % -3 }}
{{ 7.5 // 2 }} {{ -7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 7.5 % -2 }} {{ 1e300 * 1e10 }}
{{ 2 ** 3 ** 2 }} {{ 2 ** -1 }} {{ (-2) ** 2 }} {{ -2 ** 2 }} {{ 2 ** 0.5 }} {{ 0 ** 0 }} {{ 4 ** 0.5 }}
{{ 0.0 ** -1 }}
{{ (-8) ** (1/3) }}
{{ 1e308 * 10 }} {{ 10.0 ** 308 }}
{{ 10.0 ** 309 }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1.0 / 0 }}
{{ 1 // 0.0 }}
{{ 5 % 0.0 }}
{{ 9223372036854775807 + 1 }} {{ -9223372036854775808 - 1 }} {{ 9223372036854775807 * 2 }}
{{ 10**20 }} {{ 10**20 // 3 }} {{ -10**20 // 3 }} {{ 10**20 % 7 }} {{ 10**20 - 10**20 }}
{{ big + 1 }} {{ big // 10**25 }} {{ big % 7 }} {{ -big }} {{ big == 10**30 }} {{ big > inf }} {{ big < inf }}
{{ big / 10**29 }} {{ big * 1.0 }} {{ 10**25 / 3 }} {{ 1 / 10**25 }}
{{ 9007199254740993 / 1 }} {{ 9007199254740993 / 3 }} {{ 2**53 + 1 == 2.0**53 }} {{ 2**53 + 1 > 2.0**53 }}
{{ 10**400 / 1 }}
{{ 10**400 * 1.0 }}
{{ 10**400 < 1.0 }} {{ 10**400 == inf }}
{{ 1.0 }} {{ 1.5 }} {{ 100.0 }} {{ 1e15 }} {{ 1e16 }} {{ 123456789.125 }} {{ 0.0001 }} {{ 0.00001 }} {{ -0.0 }}
{{ 0.1 + 0.2 }} {{ 1/3 }} {{ 2/3 }} {{ 1e22 }} {{ 1e23 }} {{ 5e-324 }} {{ 1.7976931348623157e308 }}
{{ tiny }} {{ inf }} {{ -inf }} {{ nan }} {{ inf - inf }} {{ inf * 0 }}
{{ f + 1 }} {{ f * 2 }} {{ f // 1 }} {{ f % 1 }} {{ f / 2 }} {{ f ** 2 }}
{{ true + 1 }} {{ true * 3 }} {{ -true }} {{ +false }} {{ true / 2 }} {{ true // 2 }} {{ true % 2 }} {{ true ** 2 }}
{{ true + true }} {{ yes - no }} {{ 'a' * true }}
{{ 'ab' * 3 }} {{ 3 * 'ab' }} {{ 'ab' * 0 }} {{ 'ab' * -1 }} {{ [1] * 2 }} {{ 2 * (1, 2) }}
{{ 'ab' * 1.0 }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ [1] + (2,) }}
{{ [1] + [2] + l }} {{ (1,) + (2,) }}
{{ 'a' - 'b' }}
{{ 'a' / 2 }}
{{ none + 1 }}
{{ [] - [] }}
{{ {} + {} }}
{{ -'a' }}
{{ +none }}
{{ -[] }}
{{ 1 + 2 * 3 - 4 / 2 }} {{ (1 + 2) * 3 }} {{ 10 - 2 - 3 }} {{ 2 * 3 % 4 }} {{ 8 // 3 // 2 }}
{{ 7.0 // 0.1 }} {{ 1 % 0.1 }} {{ -1 % 0.1 }} {{ 5.5 // -2 }} {{ 1e20 // 3 }} {{ inf // 2 }} {{ 3 // inf }} {{ -3 // inf }}
{{ 3 % inf }} {{ -3 % inf }} {{ 0.0 % -2 }} {{ -4.0 % 2 }} {{ -1e-300 // 1e300 }}
{{ 1.5.real }}
{{ n.real }} {{ n.imag }} {{ n.numerator }} {{ n.denominator }} {{ f.real }} {{ f.imag }}
{{ n.bit_length() }}
{{ f.is_integer() }} {{ f.hex() }}
""",
    "comparisons": r"""
{{ d.items() == d.items() }} {{ d.keys() == d.keys() }} {{ ed.items() == ed.keys() }} {{ d.items() == {'a': 1}.items() }}
{{ d.items() == ed.items() }} {{ d.values() == d.items() }} {{ d.items() in [1, d.items()] }} {{ d.values() == ed.values() }}
{{ ([1], 2) in d.items() }}
{{ ('a', 1) in d.items() }} {{ ('a', 2) in d.items() }} {{ 'a' in d.items() }}
{{ s|e * foo }}
{{ foo * s|e }}
{{ s|e * 2 }} {{ 2 * s|e }}
{{ 1 == 1.0 }} {{ 1 == true }} {{ 'a' == 'a' }} {{ 'a' == 1 }} {{ none == none }} {{ [] == () }} {{ [1] == [1.0] }}
{{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }} {{ {} == ed }} {{ d == d }} {{ (1, 2) == (1, 2) }} {{ nan == nan }} {{ nan != nan }}
{{ [nan] == [nan] }} {{ nan in [nan] }} {{ 1 != 2 }} {{ 'a' != 'b' }} {{ none != 0 }} {{ no == 0 }}
{{ 1 < 2 }} {{ 2 <= 2 }} {{ 3 > 2.5 }} {{ 2 >= 3 }} {{ 'a' < 'b' }} {{ 'B' < 'a' }} {{ 'ab' < 'b' }} {{ '' < 'a' }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 3 > 2 > 1 }} {{ 1 == 1 == 1 }} {{ 1 < 2 == 2 }} {{ 1 != 2 != 1 }} {{ 1 < 2 in [2] }}
{{ (1 < 2) < 3 }} {{ 1 < (2 < 3) }} {{ 2 < 1 < foo.bar }}
{{ [1, 2] < [1, 3] }} {{ [1] < [1, 0] }} {{ (1, 'a') < (1, 'b') }} {{ [] < [1] }} {{ [2] > [1, 5] }} {{ [1, 2] <= [1, 2] }}
{{ nan < 1 }} {{ nan >= 1 }} {{ inf > 10**400 }} {{ -inf < -10**400 }} {{ true < 2 }} {{ no < yes }}
{{ 'a' < 1 }}
{{ none < 1 }}
{{ none < none }}
{{ [] < () }}
{{ {} < {} }}
{{ [1] < ['a'] }}
{{ foo < 1 }}
{{ 1 < foo }}
{{ foo == bar }} {{ foo == none }} {{ foo == '' }} {{ foo != bar }} {{ foo == foo }} {{ none == foo }}
{{ 1 in [1, 2] }} {{ 'a' in 'abc' }} {{ '' in 'abc' }} {{ 'a' in d }} {{ 'q' not in d }} {{ 1 in keys }} {{ 2.5 in keys }}
{{ 1 in (1, 2) }} {{ 3 in range(5) }} {{ 5 in range(5) }} {{ 2 in range(0, 10, 2) }} {{ 2.0 in range(5) }} {{ 2.5 in range(5) }} {{ 8 in range(9, 0, -2) }} {{ 7 in range(9, 0, -2) }} {{ -1 in range(5) }} {{ big in range(5) }} {{ inf in range(5) }} {{ nan in range(5) }} {{ true in range(5) }} {{ 'a' in range(3) }}
{{ 'a' in d.keys() }} {{ 1 in d.values() }} {{ ('a', 1) in d.items() }} {{ ['a', 1] in d.items() }} {{ not 1 in [1] }}
{{ true in [1] }} {{ 1 in [true] }} {{ none in [none] }} {{ [1] in [[1]] }} {{ 1.0 in [1] }} {{ 'b' in ['abc'] }}
{{ 1 in 'a' }}
{{ none in 'a' }}
{{ [] in {} }}
{{ 1 in 5 }}
{{ 'a' in none }}
{{ 'a' in foo }} {{ 'a' not in foo }} {{ foo in [1] }}
{{ foo in 'abc' }}
{{ foo in [foo] }}
{{ foo in d }}
{{ 1 is in [1] }} {{ 'a' is in 'abc' }} {{ 1 is not in [1] }}
{{ 1 and 2 }} {{ 0 and 2 }} {{ 1 or 2 }} {{ 0 or '' }} {{ '' or none }} {{ foo or 'x' }} {{ [] and 1 }} {{ not foo }} {{ foo and 1 }}
{{ 1 or 1/0 }} {{ 0 and 1/0 }} {{ true and not false or false }} {{ not 1 == 2 }} {{ not (1 and 0) }}
{{ 1 if true }} {{ 1 if false else 2 }} {{ 1 if 0 else 2 if 0 else 3 }} {{ (1 if 0) is defined }} {{ 'a' ~ (1 if 0) }}
{{ (1 if 0).x }}
{{ (1 if 0) + 1 }}
{{ 'a' if foo is defined and foo.x else 'b' }} {{ 1 if no else foo }}
{{ 'x' if 1 > 2 else 'y' if 2 > 1 else 'z' }}
""",
    "undefined and none": r"""
[{{ foo }}] [{{ nil }}] [{{ d.q }}] [{{ d['q'] }}] [{{ l[10] }}] [{{ l[-10] }}] [{{ s.q }}] [{{ n.q }}]
{{ foo.bar }}
{{ foo['bar'] }}
{{ foo[0] }}
{{ foo[1:] }}
{{ foo() }}
{{ foo.bar() }}
{{ d.q.r }}
{{ d['q']['r'] }}
{{ l[10].x }}
{{ nil.x.y }}
{{ nil.x }} {{ nil['x'] }} {{ nil[0] }} {{ n['x'] }} {{ n[0] }} {{ yes[0] }} {{ f[0] }}
{{ nil[1:] }}
{{ n[1:] }}
{{ nil() }}
{{ s() }}
{{ s.nope() }}
{{ l.nope() }}
{{ n.nope() }}
{{ foo + 1 }}
{{ 1 + foo }}
{{ foo + 'a' }}
{{ 'a' + foo }}
{{ foo * 2 }}
{{ 2 * foo }}
{{ foo - 1 }}
{{ foo / 1 }}
{{ foo // 1 }}
{{ foo % 1 }}
{{ 'a%s' % foo }}
{{ foo ** 2 }}
{{ -foo }}
{{ +foo }}
{{ [1] + foo }}
{{ foo + foo }}
{{ foo ~ 'x' ~ foo }} {{ foo|length }} {{ foo|list }} {{ foo|string }}| {{ foo|join }}| {{ foo|default('z') }} {{ foo|d }}|
{{ foo|upper }}| {{ foo|lower }}| {{ foo|trim }}| {{ foo|title }}| {{ foo|capitalize }}| {{ foo|replace('a', 'b') }}| {{ foo|escape }}|
{{ foo|first }}| {{ foo|last }}|
{{ foo|sort }} {{ foo|unique|list }} {{ foo|map('upper')|list }} {{ foo|select|list }} {{ foo|reverse|list }} {{ foo|sum }}
{{ foo|reverse }}
{{ foo|abs }}
{{ foo|int }}
{{ foo|float }}
{{ foo|round }}
{{ foo|tojson }}
{{ [foo]|tojson }}
{{ foo|dictsort }}
{{ foo|items|list }} {{ foo|wordcount }} {{ foo|min }}| {{ foo|max }}| {{ foo|center(3) }}|
{{ foo|indent }}
{{ foo|format(1) }}
{{ foo|attr('x') }}
{{ foo|batch(2)|list }} {{ foo|slice(2)|list }} {{ foo|groupby('x') }} {{ foo|truncate }}| {{ foo|wordwrap }}| {{ foo|striptags }}| {{ foo|urlencode }}|
{{ foo|filesizeformat }}
{{ foo|pprint }}
{{ nil|length }}
{{ nil|list }}
{{ nil|join }}
{{ nil|first }}
{{ nil|upper }} {{ nil|string }} {{ nil|default('x') }} {{ nil|default('x', true) }} {{ nil|int }} {{ nil|float }} {{ nil|trim }} {{ nil|tojson }}
{{ nil|map('upper')|list }} {{ nil|select|list }} {{ 0|map('upper')|list }}
{{ nil|sort }}
{{ nil|items }}
{{ 5|length }}
{{ 5|list }}
{{ foo is defined }} {{ foo is undefined }} {{ nil is defined }} {{ nil is none }} {{ foo is none }} {{ d.q is defined }} {{ foo.bar is defined }}
{{ d.q is defined }} {{ d.z is defined }} {{ d.z is none }} {{ d['q'] is undefined }} {{ l[9] is undefined }}
{% for x in foo %}x{% else %}none{% endfor %}
{% for x in nil %}x{% endfor %}
{% for x in 5 %}x{% endfor %}
{% if foo %}a{% elif nil %}b{% else %}c{% endif %}
{% set x = foo %}{{ x is defined }}{{ x }}{% if x is not defined %}u{% endif %}
{% set ns = namespace() %}{{ ns.a }}|{{ ns.a is defined }}
{{ namespace(a=1).b.c }}
{{ [foo, d.q] }} {{ (foo,) }} {{ {'a': foo} }}
{{ foo == none or foo is undefined }} {{ (foo or {}).x }}| {{ (d.q or {}).get('x', 3) }}
""",
    "access": r"""
{{ d.a }} {{ d['a'] }} {{ d.b.c }} {{ d.b.c[0] }} {{ d['b']['c'][-1] }} {{ d['items'] }} {{ d.b['c'].0 }}
{{ d.get('a') }} {{ d.get('q') }} {{ d.get('q', 3) }} {{ d.get(key='a') }}
{{ d.get() }}
{{ d.get([]) }}
{{ d.keys()|list }} {{ d.values()|list }} {{ d.items()|list }} {{ d.keys() }} {{ d.values() }} {{ d.items() }}
{{ d.copy() }} {{ d.copy() == d }} {{ l.copy() }} {{ d|length }} {{ d.items()|length }} {{ d.keys()|first }}
{{ keys[1] }} {{ keys[none] }} {{ keys[2.5] }} {{ keys['s'] }} {{ keys.s }} {{ keys[1.0] }} {{ keys[true] }} {{ keys }}
{{ l[0] }} {{ l[-1] }} {{ l[true] }} {{ l['0'] }}| {{ l[1.0] }}| {{ l[none] }}| {{ tup[1] }} {{ tup[-2] }} {{ l[zero] }}
{{ s[0] }} {{ s[-1] }} {{ s[100] }}| {{ ko[0] }} {{ ko[-1] }} {{ ''[0] }}| {{ s['x'] }}| {{ s[1.5] }}|
{{ l[1:] }} {{ l[:1] }} {{ l[::2] }} {{ l[::-1] }} {{ l[-2:] }} {{ l[5:] }} {{ l[:-5] }} {{ l[2:0:-1] }} {{ l[none:none] }} {{ tup[:1] }}
{{ s[1:] }} {{ s[:5] }} {{ s[::-1] }} {{ s[-3:] }} {{ s[2:8:3] }} {{ ko[1:3] }} {{ ko[::-1] }} {{ ko[::2] }} {{ s[100:] }}| {{ s[8:2:-2] }}
{{ l[:] == l }} {{ l[true:] }} {{ l[big:] }} {{ l[-big:] }} {{ l[::big] }} {{ s[:big] }}
{{ l[::0] }}
{{ l['a':] }}
{{ l[1.0:] }}
{{ d[1:] }}
{{ range(10)[2:8:2] }} {{ range(10)[3] }} {{ range(10)[-1] }} {{ range(10)[::-1] }} {{ range(3)[9] }}|
{{ d[[]] }}| {{ d[{}] }}| {{ d[foo] }}| {{ l[foo] }}|
{{ keys[(1, 2)] }}|
{{ d.items }}
{{ d['get'] }}
{{ s.upper }}
{{ ''.__class__ }}| {{ ''['__class__'] }}| {{ l.__len__ }}| {{ d.__init__ }}|
{{ ''.__class__.__mro__ }}
{{ l.append }}|
{{ l.append(1) }}
{{ l.pop() }}
{{ d.update({}) }}
{{ d.pop('a') }}
{{ d.setdefault('a', 1) }}
{{ d.clear() }}
{{ l.sort() }}
{{ l.index(1) }} {{ l.count(1) }} {{ tup.index('x') }} {{ tup.count(1) }} {{ [1, 1.0, true].count(1) }}
{{ l.index(9) }}
{{ l.index() }}
{{ l.index(1, 1) }}
{{ l.index(3, 1) }}
{{ people[0].name }} {{ people[0]['at'].city }} {{ people[-1].age }}| {{ (people|first).name }} {{ people[0].at.city }}
{{ l.0 }} {{ l.5 }}| {{ s.0 }} {{ d.0 }}|
{{ (1, 2).0 }} {{ [[1]].0.0 }} {{ 'abc'.1 }}
{{ {1: 2}[1] }} {{ {'a': 1}.a }} {{ {(1, 2): 3}[(1, 2)] }} {{ {none: 1}[none] }} {{ {1: 'a', true: 'b', 1.0: 'c'} }}
{{ {[]: 1} }}
{{ nested[0][1] + nested[1][0] }} {{ d.b.c|length }} {{ d['b'].c|join }} {{ l[n - 6] }} {{ s[l[1]:l[0]] }}
{{ l[0, 1] }}|
{{ range }}
{{ dict(a=1, b=2) }} {{ dict([('a', 1)]) }} {{ dict({'a': 1}, b=2) }} {{ dict() }} {{ dict(d, a=5).a }} {{ dict([['a', 1]], a=3) }}
{{ dict(1) }}
{{ dict('ab') }}
{{ dict(['ab']) }} {{ dict(**{'x': 1}) }}
{{ range(3)|list }} {{ range(1, 4)|list }} {{ range(5, 0, -2)|list }} {{ range(0)|list }} {{ range(3) }} {{ range(1, 5, 2) }} {{ range(-1)|list }}
{{ range(5)|length }} {{ range(true) }} {{ range(5)|sum }} {{ range(5)|join }} {{ range(5)|last }} {{ range(5)|reverse|list }}
{{ range() }}
{{ range('a') }}
{{ range(1.5) }}
{{ range(1, 2, 0) }}
{{ range(100000)|length }}
{{ range(100001) }}
{{ range(1, 2, 3, 4) }}
{{ range(stop=3) }}
{{ range(5).start }} {{ range(5).stop }} {{ range(5).step }}
{{ range(5).index(3) }} {{ range(5).count(3) }}
""",
    "str methods": r"""
{{ s.upper() }} {{ s.lower() }} {{ s.title() }} {{ s.capitalize() }} {{ s.swapcase() }} {{ s.casefold() }}
{{ ko.upper() }} {{ ko.lower() }} {{ ko.title() }} {{ ko.capitalize() }} {{ ko.swapcase() }} {{ 'ΑΣ'.lower() }} {{ 'Σ'.lower() }} {{ 'ΑΣ Σ'.lower() }} {{ "ΑΣ'".lower() }}
{{ ko.casefold() }}
{{ "they're bill's 3rd x2y".title() }} {{ 'ǆ ŉ ﬁ'.title() }} {{ 'ß'.capitalize() }} {{ 'İI'.lower()|length }} {{ 'ﬁne'.upper() }}
[{{ ws.strip() }}] [{{ ws.lstrip() }}] [{{ ws.rstrip() }}] [{{ 'xxaxx'.strip('x') }}] [{{ 'abcba'.lstrip('ab') }}] [{{ 'abc'.rstrip('cb') }}] [{{ 'a'.strip('') }}]
[{{ '　a '.strip() }}] [{{ ws.strip(none) }}] [{{ '한a한'.strip('한') }}] [{{ 'aXbX'.rstrip('X') }}]
{{ 'a'.strip(1) }}
{{ 'a'.strip('a', 'b') }}
{{ 'a'.strip(chars='a') }}
{{ ws.split() }} {{ ws.split(' ') }} {{ 'a,b,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.split(',', maxsplit=1) }} {{ 'a b'.split(sep='b') }} {{ ''.split() }} {{ ''.split(',') }}
{{ ' a  b  c '.split(none, 1) }} {{ ' a  b  c '.rsplit(none, 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'a,b'.split(',', 0) }} {{ ' a b '.split(none, 0) }} {{ 'a,b,c'.split(',', -1) }} {{ 'aXXbXXc'.split('XX') }} {{ ' a b '.rsplit() }} {{ '  '.rsplit(none, 0) }} {{ 'aaa'.rsplit('aa') }}
{{ 'a'.split('') }}
{{ 'a'.split(1) }}
{{ 'a'.split('a', 'b') }}
{{ 'a'.split('a', 1, 2) }}
{{ 'a'.split(foo) }}
{{ lines.splitlines() }} {{ lines.splitlines(true) }} {{ lines.splitlines(keepends=true) }} {{ ''.splitlines() }} {{ 'a\x0bb\x0cc\x1cd\u2028e\x85f'.splitlines() }} {{ '\n'.splitlines() }} {{ 'a\r\n\r'.splitlines() }}
{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('=') }} {{ 'abc'.rpartition('=') }}
{{ 'a'.partition('') }}
{{ 'a'.partition() }}
{{ s.startswith('He') }} {{ s.endswith('ld') }} {{ s.startswith(('x', 'H')) }} {{ s.startswith('l', 2) }} {{ s.endswith('l', 0, 4) }} {{ s.startswith('') }} {{ s.startswith(()) }} {{ s.endswith('World', -5) }} {{ ''.startswith('', 1) }} {{ 'a'.startswith('', 1) }} {{ 'a'.endswith('', 2) }} {{ s.startswith('H', none, none) }}
{{ s.startswith(1) }}
{{ s.startswith(['H']) }}
{{ s.startswith(('x', 1)) }}
{{ s.startswith() }}
{{ s.startswith(none) }}
{{ s.find('o') }} {{ s.rfind('o') }} {{ s.find('z') }} {{ s.find('o', 5) }} {{ s.find('o', 5, 7) }} {{ s.find('o', -4) }} {{ ko.find('ñ') }} {{ s.index('W') }} {{ s.rindex('l') }} {{ s.find('') }} {{ s.rfind('') }} {{ s.find('', 50) }} {{ s.find('', 11) }} {{ s.rfind('', 2, 4) }} {{ s.find('l', none, 3) }} {{ s.find('o', 6, 2) }}
{{ s.index('z') }}
{{ s.find(1) }}
{{ s.find('a', 'b') }}
{{ s.count('l') }} {{ s.count('') }} {{ s.count('z') }} {{ 'aaa'.count('aa') }} {{ s.count('l', 3) }} {{ s.count('l', 3, 4) }} {{ ''.count('') }} {{ s.count('', 50) }} {{ s.count('', 3, 5) }}
{{ s.replace('l', 'L') }} {{ s.replace('l', 'L', 1) }} {{ s.replace('', '-') }} {{ s.replace('', '-', 2) }} {{ s.replace('z', 'y') }} {{ s.replace('l', '', -1) }} {{ s.replace('o', 'oo', 0) }} {{ ''.replace('', 'x') }} {{ ''.replace('', 'x', 1) }} {{ 'aaa'.replace('aa', 'b') }}
{{ s.replace('a') }}
{{ s.replace('a', 1) }}
{{ s.replace('a', 'b', 'c') }}
{{ s.replace(old='a', new='b') }}
{{ s.removeprefix('He') }} {{ s.removesuffix('ld') }} {{ s.removeprefix('x') }} {{ s.removeprefix('') }} {{ s.removesuffix('') }} {{ s.removesuffix(s) }}|
{{ ', '.join(['a', 'b']) }} {{ ''.join(['a', 'b']) }} {{ '-'.join('abc') }} {{ ','.join([]) }}| {{ ','.join(d) }} {{ ','.join(('x',)) }} {{ ','.join(foo) }}| {{ ','.join(words|map('upper')) }}
{{ ','.join([1]) }}
{{ ','.join(['a', none]) }}
{{ ','.join(5) }}
{{ ','.join() }}
[{{ 'a'.ljust(3) }}] [{{ 'a'.rjust(3) }}] [{{ 'a'.center(4) }}] [{{ 'ab'.center(5) }}] [{{ 'a'.center(4, '*') }}] [{{ 'abc'.ljust(2) }}] [{{ '5'.zfill(3) }}] [{{ '-5'.zfill(4) }}] [{{ '+5'.zfill(4) }}] [{{ ''.zfill(2) }}] [{{ 'ab'.rjust(4, '한') }}] [{{ 'abc'.center(6) }}] [{{ 'a'.zfill(-1) }}]
{{ 'a'.ljust('x') }}
{{ 'a'.ljust(3, 'xy') }}
{{ 'a'.center(3, 1) }}
{{ 'abc'.isalpha() }} {{ 'ab1'.isalnum() }} {{ '12'.isdigit() }} {{ '12'.isdecimal() }} {{ '12'.isnumeric() }} {{ ' '.isspace() }} {{ 'a'.islower() }} {{ 'A'.isupper() }} {{ 'Ab Cd'.istitle() }} {{ 'a'.isascii() }} {{ ''.isalpha() }} {{ ''.isascii() }} {{ ''.isspace() }} {{ 'a1_'.isidentifier() }} {{ 'a\n'.isprintable() }} {{ ''.isprintable() }}
{{ '½'.isnumeric() }} {{ '²'.isdigit() }} {{ '٣'.isdecimal() }} {{ '三'.isnumeric() }} {{ '\x1c'.isspace() }} {{ 'ñ'.isalpha() }} {{ 'ǅ'.istitle() }} {{ '1'.islower() }} {{ 'ª'.islower() }} {{ 'Ⓐ'.isupper() }}
{{ 'a\tb'.expandtabs() }} {{ 'a\tb'.expandtabs(4) }} {{ 'ab\n\tc'.expandtabs(tabsize=2) }}
{{ s.encode() }}
{{ 'abc'.translate({97: 'x'}) }}
{{ '{} {}'.format(1, 'a') }} {{ '{0}{1}{0}'.format('a', 'b') }} {{ '{x}'.format(x=1) }} {{ '{{}}'.format() }} {{ '{0.a} {0[b]}'.format({'a': 1, 'b': 2}) }} {{ '{a[0]}'.format(a=[5]) }}
{{ '{:>5}|{:<5}|{:^5}|{:05d}|{:.2f}|{:,}|{!r}'.format('a', 'b', 'c', 42, 1.5, 1234567, 'q') }}
{{ '{0:{1}}|{:>{}}'.format('a', 5) }}
{{ '{:{}}|{:*^{}.{}f}|{a!r:>6}|{0.real:+d}'.format('a', 5, 2.5, 9, 1, a='b') }}
{{ '{:{}}|{:*^{}.{}f}|{a!r:>6}'.format('a', 5, 2.5, 9, 1, a='b') }} {{ '{0:#x} {0:_b} {0:08,} {1:.1%} {1:e}'.format(1000, 0.25) }}
{{ '{} {0}'.format(1) }}
{{ '{0} {}'.format(1) }}
{{ '{} {0[a]}'.format({'a': 1}) }}
{{ '{:d}'.format('a') }}
{{ '{:.2d}'.format(1) }}
{{ '{:>5}'.format(none) }}
{{ '{:>5}'.format([1]) }}
{{ '{:{:{}}}'.format(1, 2, 3) }}
{{ '{!x}'.format(1) }}
{{ '{}'.format() }}
{{ '{x}'.format() }}
{{ '{'.format() }}
{{ '}'.format() }}
{{ '{0.__class__}'.format(1) }}|
{{ '{}'.format(none) }} {{ '{}'.format([1, 'a']) }} {{ '{} {}'.format(true, 1.0) }} {{ '{}'.format(foo) }}|
{{ '%s %d %.2f %5s|%-5s|%05d %x %%' % ('a', 3, 1.005, 'b', 'c', 42, 255) }} {{ '%(a)s-%(b)s' % {'a': 1, 'b': 2} }} {{ '%s' % 'x' }} {{ '%s' % [1] }} {{ '%r' % 'x' }}
{{ '%e %g %E %G' % (12345.678, 0.00001, 1.0, 1e20) }}
{{ '%c%c' % (65, 'B') }}
{{ '%+d % d %+.1f %o %X %i %u' % (1, 2, 3.14, 8, 255, 4, 5) }} {{ '%5.1f|%-8.3f|%08.2f' % (3.14159, 2.71828, -1.5) }} {{ '%.3s' % 'abcdef' }} {{ '%*d' % (5, 42) }} {{ '%d' % 3.7 }} {{ '%d' % true }} {{ '%s' % none }} {{ '%.0f %.0f' % (0.5, 1.5) }}
{{ '%#x %#o' % (255, 8) }}
{{ '%d' % 'a' }}
{{ '%s %s' % 'a' }}
{{ '%s' % ('a', 'b') }}
{{ 'a' % 'b' }}
{{ 'a' % [] }} {{ 'a' % {} }} {{ 'a%%' % () }}
{{ '%z' % 1 }}
{{ '%' % 1 }}
{{ '%(a)s' % 1 }}
{{ '%(q)s' % {} }}
{{ '%s %s' % l }}
{{ '%f' % 'a' }}
{{ '%x' % 1.5 }}
""",
    "filters of text": r"""
{{ s|upper }} {{ s|lower }} {{ s|title }} {{ s|capitalize }} {{ "they're (bill) x-y a/b 3rd"|title }} {{ ko|upper }} {{ ko|title }} {{ 5|upper }} {{ none|lower }} {{ 'ǆa'|title }} {{ 'a<b [c] {d} "e"'|title }}
[{{ ws|trim }}] [{{ 'xxaxx'|trim('x') }}] [{{ 'xxaxx'|trim(chars='x') }}] [{{ 5|trim }}] [{{ ' a '|trim(none) }}]
[{{ 'a'|center(5) }}] [{{ 'ab'|center(width=5) }}] [{{ 5|center(4) }}]
{{ s|replace('l', 'L') }} {{ s|replace('l', 'L', 1) }} {{ s|replace('l', 'L', count=1) }} {{ 55|replace(5, 6) }} {{ s|replace('', '-') }} {{ s|replace('l', 'L', none) }}
{{ s|replace('l') }}
{{ s|replace('o', none) }}
{{ s|length }} {{ ko|length }} {{ ''|length }} {{ s|count }} {{ l|length }} {{ d|count }} {{ '😀'|length }}
{{ s|wordcount }} {{ ko|wordcount }} {{ "it's a-b c_d 3.5"|wordcount }} {{ ''|wordcount }}
{{ lines|indent }}
{{ 'a\nb\n\nc'|indent(2) }}|{{ 'a\nb'|indent(2, true) }}|{{ 'a\n\nb'|indent(2, false, true) }}|{{ 'a\nb'|indent('> ') }}|{{ 'a\nb'|indent(width=3, first=true) }}|{{ 'a\n'|indent(2, blank=true) }}|{{ '\n'|indent(2, true) }}|{{ ''|indent(2, true) }}|{{ 'a\nb'|indent(0) }}|{{ 'a\nb'|indent(-1) }}
{{ 5|indent }}
{{ s|indent(none) }}
{{ html|escape }} {{ html|e }} {{ html|e|e }} {{ html|forceescape }} {{ html|e|forceescape }} {{ 5|e }} {{ none|e }} {{ [html]|e }}
{{ html|safe }} {{ html|safe|e }} {{ (html|safe) + html }} {{ html + (html|safe) }} {{ (html|safe) ~ html }} {{ (html|safe) * 2 }} {{ '%s'|safe % html }} {{ 5|safe }}
{{ (html|safe).replace('b', '<') }} {{ (html|safe).upper() + '<' }} {{ (html|safe)[:2] + '<' }} {{ (html|safe).strip('<') + '<' }} {{ (html|safe).split('b')[0] + '<' }} {{ ('a|b'|safe).partition('|')[0] + '<' }}
{{ ('<'|safe).join(['<', '<'|safe]) }} {{ ['<a>', '<b>'|safe]|join('<') }} {{ ('a'|safe)|upper + '<' }} {{ ('a b'|safe)|title + '<' }} {{ ('a'|safe)|replace('a', '<') }} {{ ('a'|safe)|replace('a', '<'|safe) }} {{ ('a'|safe)|trim + '<' }} {{ ('a'|safe)|string + '<' }} {{ ('a'|safe)|list }} {{ ('a'|safe)|first + '<' }} {{ ('ab'|safe)|reverse + '<' }}
{{ ('%s %d'|safe) % ('<', 3) }} {{ ('%(a)s'|safe) % {'a': '<'} }} {{ ('%s'|safe) % ('<'|safe) }} {{ ('%r'|safe) % '<' }}
{{ ('{}'|safe).format('<') }}
{{ ('a'|safe) == 'a' }} {{ ('a'|safe) in ['a'] }} {{ {'a': 1}['a'|safe] }} {{ ('a'|safe) < 'b' }} {{ 'a'|safe is string }} {{ 'a'|safe is escaped }} {{ 'a' is escaped }} {{ ['a'|safe] }} {{ ('a'|safe)|tojson }} {{ ('a'|safe)|length }}
{{ ('a'|safe).ljust(3, '.') + '<' }} {{ ('a'|safe).center(3) + '<' }} {{ ('a'|safe).zfill(3) + '<' }} {{ ('a\nb'|safe).splitlines()[0] + '<' }} {{ ('a\nb'|safe)|indent(2) + '<' }} {{ ('abc'|safe).removeprefix('a') + '<' }}
{{ ('a'|safe) + 1 }}
{{ ('<a>'|safe).escape('<') }}
{{ ('<a>'|safe).striptags() }}
{{ ('&lt;'|safe).unescape() }}
{{ '<a>x</a> y  z &amp; &lt;'|striptags }} {{ '<!-- c -->a<br>b'|striptags }} {{ 'a < b'|striptags }} {{ '<a'|striptags }} {{ 5|striptags }}
{{ '&copy;&#65;&#x41;&bogus;'|striptags }}
{{ 'a b/c?d=é&x'|urlencode }} {{ {'a': 1, 'b c': 'é&'}|urlencode }} {{ [('a', 1), ('b', 'x y')]|urlencode }} {{ 5|urlencode }} {{ '~-._'|urlencode }} {{ ko|urlencode }} {{ none|urlencode }}
{{ [1]|urlencode }}
{{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true) }} {{ 'foo bar baz qux'|truncate(11) }} {{ 'foo bar baz qux'|truncate(11, false, '..', 0) }} {{ 'foo bar'|truncate(3, true, '') }} {{ 'foobar'|truncate(5, leeway=0) }} {{ s|truncate(5, end='…', leeway=0) }} {{ ko|truncate(3, true, '.', 0) }} {{ 'a b'|truncate }}
{{ s|truncate(2) }}
{{ 5|truncate }}
{{ 'a b c d'|wordwrap(3) }} {{ 'abcdefgh ij'|wordwrap(3) }} {{ 'abcdefgh ij'|wordwrap(3, false) }} {{ 'a b\nc d'|wordwrap(3, wrapstring='|') }} {{ 'x'|wordwrap }} {{ ''|wordwrap }}| {{ '  a  b  '|wordwrap(4) }}| {{ 'a-b-c-d'|wordwrap(4, break_on_hyphens=false) }}
{{ 'one two-three four'|wordwrap(8) }}
{{ 0|filesizeformat }} {{ 1|filesizeformat }} {{ 999|filesizeformat }} {{ 1000|filesizeformat }} {{ 1500|filesizeformat }} {{ 1024|filesizeformat(true) }} {{ 123456789|filesizeformat }} {{ 123456789|filesizeformat(binary=true) }} {{ '1000'|filesizeformat }} {{ 1e30|filesizeformat }} {{ 1.5|filesizeformat }} {{ -5|filesizeformat }}
{{ 'x'|filesizeformat }}
{{ [1, 'a']|pprint }} {{ s|pprint }} {{ d|pprint }} {{ none|pprint }} {{ 1.5|pprint }} {{ {'b': 1, 'a': 2}|pprint }}
{{ '%s-%s'|format(1, 'a') }} {{ '%d'|format(3) }} {{ 'x'|format }} {{ '%(a)s'|format(a=1) }} {{ '%s'|format(none) }} {{ '%s'|format([1]) }} {{ '%s'|safe|format('<') }}
{{ '%s'|format }}
{{ '%s'|format(1, 2) }}
{{ '%s'|format(1, a=2) }}
{{ [1]|string }} {{ 1.0|string + 'a' }} {{ none|string + 'a' }} {{ true|string }} {{ d|string|length }}
{{ 'http://a.b'|urlize }}
{{ {'a': 1}|xmlattr }}
{{ [1]|random }}
""",
    "filters of numbers": r"""
{{ '12'|int }} {{ ' 12 '|int }} {{ '1.9'|int }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ '0x1f'|int(0, 16) }} {{ '1f'|int(base=16) }} {{ '0b11'|int(0, 2) }} {{ '1_000'|int }} {{ 2.9|int }} {{ -2.9|int }} {{ true|int }} {{ none|int }} {{ ''|int }} {{ '1e3'|int }} {{ [1]|int }} {{ 'x'|int(default='d') }} {{ '-5'|int }} {{ '+5'|int }} {{ '٣'|int }} {{ '0o17'|int(0, 8) }} {{ '0x1f'|int }} {{ '12'|int(0, 0) }} {{ '012'|int(5, 0) }} {{ '9' * 30|int }}
{{ ('9' * 30)|int }} {{ big|int }} {{ 1e20|int }} {{ '1e20'|int }} {{ [[]]|int(3) }} {{ 'z'|int(base=36) }}
{{ inf|int }}
{{ nan|int }}
{{ 'inf'|int }}
{{ 'nan'|int }}
{{ '5'|int(base=1) }}
{{ '5'|int(base=40) }}
{{ 5|int(base=16) }} {{ 5.5|int(0, 16) }} {{ '5.5'|int(0, 16) }}
{{ '1.5'|float }} {{ 'x'|float }} {{ 'x'|float(1) }} {{ 'inf'|float }} {{ '-Infinity'|float }} {{ 'nan'|float }} {{ '1e3'|float }} {{ 3|float }} {{ none|float }} {{ true|float }} {{ '1_0.5'|float }} {{ ' 1.5 '|float }} {{ '.5'|float }} {{ '5.'|float }} {{ 'x'|float(default='q') }} {{ [1]|float(2) }} {{ big|float }} {{ '1__0'|float }} {{ '1e'|float }} {{ '٣'|float }} {{ '+1.5'|float }}
{{ (10**400)|float }}
{{ 2.5|round }} {{ 3.5|round }} {{ 2.567|round(2) }} {{ 1.005|round(2) }} {{ 42|round }} {{ 42.55|round(1) }} {{ 42.7|round|int }} {{ -2.5|round }} {{ 2.1|round(0, 'ceil') }} {{ 2.9|round(method='floor') }} {{ 2.15|round(1, 'ceil') }} {{ 2.19|round(1, 'floor') }} {{ 1234.5|round(-2) }} {{ 1250|round(-2) }} {{ true|round }} {{ inf|round }} {{ nan|round }} {{ 0.5|round }} {{ 1e300|round(2) }} {{ 42|round(2) }} {{ 42|round(0, 'ceil') }} {{ 1350|round(-2) }} {{ 15|round(-1) }} {{ 25|round(-1) }}
{{ 'x'|round }}
{{ none|round }}
{{ 2.5|round(1, 'nope') }}
{{ 2.5|round('a') }}
{{ -5|abs }} {{ 5|abs }} {{ -2.5|abs }} {{ true|abs }} {{ -big|abs }} {{ (-5)|abs }} {{ neg|abs }} {{ -0.0|abs }}
{{ 'x'|abs }}
{{ none|abs }}
{{ l|sum }} {{ []|sum }} {{ [1.5, 2]|sum }} {{ l|sum(start=10) }} {{ people[:3]|sum(attribute='age') }} {{ people[:3]|sum('age', 5) }} {{ [[1], [2]]|sum(start=[]) }} {{ range(4)|sum }} {{ [true, 2]|sum }} {{ [0.1] * 10|sum }} {{ ([0.1] * 10)|sum }}
{{ words|sum }}
{{ people|sum(attribute='age') }}
{{ [[1], [2]]|sum }}
{{ l|min }} {{ l|max }} {{ words|min }} {{ words|max }} {{ words|min(true) }} {{ words|max(case_sensitive=true) }} {{ people[:3]|min(attribute='age') }} {{ (people[:3]|max(attribute='name')).name }} {{ []|min }}| {{ 'hello'|max }} {{ d|min }} {{ [1, 2.5, true]|max }}
{{ mixed|min }}
{{ 5|max }}
{{ people|max(attribute='age') }}
""",
    "filters of sequences": r"""
{{ l|first }} {{ l|last }} {{ s|first }} {{ s|last }} {{ d|first }} {{ d|last }} {{ tup|last }} {{ []|first }}| {{ ''|last }}| {{ range(3)|first }} {{ d.items()|first }} {{ d.values()|last }}
{{ 5|first }}
{{ 5|last }}
{{ l|map('string')|last }}
{{ l|join }} {{ l|join(', ') }} {{ mixed|join('|') }} {{ s|join('-') }} {{ d|join(',') }} {{ people|join(',', attribute='name') }} {{ people|join(',', 'age') }} {{ []|join(',') }}| {{ l|join(1) }} {{ words|map('upper')|join(' ') }} {{ nested|join(';') }} {{ l|join(d=',') }}
{{ 5|join }}
{{ l|list }} {{ s|list }} {{ d|list }} {{ tup|list }} {{ ko|list }} {{ range(3)|list }} {{ d.items()|list }} {{ l|map('string')|list|list }}
{{ l|sort }} {{ words|sort }} {{ words|sort(case_sensitive=true) }} {{ words|sort(reverse=true) }} {{ words|sort(true) }} {{ people|sort(attribute='name')|map(attribute='name')|list }} {{ people[:3]|sort(attribute='age', reverse=true)|map(attribute='name')|list }} {{ people[:3]|sort(attribute='age,name')|map(attribute='name')|list }} {{ people[:3]|sort(attribute='at.city,name')|map(attribute='name')|list }} {{ d|sort }} {{ 'hello'|sort }} {{ [true, false, 2]|sort }} {{ [[2], [1, 5]]|sort }} {{ [(1, 'b'), (1, 'B'), (0, 'c')]|sort }} {{ people[:3]|sort(attribute='-age')|length }}
{{ mixed|sort }}
{{ people|sort(attribute='age') }}
{{ [none, none]|sort }}
{{ [nan, 1, 2]|sort|length }} {{ [2, nan, 1]|sort }}
{{ d|dictsort }} {{ {'b': 1, 'A': 2, 'a': 3}|dictsort }} {{ {'b': 1, 'A': 2}|dictsort(true) }} {{ {'b': 1, 'A': 2}|dictsort(by='value') }} {{ {'b': 1, 'A': 2}|dictsort(false, 'key', true) }} {{ {'b': 1, 'A': 2}|dictsort(reverse=true) }} {{ {2: 'a', 1: 'b'}|dictsort }} {{ {'a': 'B', 'b': 'a'}|dictsort(by='value') }}
{{ keys|dictsort }}
{{ l|dictsort }}
{{ d|dictsort(by='nope') }}
{{ words|unique|list }} {{ words|unique(true)|list }} {{ [1, 1.0, true, 2]|unique|list }} {{ people|unique(attribute='at.city')|map(attribute='name')|list }} {{ 'hello'|unique|join }} {{ (range(40)|list + [1, 2.0, 'x', true, none])|unique|list }} {{ (range(30)|map('string')|list * 2)|unique|list }} {{ []|unique|list }} {{ [none, none]|unique|list }} {{ people|unique(attribute='age')|list|length }}
{{ nested|unique|list }}
{{ l|reverse|list }} {{ s|reverse }} {{ d|reverse|list }} {{ tup|reverse|list }} {{ range(3)|reverse|list }} {{ l|map('string')|reverse|list }} {{ d.items()|reverse|list }}
{{ 5|reverse }}
{{ words|map('upper')|list }} {{ words|map('replace', 'a', 'x')|list }} {{ people|map(attribute='name')|list }} {{ people|map(attribute='age', default=0)|list }} {{ people|map(attribute='at.city', default='-')|list }} {{ nested|map('first')|list }} {{ nested|map(attribute=0)|list }} {{ nested|map(attribute='1')|list }} {{ l|map('string')|map('length')|list }} {{ words|map('default', 'x')|list }} {{ words|map('indent', width=2)|list }} {{ words|map('center', 3)|list }} {{ [[3, 1], [2]]|map('sort', reverse=true)|list }} {{ []|map('nope')|list }}
{{ words|map('nope')|list }}
{{ words|map }}
{{ words|map()|list }}
{{ words|map(foo='a')|list }}
{{ words|map('upper', 1)|list }}
{{ words|map(attribute='x', nope=1)|list }}
{{ words|map(attribute='x.y')|list }}
{{ l|map('length')|list }}
{{ words|map('upper') }}
{{ words|map('upper')|length }}
{{ (words|map('upper'))[0] }}
{{ words|map('upper')|tojson }}
{% set g = words|map('upper') %}{{ g|list }}{{ g|list }}
{% set g = words|map('upper') %}{{ g|first }}{{ g|list }}
{% set g = words|map('upper') %}{{ 'A' in g }}{{ g|list }}
{% set g = words|map('upper') %}{% for x in g %}{{ x }}{% if loop.first %}{{ g|list }}{% endif %}{% endfor %}
{% set g = words|map('upper') %}{{ g is iterable }} {{ g is sequence }} {{ g is defined }} {{ g|join }} {{ g|join }}|{{ 'y' if g else 'n' }}
{% for x in words|map('upper') %}{{ loop.length }}{{ loop.last }}{{ loop.revindex }}{{ x }}{% endfor %}
{{ mixed|select|list }} {{ mixed|reject|list }} {{ l|select('odd')|list }} {{ l|reject('odd')|list }} {{ l|select('gt', 1)|list }} {{ l|select('>', 1)|list }} {{ l|select('in', [1, 2])|list }} {{ mixed|select('string')|list }} {{ mixed|select('none')|list }} {{ words|select('equalto', 'a')|list }} {{ l|select('divisibleby', 2)|list }} {{ words|reject('upper')|list }} {{ mixed|select('defined')|list }} {{ l|select('!=', 2)|list }} {{ words|select('in', 'ab')|list }} {{ mixed|reject('none')|list }} {{ []|select('nope')|list }}
{{ l|select('nope')|list }}
{{ l|select('gt')|list }}
{{ words|select('gt', 1)|list }}
{{ people|selectattr('age')|list|length }} {{ people|selectattr('age', 'equalto', 30)|map(attribute='name')|list }} {{ people|rejectattr('age', 'defined')|list }} {{ people|selectattr('at.city', 'equalto', 'X')|list|length }} {{ people|rejectattr('age')|map(attribute='name')|list }} {{ people|selectattr('age', 'gt', 26)|list|length if no else '' }} {{ nested|selectattr(0, 'gt', 1)|list }} {{ people|selectattr('name', 'in', ['Bo'])|list|length }} {{ people|selectattr('nope', 'undefined')|list|length }} {{ people|selectattr('at')|list|length }}
{{ people|selectattr('age', 'gt', 26)|list }}
{{ people|selectattr|list }}
{{ people|selectattr('a.b.c')|list }}
{{ people|selectattr('age', 'nope')|list }}
{{ l|batch(2)|list }} {{ l|batch(2, 'x')|list }} {{ range(5)|batch(3, fill_with=0)|list }} {{ []|batch(2)|list }} {{ s|batch(4)|list }} {{ l|batch(linecount=1)|list }} {{ l|batch(5, none)|list }} {{ l|batch(5, '')|list }}
{{ l|batch(0)|list }}
{{ l|batch }}
{{ 5|batch(2)|list }}
{{ l|batch(2) }}
{{ range(7)|slice(3)|list }} {{ range(7)|slice(3, 'x')|list }} {{ l|slice(5)|list }} {{ l|slice(slices=2, fill_with=0)|list }} {{ []|slice(2)|list }} {{ s|slice(2)|list }} {{ l|slice(1)|list }} {{ range(6)|slice(3, 'x')|list }}
{{ l|slice(0)|list }}
{{ 5|slice(2)|list }}
{{ l|slice(2) }}
{% for city, group in people|groupby('at.city', default='?') %}{{ city }}: {{ group|map(attribute='name')|join(',') }};{% endfor %}
{{ people[:3]|groupby('age') }} {{ people|groupby('at.city', 'q', true)|map('first')|list }} {{ people[:3]|groupby(attribute='at.city')|map(attribute='grouper')|list }} {{ (people[:3]|groupby('age')|first).list|length }} {{ []|groupby('x') }} {{ nested|groupby(0) }} {{ ['b', 'a', 'B']|groupby(0) }} {{ ['b', 'a', 'B']|groupby(0, case_sensitive=true) }}
{{ people|groupby('age') }}
{{ people|groupby }}
{{ d|items|list }} {{ ed|items|list }} {% for k, v in d|items %}{{ k }}={{ v }};{% endfor %}
{{ l|items }}
{{ 'x'|items|list }}
{{ none|default('x') }} {{ foo|default('x') }} {{ ''|default('x') }} {{ ''|default('x', true) }} {{ 0|d('x', boolean=true) }} {{ foo|default }}| {{ foo|default(default_value='y') }} {{ d.q|default(d.a) }} {{ no|default('x', true) }} {{ foo|default(none) }}
{{ foo.bar|default('x') }}
{{ people[0]|attr('name') }}|
{{ s|attr('upper') }}
{{ s|attr('nope') }}| {{ l|attr('nope') is defined }}
{{ s|attr('__class__') }}|
{{ s|attr }}
{{ 1|nope }}
{{ 1 is nope }}
{% if no %}{{ 1|nope }}{{ 1 is nope }}{% endif %}ok {{ 1|nope if no else 2 }}
{% if yes %}{{ 1|nope }}{% endif %}
{% if yes %}{{ 1 is nope }}{% endif %}
{% for x in [] %}{{ 1|nope }}{% endfor %}
{{ s|upper|lower|title|length }} {{ -1|abs }} {{ (1 + 2)|string }} {{ 'a' ~ 'b'|upper }} {{ 'a' + 'b'|upper }} {{ not s|length }} {{ s|upper == 'X' }} {{ 2 * 3|float }} {{ 'a'|upper() }}
{{ s|upper(1) }}
{{ s|length(1) }}
{{ s|default('a', 'b', 'c') }}
{{ s|trim(nope=1) }}
{{ [1, 2]|join(',', attribute='a', nope=1) }}
{{ s|upper(*[]) }} {{ l|join(*[',']) }} {{ l|join(**{'d': ','}) }}
""",
    "json": r"""
{{ none|tojson }} {{ true|tojson }} {{ 1|tojson }} {{ 1.0|tojson }} {{ 1e16|tojson }} {{ tiny|tojson }} {{ 's'|tojson }} {{ l|tojson }} {{ d|tojson }} {{ tup|tojson }} {{ [[], {}, ()]|tojson }} {{ big|tojson }} {{ -0.0|tojson }}
{{ nan|tojson }} {{ [inf, -inf]|tojson }} {{ html|tojson }} {{ quotes|tojson }} {{ ko|tojson }} {{ lines|tojson }} {{ '\x00\x1f\x7f\u2028/'|tojson }} {{ '\\'|tojson }} {{ '😀'|tojson }}
{{ ko|tojson(ensure_ascii=true) }} {{ '😀\x7f'|tojson(true) }} {{ {'é': 'ñ'}|tojson(ensure_ascii=true) }}
{{ d|tojson(indent=2) }} {{ d|tojson(indent=0) }} {{ d|tojson(indent=none) }} {{ d|tojson(indent='--') }} {{ d|tojson(indent=-1) }} {{ nested|tojson(indent=1) }} {{ [[], {}]|tojson(indent=2) }} {{ d|tojson(indent=true) }} {{ d|tojson(indent='') }}
{{ d|tojson(indent=1.5) }}
{{ d|tojson(separators=(',', ':')) }} {{ d|tojson(separators=[', ', ' = ']) }} {{ d|tojson(indent=2, separators=(',', ':')) }} {{ d|tojson(separators=none) }}
{{ d|tojson(separators=(',')) }}
{{ d|tojson(separators=(1, 2)) }}
{{ d|tojson(separators=',:') }}
{{ {'b': 1, 'a': 2}|tojson(sort_keys=true) }} {{ {2: 1, 1: 2}|tojson(sort_keys=true) }} {{ {'b': {'z': 1, 'y': 2}, 'a': [{'d': 1, 'c': 2}]}|tojson(sort_keys=true) }} {{ {'Z': 1, 'a': 2, 'é': 3, '😀': 4, '￿': 5}|tojson(sort_keys=true) }}
{{ keys|tojson(sort_keys=true) }}
{{ keys|tojson }} {{ {1: 1, true: 2}|tojson }} {{ {none: 1, false: 2, 1.0: 3, 10**20: 4}|tojson }} {{ {nan: 1}|tojson }}
{{ {(1, 2): 3}|tojson }}
{{ d|tojson(true, 1, (',', ':'), true) }}
{{ d|tojson(nope=1) }}
{{ range(3)|tojson }}
{{ d.items()|tojson }}
{{ d.keys()|tojson }}
{{ namespace(a=1)|tojson }}
{{ [foo]|tojson }}
{{ s.upper|tojson }}
{{ d|tojson|length }} {{ d|tojson + 'x' }} {{ d|tojson|safe + '<' }} {{ '<'|tojson + '<' }} {{ d|tojson is string }} {{ d|tojson is escaped }} {{ ('<'|safe)|tojson }}
{{ {'a': 1, 'a': 2}|tojson }} {{ {'a': '1'}|tojson|tojson }}
""",
    "tests": r"""
{{ 1 is boolean }} {{ yes is boolean }} {{ yes is true }} {{ no is false }} {{ 1 is true }} {{ 0 is false }} {{ none is none }} {{ 'x' is none }}
{{ 1 is integer }} {{ yes is integer }} {{ 1.0 is integer }} {{ 1.0 is float }} {{ 1 is float }} {{ 1 is number }} {{ yes is number }} {{ 1.5 is number }} {{ '1' is number }} {{ big is integer }} {{ nan is number }}
{{ 's' is string }} {{ 1 is string }} {{ html|safe is string }} {{ l is sequence }} {{ d is sequence }} {{ 's' is sequence }} {{ tup is sequence }} {{ 1 is sequence }} {{ none is sequence }} {{ range(2) is sequence }} {{ d.keys() is sequence }} {{ foo is sequence }}
{{ d is mapping }} {{ l is mapping }} {{ foo is mapping }} {{ l is iterable }} {{ 1 is iterable }} {{ 's' is iterable }} {{ none is iterable }} {{ foo is iterable }} {{ range(1) is iterable }} {{ d.items() is iterable }} {{ d.items() is mapping }}
{{ range is callable }} {{ 's' is callable }} {{ s.upper is callable }} {{ namespace is callable }} {{ dict is callable }} {{ foo is callable }} {{ none is callable }}
{{ 2 is even }} {{ 3 is odd }} {{ 4 is divisibleby 2 }} {{ 4 is divisibleby(3) }} {{ 2.0 is even }} {{ -3 is odd }} {{ true is odd }} {{ 4 is divisibleby(num=2) }} {{ big is even }} {{ 2.5 is odd }}
{{ 'a' is even }}
{{ none is odd }}
{{ foo is even }}
{{ 4 is divisibleby 0 }}
{{ 4 is divisibleby }}
{{ 4 is divisibleby 'a' }}
{{ 1 is eq 1 }} {{ 1 is equalto 1 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 1 is lessthan 2 }} {{ 1 is gt 2 }} {{ 1 is greaterthan 2 }} {{ 1 is le 1 }} {{ 1 is ge 1 }} {{ 1 is in [1] }} {{ 'a' is in 'ab' }}
{{ 1 is lt 'a' }}
{{ 1 is == 1 }}
{{ 'abc' is lower }} {{ 'ABC' is upper }} {{ 'aBc' is lower }} {{ '' is lower }} {{ 1 is lower }} {{ none is upper }} {{ 'ß' is lower }} {{ '1a' is lower }}
{{ none is sameas none }} {{ yes is sameas true }} {{ 1 is sameas true }} {{ foo is sameas foo }} {{ d is sameas d }} {{ l is sameas [3, 1, 2] }} {{ none is sameas false }}
{{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ 'nope' is test }} {{ 'batch' is filter }} {{ 'sameas' is test }} {{ '==' is test }} {{ 'tojson' is filter }} {{ 'urlize' is filter }} {{ 5 is filter }}
{{ [] is test }}
{{ 1 is not odd }} {{ not 1 is odd }} {{ 1 is not defined }} {{ foo is not defined }} {{ 1 is defined is true }}
{{ 1 is number and 2 is even }} {{ 1 + 1 is even }} {{ s|length is odd }} {{ (1 is odd) is true }} {{ 1 is odd or foo.bar }} {{ -1 is number }} {{ 2 is even if 1 else 3 }} {{ [1] is iterable and [1] is not string }} {{ 1 is divisibleby 1 + 0 }} {{ l is defined and l[0] == 3 }}
{{ 1 is odd 2 }}
{{ 1 is odd() }} {{ 1 is eq(1) }} {{ 'a' is eq 'a' ~ 'b' }} {{ 3 is divisibleby n - 4 }} {{ 1 is in l }} {{ 1 is in(l) }} {{ 'c' is in d.b }} {{ 3 is divisibleby l[0] }}
{{ 1 is undefined }} {{ foo is undefined }} {{ d.a is defined }} {{ d.nope.nope is defined }}
{{ 1 is escaped }} {{ html|e is escaped }}
{{ 1 is defined(2) }}
{{ 1 is }}
{{ 1 is not }}
""",
    "loops": r"""
{% for x in l %}{{ x }}{% endfor %} {% for x in s %}{{ x }}.{% endfor %} {% for k in d %}{{ k }}{% endfor %} {% for x in tup %}{{ x }}{% endfor %} {% for x in range(3) %}{{ x }}{% endfor %}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.depth }}{{ loop.depth0 }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}
{% for x in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{{ loop.previtem|default('p') }}{{ loop.nextitem|default('n') }};{% endfor %}
{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }};{% endfor %}
{% for x in [1, 1, 2, 2, 1] %}{{ loop.changed(x) }} {% endfor %}
{% for x in l %}{{ loop.cycle() }}{% endfor %}
{% for x in l %}{{ loop.nope }}|{{ loop['index'] }}{% endfor %}
{% for x in l %}{{ loop }}{% endfor %}
{% for x in l %}{{ loop(x) }}{% endfor %}
{% for x in l %}{{ loop|length }}{{ loop is defined }}{{ loop is iterable }}{% endfor %}{{ loop }}|{{ loop is defined }}
{{ loop.index }}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}
{% for a, b in nested %}{{ a }},{{ b }};{% endfor %}
{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for (a, b) in [(1, 2)] %}{{ a }}{{ b }}{% endfor %}
{% for a, in [(1,)] %}{{ a }}{% endfor %}
{% for a, b in l %}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for a, b in [(1,)] %}{% endfor %}
{% for a, b in ['xy'] %}{{ b }}{{ a }}{% endfor %}
{% for a, b in [{'x': 1, 'y': 2}] %}{{ a }}{{ b }}{% endfor %}
{% for a, b in [foo] %}{% endfor %}
{% for a, b in [none] %}{% endfor %}
{% for x in l if x > 1 %}{{ x }}{{ loop.index }}{{ loop.length }}{{ loop.last }};{% else %}E{% endfor %}
{% for x in l if x > 9 %}{{ x }}{% else %}E{% endfor %} {% for x in [] %}{% else %}E{% endfor %} {% for x in l if x > 1 %}{{ x }}{% endfor %}
{% for x in l if loop.index > 1 %}{{ x }}{% endfor %}
{% for k, v in d.items() if v %}{{ k }}{% endfor %} {% for x in l if x is odd and x != n %}{{ x }}{% endfor %} {% for p in people if p.age is defined %}{{ p.name }}{% endfor %}
{% for x in [1, 2, 3, 4] %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for x in l %}{% break %}{% else %}E{% endfor %}| {% for x in l %}{% continue %}{% else %}E{% endfor %}| {% for x in l %}{{ x }}{% break %}{% else %}E{% endfor %}
{% for x in l %}{% for y in l %}{% if y == x %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}
{% for x in l %}{% for y in l %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}
{% for x in l %}{% set outer = loop %}{% for y in 'ab' %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}
{% for x in l %}{% set x = x * 2 %}{{ x }}{% endfor %}{{ x }}| {% for x in [1] %}{% for x in [2] %}{{ x }}{% endfor %}{{ x }}{% endfor %}
{% for x in x %}{{ x }}{% endfor %}| {% set x = [1, 2] %}{% for x in x %}{{ x }}{% endfor %}{{ x }}
{% for x in l recursive %}{{ x }}{% endfor %}
{% for x in [[1, [2]]] recursive %}{{ loop(x[1]) if x is iterable else x }}{% endfor %}
{% for x in l, 5 %}{{ x }};{% endfor %} {% for x in (1, 2) %}{{ x }}{% endfor %} {% for x in 1, %}{{ x }}{% endfor %}
{% for x in l|sort|reverse %}{{ x }}{% endfor %} {% for x in l[1:] %}{{ x }}{% endfor %} {% for x in l + [9] %}{{ x }}{% endfor %} {% for x in (l if yes else []) %}{{ x }}{% endfor %}
{% for x in l if yes else [] %}{{ x }}{% endfor %}
{% for x in l %}{{ x }}
{% for x l %}{% endfor %}
{% for in l %}{% endfor %}
{% for x in %}{% endfor %}
{% for 1 in l %}{% endfor %}
{% for x.y in l %}{% endfor %}
{% for true in l %}{% endfor %}
{% endfor %}
{% break %}
{% for x in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
{% for x in l %}{% endif %}{% endfor %}
{% for x in l %}{{ x }}{% else %}{{ x }}{% endfor %}|{{ x }}
{% for i in range(3) %}{% if i is even %}{{ i }}{% else %}-{% endif %}{% endfor %} {% for i in range(2) %}{% for j in range(2) if j == i %}{{ i }}{{ j }} {% endfor %}{% endfor %}
{% for x in l %}{% if loop.first %}[{% endif %}{{ x }}{% if not loop.last %}, {% else %}]{% endif %}{% endfor %}
{% for x in people|selectattr('age') %}{{ x.name }}{{ loop.length }}{{ loop.last }}{% endfor %}
{% for x in d.values() %}{{ x }};{{ loop.length }}{% endfor %} {% for k, v in {}.items() %}{% else %}none{% endfor %}
{% for loop in l %}{{ loop }}{% endfor %}
{% for x in l %}{% filter upper %}{{ loop.index }}a{% endfilter %}{% set b %}{{ loop.index }}{% endset %}{{ b }}{% endfor %}
""",
    "scoping": r"""
{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }} {% if true %}{% set y = 3 %}{% endif %}{{ y }} {% if false %}{% set z = 3 %}{% endif %}[{{ z }}]
{% set x = 1 %}{% for i in l %}{{ x }}{% set x = x + 1 %}{{ x }};{% endfor %}{{ x }}
{% for i in l %}{% if loop.first %}{% set x = 'first' %}{% endif %}[{{ x }}]{% endfor %}
{% set x = 0 %}{% for i in l %}{% for j in l %}{% set x = x + 1 %}{% endfor %}{{ x }}{% endfor %}{{ x }}
{% set a = 1 %}{% set b = a %}{% set a = 2 %}{{ a }}{{ b }} {% set a, b = b, a %}{{ a }}{{ b }} {% set (a, b) = [3, 4] %}{{ a }}{{ b }} {% set a, (b, c) = 1, (2, 3) %}{{ a }}{{ b }}{{ c }}
{% set a, b = 1 %}
{% set a, b = 1, 2, 3 %}
{% set x = 1, 2 %}{{ x }} {% set x = 1, %}{{ x }} {% set x = (1) %}{{ x }} {% set x = 1 if false %}[{{ x }}]
{% set x %}a{{ n }}b{% endset %}[{{ x }}] {% set x | upper %}abc{% endset %}{{ x }} {% set x | upper | replace('A', 'q') %}abc{% endset %}{{ x }} {% set x %}{% endset %}[{{ x }}]
{% set x %}{% set y = 1 %}{{ y }}{% endset %}{{ x }}[{{ y }}] {% set x %}a{% set x %}b{% endset %}{{ x }}{% endset %}{{ x }}
{% set ns = namespace(a=1, b='x') %}{{ ns.a }}{{ ns.b }}{% set ns.a = 2 %}{{ ns.a }}{% for i in l %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{% set ns.c = 5 %}{{ ns.c }}{{ ns['a'] }}
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }} {{ namespace() }} {{ namespace(a=1, b=[2]) }} {% set ns.a, ns.b = 8, 9 %}{{ ns.a }}{{ ns.b }} {% set ns.x %}blk{% endset %}{{ ns.x }}
{% set ns = namespace(_a=1) %}
{% set ns = namespace() %}{% set ns._a = 1 %}
{% set ns = namespace(items=1, keys=2) %}{{ ns.items }}{{ ns.keys }}
{% set ns = namespace() %}{{ ns is mapping }} {{ ns is iterable }} {{ ns is defined }} {{ ns == ns }} {{ ns == namespace() }} {{ 'y' if ns else 'n' }} {{ ns is callable }}
{% set ns = namespace() %}{{ ns|length }}
{% set ns = namespace() %}{% for x in ns %}{% endfor %}
{% set d.x = 1 %}
{% set foo.x = 1 %}
{% set q = {} %}{% set q.x = 1 %}
{% set x[0] = 1 %}
{% set 1 = 2 %}
{% set none = 2 %}
{% set x == 1 %}
{% set x = %}
{% set x %}a
{% set ns = namespace(a=1) %}{% set other = ns %}{% set other.a = 5 %}{{ ns.a }} {% set ns = namespace(l=[]) %}{% set ns.l = ns.l + [1] %}{{ ns.l }}
{% set ns = namespace(a=1) %}{% macro m(o) %}{% set o.a = o.a + 1 %}{% endmacro %}{{ m(ns) }}{{ m(ns) }}{{ ns.a }}
{% set ns = namespace(a=1) %}{% macro m() %}{% set ns.a = ns.a + 1 %}{{ ns.a }}{% endmacro %}{{ m() }}{{ m() }}{{ ns.a }}
{% with %}{% set w = 1 %}{{ w }}{% endwith %}[{{ w }}] {% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}[{{ a }}] {% with n = n + 1 %}{{ n }}{% endwith %}{{ n }} {% with a = 1, b = a %}[{{ b }}]{% endwith %} {% with (a, b) = (1, 2) %}{{ a }}{{ b }}{% endwith %}
{% set a = 5 %}{% with a = 1, b = a %}{{ a }}{{ b }}{% set a = 9 %}{{ a }}{% endwith %}{{ a }}
{% filter upper %}a{{ s }}{% set fv = 1 %}{% endfilter %}[{{ fv }}] {% filter replace('a', 'b')|upper %}aaa{% endfilter %} {% filter trim %} {% if yes %} x {% endif %} {% endfilter %}| {% filter indent(2) %}a
b{% endfilter %}
{% filter nope %}a{% endfilter %}
{% filter length %}abc{% endfilter %} {% filter list %}ab{% endfilter %} {% filter tojson %}"{% endfilter %}
{% if no %}{% elif yes %}{% set x = 'elif' %}{% else %}{% set x = 'else' %}{% endif %}{{ x }} {% if x is defined %}{{ x }}{% endif %}
{{ x }}{% set x = 1 %}{{ x }} {% if yes %}{{ q }}{% set q = 1 %}{{ q }}{% endif %}{{ q }}
{% set s = s ~ '!' %}{{ s }} {% for i in l %}{{ s }}{% set s = 'in' %}{{ s }}{% endfor %}{{ s }} {% set n = n %}{{ n }} {% set messages = messages[0] %}{{ messages.content }}
{% set range = 5 %}{{ range }} {% set namespace = 1 %}{{ namespace }} {% set dict = {'a': 1} %}{{ dict.a }}
{% set loop = 3 %}{{ loop }}{% for x in [1] %}{{ loop.index }}{% endfor %}{{ loop }}
{% if yes %}{% if no %}{% set a = 1 %}{% elif yes %}{% set a = 2 %}{% endif %}{{ a }}{% for i in [1] %}{% set a = 3 %}{{ a }}{% endfor %}{{ a }}{% endif %}{{ a }}
{% for i in [1, 2] %}{% if i == 1 %}{% set v = 'one' %}{% else %}{{ v }}{% endif %}{% endfor %}[{{ v }}]
{% set v = 'o' %}{% for i in [1, 2] %}{% if i == 1 %}{% set v = 'one' %}{% endif %}{{ v }}{% endfor %}[{{ v }}]
{% block b %}x{% endblock %}
{% include 'x' %}
{% import 'x' as y %}
{% from 'x' import y %}
{% extends 'x' %}
{% do x %}
{% trans %}x{% endtrans %}
{% autoescape true %}{{ '<' }}{% endautoescape %}
{% debug %}
{% nope %}
{% print 1, 'a' %} {% print(2) %}
{% print %}
{% if %}x{% endif %}
{% if yes %}x
{% if yes %}x{% endfor %}
{% else %}
{% if yes %}x{% else %}y{% else %}z{% endif %}
{% if yes %}x{% else %}y{% elif no %}z{% endif %}
{% elif x %}
{% endif %}
{% if yes, no %}x{% endif %} {% if () %}x{% else %}y{% endif %} {% if l %}x{% endif %} {% if not l %}x{% elif 'a' in s or yes %}y{% endif %}
""",
    "macros": r"""
{% macro m(a, b=2) %}[{{ a }}{{ b }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=4, a=5) }}{{ m(1, b=6) }}{{ m() }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(c=1) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
{% macro m(a, b) %}{{ a is defined }}{{ b is defined }}{% endmacro %}{{ m(1) }}{{ m(foo) }}{{ m() }}
{% macro m(a, b=a) %}[{{ a }}{{ b }}]{% endmacro %}{{ m(1) }} {% macro o(a=n, b=a ~ 'x') %}[{{ a }}{{ b }}]{% endmacro %}{{ o() }}{{ o(1) }}
{% macro m(a, b) %}{{ a.x }}{% endmacro %}{{ m() }}
{% macro m(a) %}{{ a.x }}{% endmacro %}{{ m() }}
{% macro m(*a) %}{% endmacro %}
{% macro m(a=1, b) %}{% endmacro %}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}{{ m() }}
{% macro m(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1, 2, 3) }}
{% macro m(a) %}{{ a }}{{ kwargs }}{% endmacro %}{{ m(1, b=2) }}
{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(1) }}
{% macro m() %}x{% endmacro %}{{ m }} {{ m.name }} {{ m() + '<' }} {{ m() is string }} {{ m()|upper }} {{ m is callable }} {{ m is defined }}
{% macro m() %}x{% endmacro %}{{ m.arguments }} {{ m.catch_kwargs }} {{ m.catch_varargs }} {{ m.caller }}
{% macro m() %}{{ y }}{% endmacro %}[{{ m() }}]{% set y = 3 %}[{{ m() }}]
{% macro m() %}{% set y = 1 %}{{ y }}{% endmacro %}{{ m() }}[{{ y }}] {% set y = 5 %}{% macro o() %}{{ y }}{% set y = 6 %}{{ y }}{% endmacro %}{{ o() }}{{ y }}
{{ m() }}{% macro m() %}x{% endmacro %}
{% if yes %}{% macro m() %}x{% endmacro %}{% endif %}{{ m() }} {% for i in l %}{% macro q() %}{{ i }}{% endmacro %}{{ q() }}{% endfor %}[{{ q }}]
{% macro f(k) %}{{ k }}{% if k > 0 %}{{ f(k - 1) }}{% endif %}{% endmacro %}{{ f(3) }}
{% macro even(k) %}{{ odd(k - 1) if k else 'E' }}{% endmacro %}{% macro odd(k) %}{{ even(k - 1) if k else 'O' }}{% endmacro %}{{ even(4) }}{{ even(3) }}
{% macro a() %}{% macro b() %}inner{% endmacro %}{{ b() }}{% endmacro %}{{ a() }}[{{ b }}]
{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}body{{ n }}{% endcall %}
{% macro m() %}<{{ caller('v', 2) }}>{% endmacro %}{% call(a, b=1) m() %}{{ a }}{{ b }}{% endcall %}
{% macro m(x) %}{{ x }}{{ caller(x=1) }}{% endmacro %}{% call(x) m(5) %}{{ x }}{% endcall %}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}
{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}
{% macro m(caller) %}{{ caller }}{% endmacro %}{{ m(1) }}
{% macro m(caller=none) %}{{ caller is none }}{{ caller() if caller }}{% endmacro %}{{ m() }}{% call m() %}y{% endcall %}
{% macro m() %}{% for i in [1, 2] %}{{ caller(i) }}{% endfor %}{% endmacro %}{% for i in 'ab' %}{% call(j) m() %}{{ i }}{{ j }} {% endcall %}{% endfor %}
{% macro a() %}({{ caller() }}){% endmacro %}{% macro b() %}[{{ caller() }}]{% endmacro %}{% call a() %}{% call b() %}x{% endcall %}{% endcall %}
{% call foo() %}x{% endcall %}
{% call 5 %}x{% endcall %}
{% call s.upper() %}x{% endcall %}
{% macro m() %}{% call m %}{% endcall %}{% endmacro %}
{% macro m() %}a
{% macro %}{% endmacro %}
{% macro m %}{% endmacro %}
{% macro m() %}{% endmacro m %}
{% macro m() %}x{% endmacro %}{% set alias = m %}{{ alias() }} {{ [m][0]() }} {% set box = {'f': m} %}{{ box.f() }} {% set ns = namespace(f=m) %}{{ ns.f() }}
{% macro m(x) %}{% for x in x %}{{ x }}{% endfor %}{{ x }}{% endmacro %}{{ m([1, 2]) }}
{% macro m(x) %}{{ x }}{% endmacro %}{{ m(*[1]) }}{{ m(**{'x': 2}) }}{{ m(*'a') }}
{% macro m(x) %}{{ x }}{% endmacro %}{{ m(*5) }}
{% macro m(x) %}{{ x }}{% endmacro %}{{ m(**5) }}
{% macro m(x) %}{{ x }}{% endmacro %}{{ m(1, *[2]) }}
{% macro m(x) %}{{ x }}{% endmacro %}{{ m(x=1, **{'x': 2}) }}
{% macro m(x, y) %}{{ x }}{{ y }}{% endmacro %}{{ m(*[1], y=2) }}{{ m(x=1, *[2]) }}
{% macro m(x) %}{% if x %}{{ x[0] }}{{ m(x[1:]) }}{% endif %}{% endmacro %}{{ m([1, 2, 3]) }}{{ m('abc') }}
{% macro m() %}  a  {%- endmacro %}[{{ m() }}] {% macro o() -%}  b  {% endmacro %}[{{ o() }}]
{% macro m() %}{% generation %}x{% endgeneration %}{% endmacro %}{{ m() }} {% generation %}a{{ n }}{% set g = 1 %}{% endgeneration %}[{{ g }}]
{% for i in l %}{% generation %}{{ i }}{{ loop.index }}{% endgeneration %}{% endfor %}
{% for i in l %}{% generation %}{% break %}{% endgeneration %}{% endfor %}
{% generation %}x
{{ raise_exception('boom') }}
{{ raise_exception(1) }}
{{ raise_exception() }}
{{ raise_exception('a', 'b') }}
{{ raise_exception(message='kw') }}
{{ 1 if yes else raise_exception('no') }} {{ no and raise_exception('no') }}
{{ strftime_now('%Y-%m-%d %H:%M:%S') }} {{ strftime_now('%d %B %Y, %A %a %b %j %p %I %y %U %W %w %u %%') }} {{ strftime_now('') }}| {{ strftime_now('%-d %-m %e %D %F %T %R %H%M') }} {{ strftime_now('한 %d') }} {{ strftime_now('%f') }} {{ strftime_now('%G-W%V') }} {{ strftime_now('%C %h %k %l %P %r %x %X %c %g %n%t') }}
{{ strftime_now('%s')|length > 0 }}
{{ strftime_now() }}
{{ strftime_now(5) }}
{{ cycler('a', 'b').next() }}
{{ joiner(',')() }}
{{ lipsum()|length > 0 }}
{{ self.x }}
""",
    "recursion": r"""
{% for x in nested recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}
{% for x in nested recursive %}[{{ loop.depth }}{{ loop.depth0 }}{{ loop.index }}{{ loop.last }}{{ loop(x) if x is iterable }}]{% endfor %}
{% for k, v in d.items() recursive %}{{ k }}={% if v is mapping %}({{ loop(v.items()) }}){% else %}{{ v }}{% endif %};{% endfor %}
{% for x in l recursive %}{% for y in [1] %}{{ loop(y) }}{% endfor %}{% endfor %}
{% for x in nested recursive %}{% set up = loop %}{% for y in x %}{% if y is iterable %}{{ up(y) }}{% else %}{{ y }}{{ up.depth }}{% endif %}{% endfor %}{% endfor %}
{% for x in [1, 2, 3, 4] if x is odd recursive %}{{ x }}{{ loop.length }}{{ loop([5, 6]) if loop.depth < 2 }}{% else %}none{% endfor %}
{% for x in [] recursive %}x{% else %}empty{% endfor %} {% for x in [1] recursive %}{{ loop([]) }}{% else %}inner{% endfor %}
{% for x in [1] recursive %}{{ loop() }}{% endfor %}
{% for x in [1] recursive %}{{ loop([], 1) }}{% endfor %}
{% for x in [1] recursive %}{{ loop(iterable=[]) }}{% endfor %}
{% for x in [1] recursive %}{{ loop(5) }}{% endfor %}
{% for x in [1] %}{{ loop([]) }}{% endfor %}
{% for x in l recursive %}{{ x }}{% break %}{% endfor %} {% for x in l recursive %}{% continue %}{% endfor %} {% set y = 1 %}{% for x in [1, 2] recursive %}{{ y }}{% set y = 5 %}{% endfor %}{{ y }}
{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}
{% set ns = namespace(f=none) %}{% for x in [[1], 2] recursive %}{% set ns.f = loop %}{{ loop(x) if x is iterable else x }}{% endfor %}{{ ns.f([7]) }}{{ ns.f }}
""",
    "loops that look ahead": r"""
{% set ns = namespace(f=true) %}{% for x in l if ns.f %}{{ x }}{{ loop.index }}{% set ns.f = false %}{% endfor %}
{% set ns = namespace(f=true) %}{% for x in l if ns.f %}{{ x }}{{ loop.last }}{% set ns.f = false %}{% endfor %}
{% set ns = namespace(i=0) %}{% for x in l if x > ns.i %}{{ x }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.index0 }}{% set ns.i = x - 1 %}{% endfor %}
{% set ns = namespace(i=0) %}{% for x in l if x > ns.i %}{{ loop.length }}{{ loop.revindex }}{% set ns.i = 9 %}{% endfor %}
{% for x in [1, 0] if 1 / x %}{{ x }}{{ loop.index }}{% break %}{% endfor %} {% for x in [1, 0] if 1 / x %}{{ x }}{{ loop['first'] }}{% break %}{% endfor %}
{% for x in [1, 0] if 1 / x %}{{ x }}{{ loop.last }}{% break %}{% endfor %}
{% for x in [1, 0] if 1 / x %}{{ x.y.z }}{{ loop.index }}{% endfor %}
{% for x in [[1], 5]|map('first') %}{{ x }}{{ loop.index }}{% break %}{% endfor %}
{% for x in [[1], 5]|map('first') %}{{ x }}{{ loop.last }}{% break %}{% endfor %}
{% for x in 'abcd' if x != 'b' %}{{ loop.cycle('o', 'e') }}{{ loop.changed(x) }}{{ loop.revindex0 }}{{ x }}{% else %}none{% endfor %}
{% for k, v in d.items() if k != 'a' %}{{ k }}{{ loop.last }}{% endfor %} {% for x in [] if x %}{{ loop.index }}{% else %}none{% endfor %}
{% for a in l if a > 1 %}{% for b in l if b > loop.index %}{{ a }}{{ b }}{{ loop.last }} {% endfor %}{% endfor %}
{% for x in l if x %}{% macro m() %}{{ loop.index }}{{ loop.last }}{% endmacro %}{{ m() }}{% endfor %}
{% for x in l if x %}{{ loop }}{% endfor %}
""",
    "blocks": r"""
{% block b %}B{% endblock %}{{ self.b() }}{{ self['b']() }} {{ self.b.name }} {{ self.none is defined }}
{% block b %}a{% block c %}b{% endblock c %}{% endblock b %}{{ self.c() }}
{% set x = 3 %}{% block b %}{{ x }}{% set x = 4 %}{{ x }}{% endblock %}{{ x }}{{ self.b() }}
{% block b %}{{ n }}{% endblock %}{% set n = 3 %}{{ self.b() }} {% if yes %}{% set q = 1 %}{% endif %}{% block c %}{{ q }}{% endblock %} {% macro m() %}m{% endmacro %}{% block e %}{{ m() }}{% endblock %}
{% for x in l %}{% block b %}[{{ x }}{{ loop }}]{% endblock %}{% endfor %}
{% for x in l %}{% block b scoped %}[{{ x }}{{ loop.index }}]{% endblock %}{% endfor %}{{ self.b() }}
{% with w = 1 %}{% block b scoped %}{{ w }}{% block c %}{{ w }}{% set w = 2 %}{% block e scoped %}{{ w }}{% endblock %}{% endblock %}{% endblock %}{% endwith %}{{ self.c() }}
{% macro m(a) %}{% block b scoped %}<{{ a }}>{% endblock %}{% endmacro %}{{ m(1) }}{{ m(2) }}{{ self.b() }}
{% for x in l %}{% block b scoped %}{% macro m() %}{{ x }}{{ n }}{% endmacro %}{{ m() }}{% endblock %}{% endfor %}
{% block b %}{{ super() }}{% endblock %}
{% block b %}{{ super is defined }}{{ self.b.super is defined }}{{ self.b.super() }}{% endblock %}
{% block b required %}{% endblock %}
{% block b required %} {# c #}
{% endblock %}
{% if no %}{% block b required %}{% endblock %}{% endif %}x
{% block b required %}x{% endblock %}
{% block b scoped required %}{% endblock %}
{% block a-b %}x{% endblock %}
{% block b %}x{% endblock c %}
{% block b %}x{% endblock %}{% block b %}y{% endblock %}
{% block b %}x
{% block 5 %}{% endblock %}
{% block b %}{{ self.b(1) }}{% endblock %}
{% block b %}{{ self.b() }}{% endblock %}
{% block b %}x{% endblock %}{% call self.b() %}y{% endcall %}
{% block b %}x{% endblock %}{{ self.c() }}
{{ self }} {{ self is callable }} {{ self is iterable }} {{ self is sequence }} {{ self == self }} {{ self.b is callable }} {{ self['x'] is defined }} {{ self|attr('b') is defined }}{% block b %}x{% endblock %}
{% set self = 1 %}{{ self }} {% set t = self %}{{ t }}
{{ self.b }}{% block b %}x{% endblock %}
{% for x in l %}{% block b %}{% break %}{% endblock %}{% endfor %}
{% set x %}{% block b %}inner{% endblock %}{% endset %}{{ x|upper }}
""",
    "other templates": r"""
{% include 'x' ignore missing %}
{% include ['x', 'y'] %}
{% include [] %}
{% include [] ignore missing %}ok {% include none ignore missing with context %}ok {% include () ignore missing without context %}ok {% include 0 ignore missing %}ok
{% include none %}
{% include 5 %}
{% include 5 ignore missing %}
{% include foo %}
{% include foo ignore missing %}
{% include [foo] %}
{% include foo.bar %}
{% include l %}
{% include %}
{% import 'x' as _y %}
{% import 'x' %}
{% import 'x' as y.z %}
{% if no %}{% import 'x' as z %}{% endif %}[{{ z }}] {% if no %}{% from 'x' import a, b as c, %}{% endif %}[{{ a }}{{ c }}]
{% from 'x' import y as z with context %}
{% from 'x' import _y %}
{% from 'x' import y, %}
{% from 'x' import %}{{ 1 }}
{% from 'x' import y without %}
{% if no %}{% extends 'x' %}{% endif %}ok{% block a %}q{% endblock %}
{% if yes %}{% extends 'x' %}{% endif %}ok
{% extends foo.bar %}
{% for x in l %}{% extends 'x' %}{% endfor %}
{% macro m() %}{% extends 'x' %}{% endmacro %}
{{ raise_exception('first') }}{% extends 'x' %}
""",
    "helpers": r"""
{% set c = cycler('a', 'b', 'c') %}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.pos }}{{ c.items }}{{ c.reset() }}{{ c.next() }} {% for x in l %}{{ c.next() }}{% endfor %}
{{ cycler() }}
{{ cycler(a=1) }}
{% set c = cycler(1) %}{{ c.next(1) }}
{% set c = cycler(1) %}{{ c() }}
{% set c = cycler(1) %}{{ c }}
{% set c = cycler(1) %}{{ c is callable }}{{ c is iterable }}{{ c is mapping }}{{ c == c }}{{ c == cycler(1) }}{{ c is defined }}{{ c.nope is defined }}{{ 'y' if c }}
{% set c = cycler(1) %}{% for x in c %}{% endfor %}
{% set c = cycler(1) %}{{ c|length }}
{% set c = cycler(1) %}{{ c|tojson }}
{% set j = joiner() %}{{ j() }}a{{ j() }}b{{ j() }}c {% set j = joiner('|') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}{{ j.sep }}{{ j.used }} {% set j = joiner(sep=5) %}{{ j() }}{{ j() + 1 }}
{{ joiner(1, 2) }}
{{ joiner()(1) }}
{{ joiner() is callable }} {{ joiner is callable }} {{ cycler is defined }} {{ joiner()() }}|
{% macro m(a, b=1) %}{{ caller }}{{ kwargs }}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.catch_varargs }}{{ m.caller }}{{ m.explicit_caller }}{{ m.nope is defined }}
{% macro m(caller=1) %}{{ caller }}{{ varargs }}{% endmacro %}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.catch_varargs }}{{ m.caller }}{{ m.explicit_caller }}{{ m }}
{% macro m() %}{{ caller.name }}{{ caller }}{{ caller.arguments }}{{ caller.catch_varargs }}{% endmacro %}{% call(a, b=1) m() %}x{% endcall %}
{% macro m() %}{{ caller is none }}{{ caller() }}{% endmacro %}{{ m(caller=none) }}
{% macro m() %}{{ caller(1, 2) }}{% endmacro %}{% call(a) m() %}x{% endcall %}
{% macro m() %}{% set varargs = 1 %}{{ varargs }}{% endmacro %}{{ m(1, 2) }}
{% macro m() %}{{ varargs }}{% set varargs = 1 %}{{ varargs }}{% endmacro %}{{ m(1, 2) }}
{% macro m() %}{% macro i(caller=1) %}{% endmacro %}{{ caller }}{% endmacro %}{% call m() %}x{% endcall %}
{% macro m(a, a) %}{% endmacro %}
{% macro m(x) %}{{ x }}{% endmacro %}{{ m(x=1, x=2) }}
{% macro m(x) %}{{ x }}{% endmacro %}{% call m(caller=1) %}{% endcall %}
{{ dict(a=1, **{'a': 2}) }}
{{ dict(a=1, a=2) }}
{{ dict(class=1, if=2) }}
{% for x in l %}{% with loop = 1 %}{{ loop }}{% endwith %}{% endfor %}
{% set t | default(s) %}a{% endset %}{{ t }}{{ s }}
{% set t | default(s) %}a{% endset %}
{% filter length %}a{% endfilter %}{{ foo.bar }}
{% filter length %}a{% endfilter %}b
{% set t %}{% filter length %}a{% endfilter %}{% endset %}b
{% for x in l %}{% set t %}{% filter length %}a{% endfilter %}{% break %}{% endset %}{% endfor %}b
{% call dict(a=1) %}x{% endcall %}
{{ ('abc'|upper)[1:] }} {{ ('a' ~ 'b')[::-1] }} {{ (1, 2)[1:] }} {{ [1, 2][:1] }} {{ ('a', 'b')[1:]|join }} {{ 'abc'[1:][0] }}
{{ 5[1:] }}
{{ s.splitlines(true) }} {{ s.splitlines(keepends=1) }}
{{ range(2, 9, 3).index(5) }} {{ range(5).count(9) }}{{ range(5).count(1.0) }} {{ n.bit_length() }}{{ big.bit_length() }}{{ neg.bit_count() }}{{ big.bit_count() }}{{ yes.conjugate() }}{{ f.conjugate() }}{{ f.is_integer() }}{{ (2.0).is_integer() }}{{ inf.is_integer() }}
{{ range(5).index(9) }}
{{ n.bit_length(1) }}
{{ d.fromkeys('aba') }} {{ {}.fromkeys([1, 1.0, 2], 'x') }} {{ {}.fromkeys(foo) }}
{{ {}.fromkeys([[]]) }}
{{ {}.fromkeys() }}
{{ '{a}{s}'.format_map({'a': 1, 's': ko}) }} {{ '{a[c]}'.format_map({'a': {'c': 5}}) }} {{ 'x{{}}'.format_map({1: 2}) }}
{{ '{a}'.format_map({}) }}
{{ '{}'.format_map({'a': 1}) }}
{{ '{0}'.format_map({'0': 1}) }}
{{ '{a}'.format_map() }}
{{ '{a}'.format_map(a=1) }}
{{ '{a}'.format_map({}, {}) }}
{{ (people + people)|pprint }} {{ (s * 20)|pprint }} {{ ['word ' * 30, lines * 9, ('é' * 90,)]|pprint }} {{ {'a' * 70: {'b': [1] * 40}}|pprint }} {{ (s|safe * 20)|pprint }}
{{ people|groupby('age')|pprint }}
{{ loop.changed(a=1) if no }} {% for x in l %}{{ loop.changed(x, 1) }}{% endfor %}
{% for x in l %}{{ loop.changed(a=1) }}{% endfor %}
{% for x in l %}{{ loop.cycle() }}{% endfor %}
{{ cycler }}
{% for x in l %}{{ x in loop }}{% endfor %}
{% for x in l %}{{ loop|list }}{% endfor %}
""",
    "printing": r"""
{{ [1, 'a', none, true, 1.0, [2], {'k': 'v'}, (1,), ()] }} {{ {'a': "it's", 'b': 'say "x"', 'c': 'both \' and "'} }} {{ {} }} {{ [[]] }} {{ (1, 2) }}
{{ ['\n\t\r\\\x00\x1f\x7f\x80\xa0\xad\u200b\u2028\ufeff한😀é\u0378'] }} {{ ['\u0301', 'e\u0301', '\u3000', '\ue000', '\U000e0001', '\U0001faff', '\ufffe'] }}
{{ [ko, quotes, html, ws, lines] }} {{ mixed }} {{ nested }} {{ tup }} {{ keys }} {{ d }} {{ people }} {{ [big, f, tiny, inf, nan] }}
{{ [html|safe] }} {{ {'a': html|safe} }} {{ [d.keys(), d.values(), d.items()] }} {{ [range(3)] }} {{ [namespace(a='x')] }} {{ d.items() }}
{{ true }} {{ false }} {{ none }} {{ 1 }} {{ 1.0 }} {{ 'a' }} {{ "b" }} {{ 1, 2 }} {{ 1, }} {{ yes, no }}
{{ true ~ none ~ 1.0 ~ [1] ~ {'a': 1} ~ (1,) ~ 'x' }} {{ 'a' ~ 1 + 2 }} {{ 1 ~ 2 ~ 3 }} {{ 1 ~ 2 == '12' }} {{ 'a' ~ 'b' * 2 }} {{ -1 ~ 2 }}
{{ 1 ~ -2 }} {{ 'x' ~ 2 ** 3 }} {{ 1 + 2 ~ 3 }}
{{ [foo] }} {{ [(1 if no)] }} {{ {'a': d.q} }} {{ [1, [2, [3, [4, [5]]]]] }}
{{ l|map('string')|list ~ '' }} {{ ['a', ['b', 'it\'s']]|string }} {{ [-1, -1.5, +2] }} {{ [1e100, 1e-10, 123456789012345680.0] }}
{{ range }}
{{ s.upper }}
{{ [l|map('string')] }}
{{ dict }}
{{ namespace }}
""",
    "whitespace": "",
}

WHITESPACE = [
    "a\n",
    "a\n\n",
    "\na\n",
    "a\r\nb\rc\n",
    "{{ 'a\r\nb' }}\r\n",
    "{% if yes %}\n  x\n{% endif %}\n y",
    "  {% if yes %}\n  x\n  {% endif %}\n  y",
    "  {%+ if yes %}\n  x{% endif +%}\n  y",
    "{% if yes +%}\nx{% endif %}",
    "{%- if yes -%}\n  x\n{%- endif -%}\n y",
    "a {%- if yes %} b {% endif -%} c",
    "a\n{%- if yes %}\nb\n{%- endif %}\nc",
    "{{ 1 }}\n{{ 2 }}\n",
    "  {{ 1 }}  \n  {{- 2 -}}  \n  3",
    "{{ 1 -}}\n\n x",
    "a\n\n{{- 1 }}",
    "a {# c #}\nb",
    "  {# c #}\n  b",
    "a {#- c -#}\n b",
    "  {#+ c +#}\n  b",
    "\t {% set x = 1 %}\n\t{{ x }}",
    "x  {% set x = 1 %}  y",
    "a\n  {% raw %}\n x\n  {% endraw %}\n b",
    "a\n  {%- raw -%}\n x\n  {%- endraw -%}\n b",
    "{% raw %}  {% endraw %}\n\n",
    "a{% raw -%}  ",
    "{% for x in l %}\n  {{ x }}\n{% endfor %}\n",
    "{% for x in l -%}\n  {{ x }}\n{%- endfor %}\n",
    "\u3000{% if yes %}x{% endif %}",
    "\x0b\x0c {% if yes %}x{% endif %}",
    "a\u2028  {% if yes %}x{% endif %}",
    "a\x85{%- if yes -%}\u2003x{% endif %}",
    "{% if yes %}{% endif %}\n{% if yes %}{% endif %}\n",
    "{% if yes %}{# c #}\n{% endif %}\nb",
    "{%\nif\nyes\n%}x{%\nendif\n%}",
    "{{\n1\n+\n2\n}}",
    "{{ 1\t+\x0b2\u3000}}",
    "{%set x%} a {%endset%}[{{x}}]",
    "\n\n  {%- set x = 1 %}\n\n{{ x }}",
    "{{ 'a' -}}   \n   {{- 'b' }}",
    "{% if yes %}\n\n\nx{% endif %}",
    "{# a #}\n{# b #}\n c",
    "{#-#}a{#--#} b {##} c {#+#}",
    "  {{- '' }}\n {#- -#} \n x",
    "{%- set x = 1 -%}\n",
    "\n{%- set x = 1 -%}",
    "x{% if yes %} {% endif %}\n ",
    "  \t{%- if yes %}a{% endif %}",
    "a {%+ if yes %}b{% endif %}",
    "a\n {%+ raw %} b {% endraw +%}\nc",
    "{{ '\n' }}\n",
    "a{{ 1 +}}b",
    "{{+ 1 }}",
    "a  {{+ 1 }}",
    "a\n  {{+1}}",
    "{%- if yes +%}\na{%- endif %}",
    "{{ x -}}",
    "- {%- if yes -%} - {%- endif -%} -",
]

REFUSED = (
    *("{% autoescape", "lipsum", "|urlize", "|random", "{{ cycler }}", "in loop", "loop|list"),
    *("5[1:]", "default(s) %}a{% endset %}", "{{ loop }}{% endfor", "{{ self.b }}"),
    *("f.hex()", "s.encode", ".translate(", "&copy;", "two-three", "'%s')|length"),
    *("N{BULLET}", "ud83d", "(-8) ** (1/3)", "nan, 1", "g|list }}{% endif %}", "{{ namespace }}"),
)
"""Parts of templates that chatloom refuses by name."""


def _blocks(text: str) -> list[str]:
    """The templates of a topic: one a line; a string that goes on over a line end keeps it."""
    templates: list[str] = []
    for line in text.strip("\n").split("\n"):
        goes_on = templates and (templates[-1].endswith("\\") or _open_filter(templates[-1]))
        if goes_on:
            templates[-1] += "\n" + line
        else:
            templates.append(line)
    return templates


def _open_filter(template: str) -> bool:
    return template.count("{% filter") > template.count("{% endfilter")


def all_probes() -> list[tuple[str, str]]:
    """Every probe with its topic."""
    topics = {topic: _blocks(text) for topic, text in PROBES.items() if text} | {"whitespace": WHITESPACE}
    return [(topic, template) for topic, templates in topics.items() for template in templates]
