"""What a render may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatloom._checks import INT64_MAX, shown, whole

_DEEPEST = 195


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a render may use before it ends in `BudgetExceeded`; immutable, equal and hashed by content.

    So much for every render, and so much more for each byte of its input, where a value counts as 64 bytes beside
    its text. The defaults leave room for all that real templates do.

    Raises:
        ValueError: a number that is none, or out of bounds.

    Attributes:
        steps: instructions, items gone through, and 16 bytes of text looked through count as one each.
        steps_per_byte: further steps for each byte of the input.
        memory: bytes held by values and output, beyond the input.
        memory_per_byte: further bytes for each byte of the input, up to 1 GiB in all.
        depth: calls of macros within each other, at most 195; there Python would give up.

    >>> import chatloom
    >>> chat = [{"role": "user", "content": "Hi"}]
    >>> chatloom.Template("{{ 'ab' * 10 }}", limits=Limits(memory=10_000)).render(chat)
    'abababababababababab'
    """

    steps: int = 4_000_000
    steps_per_byte: int = 1_000
    memory: int = 16 << 20
    memory_per_byte: int = 1_000
    depth: int = _DEEPEST

    def __post_init__(self) -> None:
        for name in ("steps", "steps_per_byte", "memory", "memory_per_byte"):
            object.__setattr__(self, name, whole(name, getattr(self, name), 0, INT64_MAX))
        object.__setattr__(self, "depth", whole("depth", self.depth, 0, _DEEPEST))


DEFAULT_LIMITS = Limits()


def checked(given: Any) -> Limits:
    """Limits as they were given.

    Raises:
        ValueError: they are none.
    """
    if not isinstance(given, Limits):
        raise ValueError(f"limits is {shown(given)}, expected Limits, such as Limits(memory=67108864)")
    return given
