"""Text with its trained part marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from chatloom.examples import IGNORE

if TYPE_CHECKING:
    from chatloom.formatter import Formatter
    from chatloom.rendered import Rendered

Part = tuple[str, bool]
"""A piece of text, and whether it carries loss."""


def show(parts: Iterable[Part], colour: bool) -> str:
    """Parts as one text, the trained ones green, or in double brackets where there is no colour."""
    before, after = ("\x1b[32m", "\x1b[0m") if colour else ("[[", "]]")
    return "".join(f"{before}{text}{after}" if trained else text for text, trained in parts)


def of_rendered(rendered: Rendered) -> Iterator[Part]:
    """The parts of a rendered conversation."""
    place = 0
    for start, end in rendered.trained or ():
        yield rendered.text[place:start], False
        yield rendered.text[start:end], True
        place = end
    yield rendered.text[place:], False


def of_tokens(input_ids: npt.NDArray[np.int32], labels: npt.NDArray[np.int32], formatter: Formatter) -> Iterator[Part]:
    """The parts of one sequence, decoded run by run."""
    pairs = zip(input_ids, labels != IGNORE, strict=True)
    for trained, run in groupby(pairs, key=lambda pair: bool(pair[1])):
        yield formatter.decode(token for token, _ in run), trained
