"""The bare template language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chatloom import _core
from chatloom._calls import Compat, Documents, Messages, Renders, Tools, check_names, segments
from chatloom.limits import DEFAULT_LIMITS, Limits, checked
from chatloom.rendered import Rendered

_SHOWN = 40
"""Characters of a template that tell it from others."""


class Template(Renders):
    r"""A chat template, compiled; immutable, shareable between threads, equal by content.

    Args:
        source: the text of the template.
        now: the time that `strftime_now` tells; by default the time of each render.
        compat: whose treatment of messages is reproduced, "transformers-5" or "transformers-4.57"; see `Options`.
        limits: what each render may use.

    Raises:
        TemplateSyntaxError: the text is no valid Jinja.
        UnsupportedTemplateError: it uses a construct that can't be reproduced exactly.
        ValueError: there is no such `compat`, or `limits` are no `Limits`.

    >>> hello = Template("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")
    >>> hello.render([{"role": "user", "content": "Hi"}])
    'user: Hi\n'
    """

    __slots__ = ("_compat", "_core", "_limits", "_now", "_source")

    def __init__(
        self,
        source: str,
        *,
        now: datetime | None = None,
        compat: Compat = "transformers-5",
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._source = source
        self._now = now
        self._compat = compat
        self._limits = checked(limits)
        self._core: _core.Template = _core.Template(source, now, compat, limits)

    @property
    def source(self) -> str:
        """The text it was compiled from."""
        return self._source

    def trace(
        self,
        messages: Messages,
        tools: Tools | None = None,
        documents: Documents | None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool | str = False,
        **variables: Any,
    ) -> Rendered:
        """The same text and where each part of it came from; arguments and errors as in `render`.

        >>> traced = Template("[{{ messages[0].content }}]").trace([{"role": "user", "content": "Hi"}])
        >>> [(traced.text[s.start:s.end], s.origin, s.path) for s in traced.segments]
        [('[', 'literal', None), ('Hi', 'data', 'content'), (']', 'literal', None)]
        """
        if variables:
            check_names(variables)
        text, parts = self._core.trace(
            (messages, tools, documents, add_generation_prompt, continue_final_message, variables)
        )
        return Rendered(text, segments(parts))

    @property
    def limits(self) -> Limits:
        """What each render may use."""
        return self._limits

    def _identity(self) -> tuple[str, datetime | None, str, Limits]:
        return self._source, self._now if self._core.reads_clock() else None, self._compat, self._limits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __reduce__(self) -> tuple[object, ...]:
        return (_restored, (self._source, self._now, self._compat, self._limits))

    def __repr__(self) -> str:
        head = self._source if len(self._source) <= _SHOWN else self._source[:_SHOWN] + "…"
        return f"Template({head!r}, {len(self._source)} characters)"


def _restored(source: str, now: datetime | None, compat: Compat, limits: Limits) -> Template:
    return Template(source, now=now, compat=compat, limits=limits)
