"""The exceptions of chatloom: one tree under `ChatloomError`.

Every one of them pickles and compares by content, and none prints the contents of messages: of what a row
wrote, only roles and keys are told that everybody knows (`user`, `content`, `tool_calls`, …) or that the template
itself names.

>>> import chatloom
>>> chatloom.Template("{% if messages %}")
Traceback (most recent call last):
    ...
chatloom.errors.TemplateSyntaxError: ...
"""

from __future__ import annotations


class ChatloomError(Exception):
    """Anything that chatloom refuses or fails at.

    Attributes:
        message: What happened, without the place. What a template says through `raise_exception` is here word by
            word, and may hold contents of messages.
        kind: Name of the exception that transformers raises for the same call, such as `TypeError`.
        line: Line of the template (or of the data file, for `DataError`), from 1.
        column: Character in that line, from 1.
        snippet: The piece of the template around that place, at most about 100 columns wide, with a caret below
            it.
        hint: What to do about it, or what there was instead.
        row: Index of the row, from 0, where several rows were given.
        path: The file, or the message or field of it, that it is about, such as `messages[2]`.
        template: Name of the template, where the model has several.
        shown: The message as it is printed, where that differs: without what the row wrote.

    Attributes that do not apply are None.

    >>> error = ChatloomError("it broke", hint="mend it", row=3)
    >>> print(error)
    row 3: it broke
    hint: mend it
    >>> error == ChatloomError("it broke", hint="mend it", row=3)
    True
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
        template: str | None = None,
        shown: str | None = None,
    ) -> None:
        super().__init__(message if shown is None else shown)
        self.message = message
        self.kind = kind
        self.line = line
        self.column = column
        self.snippet = snippet
        self.hint = hint
        self.row = row
        self.path = path
        self.template = template
        self.shown = shown

    def _facts(self) -> tuple[str | int | None, ...]:
        return (
            self.message,
            self.kind,
            self.line,
            self.column,
            self.snippet,
            self.hint,
            self.row,
            self.path,
            self.template,
            self.shown,
        )

    def _place(self) -> str:
        if self.line is None:
            return ""
        message = "" if self.path is None else f"{self.path}, "
        template = "template" if self.template is None else f"template `{self.template}`,"
        column = "" if self.column is None else f", column {self.column}"
        return f" ({message}{template} line {self.line}{column})"

    def _kind(self) -> str:
        return "" if self.kind in (None, type(self).__name__) else f"{self.kind}: "

    def __str__(self) -> str:
        row = "" if self.row is None else f"row {self.row}: "
        message = self.message if self.shown is None else self.shown
        lines = [f"{row}{self._kind()}{' '.join(message.splitlines())}{self._place()}"]
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
    """The template is no valid Jinja.

    >>> import chatloom
    >>> try:
    ...     chatloom.Template("Hello {{ name")
    ... except TemplateSyntaxError as error:
    ...     print(error.line, error.kind)
    1 TemplateSyntaxError
    """


class UnsupportedTemplateError(ChatloomError):
    """The template uses a construct that can't be reproduced exactly; found when it is compiled.

    >>> import chatloom
    >>> try:
    ...     chatloom.Template("{{ messages | random }}")
    ... except UnsupportedTemplateError as error:
    ...     print(error.line, error.column)
    1 15
    """


class TemplateRenderError(ChatloomError):
    """The render failed as it fails in transformers; `kind` names the exception raised there.

    >>> import chatloom
    >>> try:
    ...     chatloom.Template("{{ 1 + messages[0].content }}").render([{"role": "user", "content": "Hi"}])
    ... except TemplateRenderError as error:
    ...     print(error.kind)
    TypeError
    """


class TemplateRaisedError(TemplateRenderError):
    """The template itself called `raise_exception`; `message` is what it said.

    >>> import chatloom
    >>> try:
    ...     template = chatloom.Template("{{ raise_exception('no system message here') }}")
    ...     template.render([{"role": "user", "content": "Hi"}])
    ... except TemplateRaisedError as error:
    ...     print(error.message)
    no system message here
    """


class BudgetExceeded(ChatloomError):
    """The render took more steps or memory than its `Limits` allow.

    >>> import chatloom
    >>> try:
    ...     chatloom.Template("{{ 'a' * 10 ** 10 }}").render([{"role": "user", "content": "Hi"}])
    ... except BudgetExceeded:
    ...     print("refused")
    refused
    """


class UnsupportedInputError(ChatloomError):
    r"""The call can't be reproduced exactly, for instance because a text holds a lone surrogate.

    >>> import chatloom
    >>> try:
    ...     chatloom.Template("{{ messages[0].content }}").render([{"role": "user", "content": "\ud800"}])
    ... except UnsupportedInputError as error:
    ...     print(error.path)
    messages[0].content
    """


class TokenizerLoadError(ChatloomError):
    """A tokenizer or model file can't be used; `path` names the file.

    >>> import chatloom
    >>> try:
    ...     chatloom.Formatter.from_files("README.md", chat_template="chatml")
    ... except TokenizerLoadError as error:
    ...     print(error.path)
    README.md
    """


class EncodeError(ChatloomError):
    """A conversation can't be turned into one example.

    >>> import chatloom
    >>> fmt = chatloom.Formatter.from_pretrained("examples/model", max_length=4)
    >>> try:
    ...     fmt.encode([{"role": "user", "content": "Hi"}])
    ... except EncodeError as error:
    ...     print(error.message.partition("; ")[0])
    the conversation has 7 tokens, more than max_length=4
    """


class PackError(ChatloomError):
    """The examples can't be packed; `row` names the one at fault.

    >>> import chatloom, numpy
    >>> ids = numpy.arange(9, dtype=numpy.int32)
    >>> try:
    ...     chatloom.pack([chatloom.Example(ids, ids)], max_length=8)
    ... except PackError as error:
    ...     print(error.row, error.message)
    0 the example has 9 tokens, more than max_length=8
    """


class DataError(ChatloomError):
    """A data file or an output directory can't be used; `path` and `line` name the place.

    >>> import chatloom
    >>> try:
    ...     chatloom.load("examples")
    ... except DataError as error:
    ...     print(error)
    can't read manifest.json: No such file or directory
    hint: give the directory that `chatloom pack` wrote
    """

    def _place(self) -> str:
        return ""

    def _kind(self) -> str:
        return ""


class InternalError(ChatloomError):
    """A fault of chatloom itself, caught at its border; please report it.

    >>> issubclass(InternalError, Exception)
    True
    """


class ControlTokenWarning(UserWarning):
    """A row's own text holds a control token, and `control_tokens="report"` was chosen.

    >>> import warnings, chatloom
    >>> fmt = chatloom.Formatter.from_pretrained("examples/model", control_tokens="report")
    >>> with warnings.catch_warnings(record=True) as seen:
    ...     _ = fmt.encode([{"role": "user", "content": "Hi<|im_end|>"}])
    >>> print(seen[0].message)
    the conversation has <|im_end|> in messages[0].content; control_tokens='template' encodes such text as plain text
    """


class LintWarning(UserWarning):
    """What `chatloom.lint` found would spoil a training run that begins.

    >>> import tempfile, warnings, chatloom
    >>> fmt = chatloom.Formatter.from_pretrained("examples/model", chat_template="alpaca")
    >>> with warnings.catch_warnings(record=True) as seen, tempfile.TemporaryDirectory() as folder:
    ...     _ = fmt.pack_files("examples/chats/english.jsonl", f"{folder}/packed", max_length=512)
    >>> [warning.category.__name__ for warning in seen]
    []
    """
