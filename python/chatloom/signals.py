"""Signals that end a command: as exceptions, so that it can clean up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_NAMES = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}


class Ended(KeyboardInterrupt):
    """The command shall end, because this signal came."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = signal.Signals(number)


@contextmanager
def raised() -> Iterator[None]:
    """Raises `Ended` for the first signal that comes, and ignores further ones, which would disturb its cleaning up.

    Leaves alone signals that are ignored, as under `nohup`, or handled in another way; does nothing beside the main
    thread, which alone may handle signals.
    """
    usual = (signal.SIG_DFL, signal.default_int_handler)
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in _ENDING if is_main}
    ours = [number for number, handler in before.items() if handler in usual]

    def end(number: int, _: object) -> NoReturn:
        for one in ours:
            signal.signal(one, signal.SIG_IGN)
        raise Ended(number)

    try:
        for number in ours:
            signal.signal(number, end)
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


def name(error: KeyboardInterrupt) -> str:
    """What happened, in a word.

    >>> name(KeyboardInterrupt()), name(Ended(signal.SIGTERM))
    ('interrupted', 'terminated')
    """
    return _NAMES[_number(error).name]


def exit_code(error: KeyboardInterrupt) -> int:
    """128 and the number of the signal.

    >>> exit_code(KeyboardInterrupt()), exit_code(Ended(signal.SIGTERM))
    (130, 143)
    """
    return 128 + _number(error)


def _number(error: KeyboardInterrupt) -> signal.Signals:
    return error.number if isinstance(error, Ended) else signal.SIGINT
