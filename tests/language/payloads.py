r"""Templates that try to leave the sandbox: published payloads and their kin, one a line, by what they go through.

All of them are asked of the reference too. `NAME` stands for each of `HIDDEN`, names that lead out of it.
"""

from __future__ import annotations

HIDDEN = ["__class__", "__mro__", "__subclasses__", "__globals__", "__init__", "__dict__", "__builtins__", "mro"]

PAYLOADS: dict[str, str] = {
    "llama.cpp bindings, CVE-2024-34359": r"""
{% for c in [].__class__.__base__.__subclasses__() %}{% if c.__name__ == 'catch_warnings' %}{{ c()._module.__builtins__['__import__']('os').popen('id').read() }}{% endif %}{% endfor %}
{{ ''.__class__.__mro__[1].__subclasses__() }}
{{ ().__class__.__bases__[0].__subclasses__()[59].__init__.__globals__ }}
{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}
{{ self._TemplateReference__context }}
{{ self._TemplateReference__context.cycler.__init__.__globals__.os }}
{{ cycler.__init__.__globals__.os.popen('id').read() }}
{{ joiner.__init__.__globals__.os }}
{{ lipsum.__globals__['os'].popen('id').read() }}
{{ namespace.__init__.__globals__.os }}
{{ config.__class__ }}{{ request.application.__globals__ }}
{{ get_flashed_messages.__globals__ }}{{ url_for.__globals__ }}
{{ x.__init__.__builtins__ }}
""",
    "indirect format, CVE-2024-56326": r"""
{{ '{0.__class__}'.format(s) }}
{{ '{0.__class__.__init__.__globals__}'.format(range) }}
{{ '{0[__class__]}'.format(s) }}
{{ '{a.__class__}'.format(a=s) }}
{{ '{a.__class__}'.format_map({'a': s}) }}
{% set f = '{0.__class__}'.format %}{{ f(s) }}
{% set f = '{0.__class__.__name__}'.format %}{{ [f]|map('string')|list|length }}
{{ ['{0.__class__}'.format]|first }}
{{ ('{0.__class__}'.format)(s) }}
{{ ['{0.__class__}']|map('format', s)|list }}
{{ '%(__class__)s' % s }}
{{ '%s' % s.__class__ }}
{{ ('{0.__cla' ~ 'ss__}').format(s) }}
{{ '{0.\u005f\u005fclass\u005f\u005f}'.format(s) }}
{{ '{0.__class__}'|safe|string }}{{ ('{0.__class__}'|safe).format(s) }}
{{ ('{0.__class__}'|safe).format_map({'0': s}) }}
{% macro m(f) %}{{ f(s) }}{% endmacro %}{{ m('{0.__class__}'.format) }}
{% for f in ['{0.__class__}'.format] %}{{ f(s) }}{% endfor %}
{{ {'f': '{0.__class__}'.format}.f(s) }}
{{ namespace(f='{0.__class__}'.format).f(s) }}
{{ dict(f='{0.__class__}'.format)['f'](s) }}
""",
    "attributes by name, CVE-2025-27516": r"""
{{ '{0.__class__}'|attr('format')(s) }}
{{ '{0.__class__}'|attr('format_map')({'0': s}) }}
{{ ('{0.__class__}'|attr('for' ~ 'mat'))(s) }}
{{ s|attr('NAME') }}
{{ s|attr('\x5f\x5fclass\x5f\x5f') }}
{{ s|attr('__cla' ~ 'ss__') }}
{{ s|attr(['__', 'class', '__']|join) }}
{{ s|attr('%s%s' % ('__class', '__')) }}
{{ s|attr('__ssalc__'[::-1]) }}
{{ s|attr('__CLASS__'|lower) }}
{{ s|attr('__klass__'.replace('k', 'c')) }}
{{ [s]|map('attr', '__class__')|list }}
{{ [s]|map(attribute='__class__')|list }}
{{ [s]|selectattr('__class__')|list }}
{{ [s]|groupby('__class__') }}
{{ [s]|sort(attribute='__class__') }}
{{ [s]|sum(attribute='__class__') }}
{{ [s]|map(attribute='__class__.__mro__')|list }}
{{ people|map(attribute='name.__class__')|list }}
""",
    "members of every type": r"""
{{ s.NAME }}
{{ s.NAME.x }}
{{ s['NAME'] }}
{{ s['NAME'].x }}
{{ l.NAME }}
{{ l.NAME.x }}
{{ d.NAME }}
{{ d['NAME'] }}
{{ d.get('NAME').x }}
{{ n.NAME.x }}
{{ f.NAME.x }}
{{ yes.NAME.x }}
{{ nil.NAME.x }}
{{ big.NAME.x }}
{{ tup.NAME.x }}
{{ range.NAME.x }}
{{ range(3).NAME.x }}
{{ dict.NAME.x }}
{{ namespace.NAME.x }}
{{ namespace().NAME.x }}
{{ raise_exception.NAME.x }}
{{ strftime_now.NAME.x }}
{{ (l|map('string')).NAME.x }}
{{ d.items().NAME.x }}
{{ s.upper.NAME.x }}
{{ l.append.NAME.x }}
{{ (s|safe).NAME.x }}
{% for x in l %}{{ loop.NAME.x }}{% endfor %}
{% macro m() %}{% endmacro %}{{ m.NAME.x }}
{% macro m() %}{{ caller.NAME.x }}{% endmacro %}{% call m() %}{% endcall %}
{{ missing.NAME }}
{% set ns = namespace() %}{% set ns.NAME = 1 %}{{ ns.NAME }}
""",
    "frames and code": r"""
{{ (l|map('string')).gi_frame.f_globals }}
{{ (l|map('string')).gi_code.co_consts }}
{{ (l|select)['gi_frame'] }}
{% macro m() %}{% endmacro %}{{ m._func.x }}
{% macro m() %}{% endmacro %}{{ m._environment.x }}
{% for x in l %}{{ loop._iterable.x }}{% endfor %}
{% for x in l %}{{ loop._undefined.x }}{% endfor %}
{% macro m() %}{{ caller._func.x }}{% endmacro %}{% call m() %}{% endcall %}
{{ namespace(a=1)._TemplateNamespace__attrs.x }}
{{ namespace(a=1)['_Namespace__attrs'].x }}
{{ missing._undefined_message }}
{{ s.func_globals.x }}
{{ raise_exception.func_code.x }}
{{ range.im_func.x }}
""",
    "changes": r"""
{{ messages.append({}) }}
{{ messages.pop() }}
{{ messages.clear() }}
{{ messages.sort() }}
{{ messages.reverse() }}
{{ messages.insert(0, {}) }}
{{ messages.extend([{}]) }}
{{ messages.remove(messages[0]) }}
{{ messages[0].update({'role': 'x'}) }}
{{ messages[0].pop('role') }}
{{ messages[0].popitem() }}
{{ messages[0].clear() }}
{{ messages[0].setdefault('x', 1) }}
{{ messages['append']({}) }}
{{ messages|attr('append')({}) }}
{{ (messages|attr('pop'))() }}
{% set f = messages.append %}{{ f({}) }}
{{ [messages.append]|map('string')|list|length }}
{% set messages[0].role = 'x' %}
{% set ns = messages %}{% set ns.x = 1 %}
{% set d.a = 1 %}
{{ l.append(l) }}{{ l }}
{{ messages.__setitem__(0, 1) }}
{{ messages.__delitem__(0) }}
{{ d.__setitem__('a', 2) }}
""",
    "written otherwise": r"""
{{ s['__cla' 'ss__'].x }}
{{ s['\x5f\x5fclass\x5f\x5f'].x }}
{{ s['\u005f\u005fclass\u005f\u005f'].x }}
{{ s['\137\137class\137\137'].x }}
{{ s['_' * 2 ~ 'class' ~ '_' * 2].x }}
{{ s[['__class', '__']|join].x }}
{{ s[('__class__',)|first].x }}
{{ s[dict(__class__=1)|first].x }}
{{ s[dict(__class__=1)|list|last].x }}
{{ (s).__class__.x }}
{{ s.__class__ is defined }}
{{ s.__class__ is none }}{{ s.__class__|default('x') }}
{{ s.__class__ or 'x' }}
{{ s['__class__']|string }}
{{ [s.__class__]|length }}
{{ s.__ｃlass__.x }}
""",
}


def all_payloads() -> list[str]:
    """Every payload, once for each hidden name where it stands for them."""
    lines = [line for block in PAYLOADS.values() for line in block.strip("\n").split("\n")]
    return [line.replace("NAME", name) for line in lines for name in (HIDDEN if "NAME" in line else [""])]
