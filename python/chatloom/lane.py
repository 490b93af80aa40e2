"""What turns text into ids."""

from __future__ import annotations

import warnings
from typing import Literal, NamedTuple

from chatloom import _core


class Lane(NamedTuple):
    """What encodes a tokenizer's texts, and why. Both give the same ids; the fast one in a fraction of the time.

    Attributes:
        name: "fast" for chatloom's own encoder, "tokenizers" for that library.
        reason: of the fast one the kind of tokenizer; else why not that, such as "its model is not BPE".

    >>> from chatloom import Formatter
    >>> Formatter.from_pretrained("examples/model").lane.name
    'fast'
    """

    name: Literal["fast", "tokenizers"]
    reason: str


def lane_of(core: _core.Formatter) -> Lane:
    """The lane of a Formatter."""
    name, reason, _ = core.lane()
    return Lane(name, reason)


def warn_if_suspicious(core: _core.Formatter) -> None:
    """Warns where a tokenizer should have gone the fast lane, but failed its test."""
    _, reason, suspicious = core.lane()
    if suspicious:
        warnings.warn(f"encoding goes the slow way: {reason}; ids are right all the same", stacklevel=4)
