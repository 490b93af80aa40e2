from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt

from chatloom.limits import Limits

__all__ = [
    "MAX_LINE_BYTES",
    "MAX_THREADS",
    "RESERVED_NAMES",
    "Formatter",
    "Plan",
    "Template",
    "pack_files",
    "plain_variables",
    "read_row",
]

MAX_LINE_BYTES: int
MAX_THREADS: int
RESERVED_NAMES: tuple[str, ...]

_Segment = tuple[int, int, int, int, Any, int | None, int | None, str | None, bool]
_Told = tuple[int | None, str, str]
_Turn = tuple[int, Any, tuple[int, int], Any, tuple[int, int] | None]
_Arrays = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32] | None, list[_Told]]
_Tokens = tuple[_Arrays, npt.NDArray[np.int64]]
_Traced = tuple[str, list[_Segment], list[tuple[int, int]], list[_Turn], _Tokens | None]
_Given = tuple[Any, Any, Any, Any, Any, dict[str, Any]]

@final
class Template:
    def __new__(cls, source: str, now: datetime | None, compat: str, limits: Limits) -> Template: ...
    def reads_clock(self) -> bool: ...
    def render(self, given: _Given) -> str: ...
    def trace(self, given: _Given) -> tuple[str, list[_Segment]]: ...

@final
class Formatter:
    def __new__(
        cls,
        templates: list[tuple[str, str]],
        tokenizer: bytes,
        settings: dict[str, Any],
        now: datetime | None,
        loss: dict[str, Any],
        control_tokens: str | dict[str, str],
        boundary: str,
        fitting: dict[str, Any],
        read_by: str,
        compat: str,
        limits: Limits,
        agrees: bool | None,
    ) -> Formatter: ...
    def fingerprint(self) -> str: ...
    def tokenizer_fingerprint(self) -> str: ...
    def size(self) -> int: ...
    def lane(self) -> tuple[Literal["fast", "tokenizers"], str, bool]: ...
    def pad_id(self) -> int | None: ...
    def put_around(self) -> list[int]: ...
    def plain_markers(self) -> list[str]: ...
    def agrees(self) -> bool | None: ...
    @staticmethod
    def check_key(tokenizer: bytes) -> str: ...
    def facts(self, tools_given: bool) -> tuple[str, str] | None: ...
    def listing(self, tools_given: bool, add_generation_prompt: bool) -> str: ...
    def render(self, given: _Given) -> str: ...
    def trace(self, given: _Given, tokens: bool) -> _Traced: ...
    def trace_line(
        self,
        line: bytes,
        add_generation_prompt: bool,
        format: str | None,
        map: list[tuple[str, str]],
        tokens: bool,
    ) -> _Traced: ...
    def encode(self, given: _Given) -> _Arrays: ...
    def assistant_mask(self, given: _Given, as_transformers: bool) -> npt.NDArray[np.int32]: ...
    def encode_batch(
        self, rows: Any, threads: int | None
    ) -> tuple[
        npt.NDArray[np.int32],
        npt.NDArray[np.int32],
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
        npt.NDArray[np.float32] | None,
        tuple[int, int, _Told] | None,
        dict[str, Any],
    ]: ...
    def decode(self, ids: list[int], skip_special_tokens: bool) -> str: ...

@final
class Plan:
    def __new__(cls, lengths: npt.NDArray[np.int64], max_length: int) -> Plan: ...
    def order(self) -> npt.NDArray[np.int64]: ...
    def starts(self) -> npt.NDArray[np.int64]: ...
    def gather(self, flat: npt.NDArray[np.int32], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]: ...

def pack_files(
    formatter: Formatter,
    sources: list[str],
    output: str,
    *,
    max_length: int,
    threads: int | None,
    overwrite: bool,
    versions: dict[str, str],
    format: str | None,
    map: list[tuple[str, str]],
    on_error: str,
    max_rejected: int | None,
    drop_untrained: bool,
    progress: Callable[[str, int, int, int, int, int], None] | None,
) -> dict[str, Any]: ...
def plain_variables(given: dict[str, Any]) -> dict[str, Any]: ...
def read_row(path: str, row: int) -> bytes | None: ...
