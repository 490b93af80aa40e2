"""Values of a run by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from chatloom import _core


class Named(Mapping[str, Any]):
    """Values by name, in the order of their names: immutable, equal and hashed by content.

    Values are plain data, as templates see them; what is read is a copy.

    Raises:
        ValueError: a name is no text; the error tells `what` was given.
        UnsupportedInputError: a value can't be reproduced exactly.

    >>> tones = Named({"tone": ("low", 1)})
    >>> tones, tones["tone"], hash(tones) == hash(Named({"tone": ("low", 1)}))
    ({'tone': ('low', 1)}, ('low', 1), True)
    """

    __slots__ = ("_values",)

    def __init__(self, given: Mapping[str, Any], what: str = "variables") -> None:
        for name in given:
            if not isinstance(name, str):
                raise ValueError(f"{what} has a name of type {type(name).__name__}, expected text")
        self._values = dict(sorted(_core.plain_variables(dict(given)).items()))

    def __getitem__(self, name: str) -> Any:
        return deepcopy(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        # Python's own equality takes True for 1, and no NaN for any other.
        return repr(self) == repr(other) if isinstance(other, Named) else self._values == other

    def __hash__(self) -> int:
        return hash(repr(self))

    def __reduce__(self) -> tuple[object, ...]:
        return (Named, (self._values,))

    def __repr__(self) -> str:
        return repr(self._values)
