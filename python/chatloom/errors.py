"""The exceptions of chatloom: one tree under `ChatloomError`.

Every one of them pickles and compares by content, and none prints the contents of messages.
"""

from __future__ import annotations


class ChatloomError(Exception):
    """Anything that chatloom refuses or fails at.

    Attributes:
        message: What happened, without the place.
        kind: Name of the exception that transformers raises for the same call, such as `TypeError`.
        line: Line of the template (or of the data file, for `DataError`), from 1.
        column: Character in that line, from 1.
        snippet: The piece of the template around that place, with a caret below it.
        hint: What to do about it.
        row: Index of the row, from 0, where several rows were given.
        path: The file, or the field of the message, that it is about.

    Attributes that do not apply are None.
    """

    def __init__(
        self,
        message: str,
        kind: str | None = None,
        line: int | None = None,
        column: int | None = None,
        snippet: str | None = None,
        hint: str | None = None,
        row: int | None = None,
        path: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.line = line
        self.column = column
        self.snippet = snippet
        self.hint = hint
        self.row = row
        self.path = path

    def _facts(
        self,
    ) -> tuple[str, str | None, int | None, int | None, str | None, str | None, int | None, str | None]:
        return (
            self.message,
            self.kind,
            self.line,
            self.column,
            self.snippet,
            self.hint,
            self.row,
            self.path,
        )

    def _place(self) -> str:
        if self.line is None:
            return ""
        column = "" if self.column is None else f", column {self.column}"
        return f" (template line {self.line}{column})"

    def __str__(self) -> str:
        row = "" if self.row is None else f"row {self.row}: "
        lines = [f"{row}{self.message}{self._place()}"]
        if self.snippet is not None:
            lines.append(self.snippet)
        if self.hint is not None:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), self._facts())

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, ChatloomError):
            return NotImplemented
        return self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash((type(self), self._facts()))


class TemplateSyntaxError(ChatloomError):
    """The template is no valid Jinja."""


class UnsupportedTemplateError(ChatloomError):
    """The template uses a construct that can't be reproduced exactly; found when it is compiled."""


class TemplateRenderError(ChatloomError):
    """The render failed as it fails in transformers; `kind` names the exception raised there."""


class TemplateRaisedError(TemplateRenderError):
    """The template itself called `raise_exception`; `message` is what it said."""


class BudgetExceeded(ChatloomError):
    """The render took more steps or memory than its limits allow."""


class UnsupportedInputError(ChatloomError):
    """The call can't be reproduced exactly, for instance because a text holds a lone surrogate."""


class TokenizerLoadError(ChatloomError):
    """A tokenizer or model file can't be used; `path` names the file."""


class EncodeError(ChatloomError):
    """A conversation can't be turned into one example."""


class PackError(ChatloomError):
    """The examples can't be packed; `row` names the one at fault."""


class DataError(ChatloomError):
    """A data file or an output directory can't be used; `path` and `line` name the place."""

    def _place(self) -> str:
        return ""


class InternalError(ChatloomError):
    """A fault of chatloom itself, caught at its border; please report it."""
