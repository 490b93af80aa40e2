"""Models, options, and what they make of conversations."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from chatloom import _core
from chatloom._calls import Compat, Documents, Messages, Renders, Tools, require_plain, traced
from chatloom._checks import INT32_MAX, INT64_MAX, paths, shown, whole
from chatloom._named import Named
from chatloom._surrogates import replaced
from chatloom.cache import recall, remember
from chatloom.cuts import Cuts
from chatloom.errors import (
    ControlTokenWarning,
    LintWarning,
    TemplateSyntaxError,
    TokenizerLoadError,
    UnsupportedInputError,
    UnsupportedTemplateError,
)
from chatloom.examples import Example, Examples
from chatloom.files import Backend, chat_template, read_files, read_model
from chatloom.lane import Lane, lane_of, warn_if_suspicious
from chatloom.limits import DEFAULT_LIMITS, Limits, checked
from chatloom.model import Model
from chatloom.progress import Progress
from chatloom.rendered import Rendered
from chatloom.summary import Summary

_POLICIES = ("assistant", "last", "generation", "all")
_CHOICES = {
    "tool_calls": ("all", "arguments", "none"),
    "end_tokens": ("turn", "last", "none"),
    "boundary": ("any", "all"),
    "overflow": ("error", "drop", "truncate", "split"),
    "keep": ("end", "start"),
    "unstable": ("whole", "split", "error"),
    "surrogates": ("error", "replace"),
    "compat": ("transformers-5", "transformers-4.57"),
}

_CONTROL_POLICIES = ("allow", "template", "report", "error")

ControlPolicy: TypeAlias = Literal["allow", "template", "report", "error"]

# Rows of a `datasets.Dataset` that are read at once.
_BATCH = 256


@dataclass(frozen=True)
class Options:
    """How conversations become examples; immutable, equal and hashed by content.

    Raises:
        ValueError: a value that an option doesn't take, or a variable that has to be given per call.
        UnsupportedInputError: a variable that can't be reproduced exactly.

    Attributes:
        labels: whose text carries loss: that of every "assistant", of the "last" one alone, what the template's
            `{% generation %}` tags cover ("generation"), "all" text, or a set of roles; of a role other than
            assistant only the message itself and its end token.
        reasoning: False leaves out an assistant's reasoning: reasoning fields, and text between reasoning tags
            with the tags around it.
        reasoning_tags: what opens and closes reasoning in a text; by default the usual tags that the template
            prints or the vocabulary has, such as `<think>` and `</think>`.
        tool_calls: which text of an assistant's tool calls carries loss: "all", only their "arguments", or "none".
        control_tokens: what becomes of control tokens, such as `<|im_end|>`, in a row's own text: "allow" encodes
            them as the template's own, as transformers does; "template" encodes that text as any other text, so
            that only the template writes control tokens; "report" allows and warns, by row, message and field;
            "error" refuses the row. Or several of these by whose text it is, such as
            `{"assistant": "allow", "assistant.reasoning_content": "report", "default": "template"}`: by role, by role
            and field, and by `tools`, `documents` and `variables`; the longest name counts, and "default" is that of
            all else, "allow" where it isn't there. See docs/labels.md.
        end_tokens: whose end tokens carry loss: those of every trained "turn", the "last", or "none".
        boundary: whether a token that straddles the border of trained text carries loss: if "any" or if "all"
            of its bytes are trained. It never does if it holds data of anybody but the assistant.
        max_length: the most tokens an example may have; None for any number.
        overflow: what becomes of a longer one: "error"; "drop" leaves it out; "truncate" cuts it, at turns where that
            is enough; "split" makes several of it, in which every token that carries loss does so once. See
            docs/labels.md.
        keep: which turns "truncate" keeps beside what the system says: those at the "end", or at the "start".
        unstable: what becomes of a conversation of which a beginning, up to a trained turn, renders otherwise alone
            than within the whole: it stays "whole", as in transformers, and is counted; "split" makes as many
            examples as it takes to train each turn after the text that it renders with alone; or "error".
        surrogates: what becomes of halves of characters (lone surrogates), which UTF-8 can't hold, in text and in
            escapes of JSON: "error", or "replace" puts U+FFFD in their place. In Python values that are no plain data
            (dicts, lists, tuples), they are an error all the same.
        now: the time that templates read; by default the time when the Formatter is made.
        compat: whose treatment of messages is reproduced. "transformers-5" drops keys that are None, copies
            reasoning under its other names (`reasoning_content`, `thinking`), and can continue any field of the
            final message; "transformers-4.57" renders messages as they are, and only continues `content`.
        limits: what each render may use.
        variables: run variables that the template reads, such as `enable_thinking`.

    >>> Options.from_keywords({"max_length": 4096, "enable_thinking": False}).variables
    {'enable_thinking': False}
    """

    labels: Literal["assistant", "last", "generation", "all"] | Collection[str] = "assistant"
    reasoning: bool = True
    reasoning_tags: tuple[str, str] | None = None
    tool_calls: Literal["all", "arguments", "none"] = "all"
    control_tokens: ControlPolicy | Mapping[str, ControlPolicy] = "allow"
    end_tokens: Literal["turn", "last", "none"] = "turn"
    boundary: Literal["any", "all"] = "any"
    max_length: int | None = None
    overflow: Literal["error", "drop", "truncate", "split"] = "error"
    keep: Literal["end", "start"] = "end"
    unstable: Literal["whole", "split", "error"] = "whole"
    surrogates: Literal["error", "replace"] = "error"
    now: datetime | None = None
    compat: Compat = "transformers-5"
    limits: Limits = DEFAULT_LIMITS
    variables: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            _check_choice(name, getattr(self, name), allowed)
        if not isinstance(self.reasoning, bool):
            raise ValueError(f"reasoning is {shown(self.reasoning)}, expected True or False")
        if not isinstance(self.now, datetime | None):
            raise ValueError(f"now is a {type(self.now).__name__}, expected a datetime")
        checked(self.limits)
        self._set("labels", _policy(self.labels))
        self._set("control_tokens", _control_tokens(self.control_tokens))
        if self.reasoning_tags is not None:
            self._set("reasoning_tags", _tags(self.reasoning_tags))
        if self.max_length is not None:
            self._set("max_length", whole("max_length", self.max_length, 1, INT32_MAX))
        self._set("variables", _variables(self.variables))

    def _set(self, name: str, value: Any) -> None:
        """Puts what an option means in the place of what was given."""
        object.__setattr__(self, name, value)

    @classmethod
    def from_keywords(cls, given: Mapping[str, Any]) -> Options:
        """Options by name; every other keyword is a run variable. Errors as in `Options`."""
        own = {name: value for name, value in given.items() if name in cls.__dataclass_fields__}
        others = {name: value for name, value in given.items() if name not in own}
        variables = {**dict(own.get("variables", {})), **others}
        own["variables"] = variables
        return cls(**own)


def _check_choice(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        choices = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        raise ValueError(f"{name} is {shown(value)}, expected {choices}")


def _control_tokens(given: Any) -> str | Named:
    if not isinstance(given, Mapping):
        _check_choice("control_tokens", given, _CONTROL_POLICIES)
        return str(given)
    for name, policy in given.items():
        _check_choice(f"control_tokens[{shown(name)}]", policy, _CONTROL_POLICIES)
    return Named({"default": "allow", **given}, "control_tokens")


def _variables(given: Any) -> Named:
    if not isinstance(given, Mapping):
        raise ValueError(f"variables is a {type(given).__name__}, expected a dict")
    for name in Options.__dataclass_fields__:
        if name in given:
            raise ValueError(f"{name} is an option of the Formatter, and can't be a variable of the template")
    for name in _core.RESERVED_NAMES:
        if name in given:
            raise ValueError(f"{name} belongs to a call, not to the Formatter")
    return Named(given)


def _policy(given: Any) -> str | frozenset[str]:
    if isinstance(given, str):
        _check_choice("labels", given, _POLICIES)
        return given
    roles = frozenset(given) if isinstance(given, Iterable) else frozenset()
    if not roles or not all(isinstance(role, str) for role in roles):
        policies = ", ".join(_POLICIES)
        example = "such as {'assistant', 'tool'}"
        raise ValueError(f"labels is no set of roles, {example}, and none of {policies}, but {shown(given)}")
    return roles


def _tags(given: tuple[str, str]) -> tuple[str, str]:
    tags = tuple(given)
    if isinstance(given, str) or len(tags) != 2 or not all(isinstance(tag, str) and tag for tag in tags):
        raise ValueError("reasoning_tags is no pair of texts, such as ('<think>', '</think>')")
    return (tags[0], tags[1])


class Formatter(Renders):
    """A model's chat template and tokenizer, with the options of a run.

    Made by `from_pretrained` or `from_files`. Immutable, shareable between threads; equal, hashed and pickled
    by content.

    >>> fmt = Formatter.from_pretrained("examples/model", backend="files")
    >>> fmt
    Formatter(templates: default; 1990 tokens; read by files)
    >>> fmt == Formatter.from_pretrained("examples/model", backend="files")
    True
    """

    __slots__ = ("_core", "_model", "_options")

    def __init__(self, model: Model, options: Options | None = None, cache: Path | None = None) -> None:
        self._model = model
        options = options or Options()
        self._options = options if options.now else replace(options, now=datetime.now())
        self._core: _core.Formatter = _load(model, self._options, cache)

    @classmethod
    def from_pretrained(
        cls,
        source: str | os.PathLike[str] | Any,
        *,
        backend: Backend = "auto",
        chat_template: str | os.PathLike[str] | None = None,
        cache: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Formatter:
        """A Formatter for a model.

        Args:
            source: a model directory in the Hugging Face layout, a bare `tokenizer.json`, a hub id (with
                transformers), or a live transformers tokenizer.
            backend: "transformers" takes what `AutoTokenizer` makes of the files, which repairs some; "files"
                takes them as written; "auto" is the first where transformers is installed.
            chat_template: instead of the model's own: a built-in name (`chatml`, `im-sep`, `llama-2`,
                `alpaca`), a file, the text of a template, or the name of one of the model's templates.
            cache: a directory, made where it isn't there, in which it is remembered by content that a tokenizer gave
                the ids of `tokenizers` on a battery of texts; else that is tried anew each time. It decides nothing.
            **options: the fields of `Options`; any other keyword is a run variable of the template, such as
                `enable_thinking=False`.

        Raises:
            TokenizerLoadError: a file is missing or can't be used, or there is no chat template.
            TemplateSyntaxError: the template is no valid Jinja.
            UnsupportedTemplateError: it uses a construct that can't be reproduced exactly.
            ValueError: an option has a value it doesn't take.

        >>> fmt = Formatter.from_pretrained("examples/model", chat_template="chatml", end_tokens="last")
        >>> fmt.options.end_tokens, list(fmt.templates)
        ('last', ['default'])
        """
        model = read_model(source, backend)
        return cls(_with_template(model, chat_template, source), Options.from_keywords(options), _folder(cache))

    @classmethod
    def from_files(
        cls,
        tokenizer: str | os.PathLike[str],
        chat_template: str | os.PathLike[str] | None = None,
        config: str | os.PathLike[str] | None = None,
        *,
        cache: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Formatter:
        """A Formatter from single files, taken as written.

        Args:
            tokenizer: a `tokenizer.json`.
            chat_template: a file, a built-in name or the text of a template; by default the config's.
            config: a `tokenizer_config.json`, for special tokens and template.
            cache: as in `from_pretrained`.
            **options: as in `from_pretrained`; the errors too.

        >>> Formatter.from_files("examples/model/tokenizer.json", chat_template="im-sep").backend
        'files'
        """
        model = read_files(Path(tokenizer), None if config is None else Path(config))
        return cls(_with_template(model, chat_template, tokenizer), Options.from_keywords(options), _folder(cache))

    @property
    def options(self) -> Options:
        """The options it was made with."""
        return self._options

    @property
    def templates(self) -> dict[str, str]:
        """The text of its chat templates by name; the usual one is "default"."""
        return dict(self._model.templates)

    @property
    def special_tokens(self) -> dict[str, str]:
        """The special tokens that the template sees, such as `bos_token`."""
        return dict(self._model.special_tokens)

    @property
    def backend(self) -> str:
        """How the files were read: "files", or "transformers" and its version."""
        return self._model.backend

    @property
    def fingerprint(self) -> str:
        """A hash, in hex, of all that decides what comes out: templates, tokenizer, options."""
        return self._core.fingerprint()

    @property
    def tokenizer_fingerprint(self) -> str:
        """A hash, in hex, of the tokenizer alone; `manifest.json` has it as `tokenizer`."""
        return self._core.tokenizer_fingerprint()

    @property
    def lane(self) -> Lane:
        """What encodes text, and why: the fast lane where the tokenizer is known to it, else `tokenizers`."""
        return lane_of(self._core)

    @property
    def pad_id(self) -> int | None:
        """The tokenizer's padding token, else its end of text, or None."""
        return self._core.pad_id()

    @property
    def put_around(self) -> tuple[int, ...]:
        """The ids that the tokenizer puts around a text unless told otherwise; templates write their own."""
        return tuple(self._core.put_around())

    @property
    def plain_markers(self) -> tuple[str, ...]:
        """Markers such as `<|im_start|>` that its templates print and that are no single tokens of its vocabulary."""
        return tuple(self._core.plain_markers())

    @property
    def path(self) -> str | None:
        """The directory, file or hub id that its model was read from; None for a live tokenizer."""
        return self._model.path

    def answer_frame(self, *, tools: bool = False) -> tuple[str, str]:
        """How the header and the end token of an answer are found.

        Args:
            tools: asks about conversations with tools, where the model has a template for them.

        Returns:
            For the header "derived" (from the generation prompt), "guessed" (from a plain chat) or "none"; for the
            end token "printed" (by the turn), "follows" (the turn) or "none"; "unknown" for both where the template
            answers no plain chat.

        >>> Formatter.from_pretrained("examples/model").answer_frame()
        ('derived', 'printed')
        """
        return self._core.facts(tools) or ("unknown", "unknown")

    def program(self, add_generation_prompt: bool = False, *, tools: bool = False) -> str:
        r"""What the chat template became, for people: one line an instruction, with its line in the template.

        Branches that the run variables decide are gone.

        Args:
            add_generation_prompt: shows the program for renders that open an assistant turn at the end.
            tools: shows the program for conversations with tools, where the model has one of their own.

        Raises:
            ChatloomError: the model has no template for such conversations.

        >>> fmt = Formatter.from_pretrained("examples/model")
        >>> print(fmt.program(add_generation_prompt=True).splitlines()[-2].split(maxsplit=2)[-1])
        print "<|im_start|>assistant\n"
        """
        return self._core.listing(tools, add_generation_prompt)

    def _given(self, *given: Any) -> Any:
        given = super()._given(*given)
        return replaced(given) if self._options.surrogates == "replace" else given

    def trace(
        self,
        messages: Messages,
        tools: Tools | None = None,
        documents: Documents | None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool | str = False,
        *,
        tokens: bool = False,
        **variables: Any,
    ) -> Rendered:
        """The text, where each part of it came from, and which of it carries loss.

        With `tokens` also `input_ids`, `labels`, `token_bytes` and `weights`, however many tokens there are. The
        other arguments and the errors are those of `render`.

        Raises:
            EncodeError: the tokenizer failed.
            DataError: a message says in no known way how much loss it carries; `path` names the key.

        >>> fmt = Formatter.from_pretrained("examples/model")
        >>> traced = fmt.trace([{"role": "user", "content": "2 + 2?"}])
        >>> [(traced.text[s.start : s.end], s.origin, s.turn, s.path) for s in traced.segments][1]
        ('2 + 2?', 'data', 0, 'content')
        """
        given = self._given(messages, tools, documents, add_generation_prompt, continue_final_message, variables)
        return traced(self._core.trace(given, tokens))

    def trace_line(
        self,
        line: bytes,
        add_generation_prompt: bool = False,
        *,
        tokens: bool = False,
        format: str | None = None,
        map: Mapping[str, str] | None = None,
    ) -> Rendered:
        """As `trace`, for a line of a JSONL file as `pack_files` reads it, with its `format` and `map`.

        Raises:
            DataError: the line is no conversation.
            ValueError: there is no such format, or no such name to map.

        >>> fmt = Formatter.from_pretrained("examples/model")
        >>> fmt.trace_line(b'{"instruction": "2 + 2?", "output": "4"}').segments[1].path
        'instruction'
        """
        named = list((map or {}).items())
        return traced(self._core.trace_line(line, add_generation_prompt, format, named, tokens))

    def encode(
        self,
        messages: Messages,
        tools: Tools | None = None,
        documents: Documents | None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool | str = False,
        **variables: Any,
    ) -> Example:
        """The tokens of a conversation, int32[n], the labels a model learns from, int32[n], and their weights.

        The ids are those of `apply_chat_template(tokenize=True)`. A message may say how much loss it carries:
        `train` (true or false), `weight` or `loss_weight` (a number), `loss` (either); where any message says
        something else than 0 or 1, the example has `weights`, float32[n]. Arguments and errors as in `render`.

        Raises:
            EncodeError: the conversation is longer than `max_length`, gives no example or several (then
                `encode_batch` takes it), is refused by `unstable="error"`, or the tokenizer failed.
            DataError: a message says in no known way how much loss it carries; `path` names the key.

        Warns:
            ControlTokenWarning: its own text holds a control token and `control_tokens` is "report".

        >>> fmt = Formatter.from_pretrained("examples/model")
        >>> chat = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4."}]
        >>> example = fmt.encode(chat)
        >>> fmt.decode(example.input_ids[example.labels != -100])
        '4.<|im_end|>'
        """
        given = self._given(messages, tools, documents, add_generation_prompt, continue_final_message, variables)
        input_ids, labels, weights, told = self._core.encode(given)
        if told:
            _warn_of("the conversation", *told[0])
        return Example(input_ids, labels, weights)

    def assistant_mask(
        self,
        messages: Messages,
        tools: Tools | None = None,
        documents: Documents | None = None,
        add_generation_prompt: bool = False,
        *,
        as_transformers: bool = False,
        **variables: Any,
    ) -> npt.NDArray[np.int32]:
        """Which tokens of a conversation the template's `{% generation %}` tags cover: int32[n] of 1 and 0.

        Args:
            messages: as the other arguments, those of `render`; errors too.
            tools: see there.
            documents: see there.
            add_generation_prompt: see there.
            as_transformers: gives what `apply_chat_template(return_assistant_tokens_mask=True)` of transformers 5.23
                gives, faults and all: tags in macros and set blocks cover other text than their own, a block may be
                marked up to the end of the text, and of a last character of several tokens only the first is.
            **variables: see there.

        Raises:
            EncodeError: the tokenizer failed; or, with `as_transformers`, transformers would.

        >>> tagged = "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %};{% endfor %}"
        >>> fmt = Formatter.from_pretrained("examples/model", chat_template=tagged)
        >>> fmt.assistant_mask([{"role": "assistant", "content": "4."}])
        array([1, 1, 0], dtype=int32)
        """
        given = self._given(messages, tools, documents, add_generation_prompt, False, variables)
        return self._core.assistant_mask(given, as_transformers)

    def encode_batch(self, rows: Iterable[Any], *, threads: int | None = None) -> Examples:
        """Encodes many conversations, on threads; what comes out doesn't depend on how many.

        Args:
            rows: a list, a `datasets.Dataset` or anything else that can be iterated, each row a list of
                messages, or a mapping of one of the shapes that data files have (see docs/data.md):
                `messages`, `conversations`, `instruction` and `output`, …, and optionally `tools`,
                `documents` and `chat_template_kwargs`.
            threads: how many encode, while this one takes the rows; by default as many as the machine offers.
                They end with the call, so that a process may fork between calls.

        Returns:
            The examples laid end to end. By the options, rows that are too long are left out, cut or split:
            `Examples.row` tells which row each example is from, and `Examples.cuts` how many rows and trained tokens
            were lost.

        Raises:
            ChatloomError: as in `encode`; `row` tells which row it was, from 0: the first that can't be used.
            KeyboardInterrupt: the call was interrupted.
            ValueError: `threads` is no whole number from 1 to 1024.

        >>> fmt = Formatter.from_pretrained("examples/model")
        >>> chat = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4."}]
        >>> examples = fmt.encode_batch([chat, {"messages": chat}])
        >>> examples.offsets, examples.row
        (array([ 0, 17, 34]), array([0, 1]))
        """
        plain = _batched(rows) if self._options.compat == "transformers-5" else _required_plain(_batched(rows))
        plain = map(replaced, plain) if self._options.surrogates == "replace" else plain
        encoded = self._core.encode_batch(plain, _threads(threads))
        input_ids, labels, offsets, row_of_each, weights, told, cuts = encoded
        if told is not None:
            count, row, first = told
            _warn_of(f"{count:,} rows hold control tokens in their own text: row {row}", *first)
        return Examples(input_ids, labels, offsets, row_of_each, weights, self.pad_id, Cuts(**cuts))

    def pack_files(
        self,
        sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        output: str | os.PathLike[str],
        max_length: int,
        *,
        threads: int | None = None,
        overwrite: bool = False,
        format: str | None = None,
        map: Mapping[str, str] | None = None,
        on_error: Literal["stop", "quarantine"] = "stop",
        max_rejected: int | None = None,
        drop_untrained: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> Summary:
        """The main job: JSONL files in, a directory of packed shards out, for `chatloom.load` to read.

        The bytes written do not depend on the number of threads. A run that fails or is interrupted leaves
        nothing behind.

        Args:
            sources: a JSONL file or several, a row a line, in the forms that `encode_batch` takes; "-" is
                standard input. A line of more than 256 MiB can't be used.
            output: the directory to make.
            max_length: the most tokens a pack may hold; longer rows are treated as `overflow` says.
            threads: how many encode; by default as many as the machine offers.
            overwrite: replaces the output of an earlier run.
            format: the shape of all rows: "messages", "sharegpt", "ultrachat", "prompt-completion", "alpaca"
                or "columns"; by default each file's is told from the keys of its first row.
            map: our names of keys with those that the rows have, such as `{"role": "from"}`.
            on_error: "stop" ends the run at the first row that can't be used; "quarantine" writes such rows
                to `rejected.jsonl` in `output` and goes on.
            max_rejected: how many rows may be rejected before the run ends after all; None for any number.
            drop_untrained: leaves out rows without a single trained token.
            progress: called some ten times a second; what it raises ends the run.

        Raises:
            DataError: a row that can't be used, by file and line; too many of them; or no rows to pack.
            ValueError: an argument has a value that it doesn't take.
            OSError: a file can't be read or written, or `output` exists.
            KeyboardInterrupt: the run was interrupted.

        Warns:
            LintWarning: something would spoil the training: no end token that is trained, one that is the padding
                token too, or markers that are no single tokens.

        >>> import tempfile, chatloom
        >>> fmt = Formatter.from_pretrained("examples/model")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     summary = fmt.pack_files("examples/chats/english.jsonl", f"{folder}/packed", max_length=512)
        ...     packs = chatloom.load(f"{folder}/packed")
        >>> len(packs) == summary.packs
        True
        """
        _warn_of_spoilers(self)
        made: dict[str, Any] = _core.pack_files(
            self._core,
            paths(sources),
            os.fspath(output),
            max_length=whole("max_length", max_length, 1, INT32_MAX),
            threads=_threads(threads),
            overwrite=overwrite,
            versions={"python": sys.version.split()[0], "read by": self.backend},
            format=format,
            map=list((map or {}).items()),
            on_error=on_error,
            max_rejected=None if max_rejected is None else whole("max_rejected", max_rejected, 0, INT64_MAX),
            drop_untrained=drop_untrained,
            progress=None if progress is None else lambda *facts: progress(Progress(*facts)),
        )
        fill = made["tokens"] / (made["packs"] * max_length)
        return Summary(**made, fill=fill, output=os.fspath(output))

    def decode(self, ids: Iterable[int] | npt.NDArray[np.integer[Any]], skip_special_tokens: bool = False) -> str:
        r"""The text of token ids, as the tokenizer's decoder gives it.

        Raises:
            EncodeError: the tokenizer failed.
            OverflowError: a negative id.

        >>> fmt = Formatter.from_pretrained("examples/model")
        >>> ids = fmt.encode([{"role": "user", "content": "Hi"}]).input_ids
        >>> fmt.decode(ids, skip_special_tokens=True)
        'user\nHi\n'
        """
        return self._core.decode([int(token) for token in ids], skip_special_tokens)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formatter) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[object, ...]:
        return (Formatter, (self._model, self._options))

    def __repr__(self) -> str:
        names = ", ".join(self._model.templates)
        return f"Formatter(templates: {names}; {self._core.size()} tokens; read by {self.backend})"


def _with_template(model: Model, given: str | os.PathLike[str] | None, source: Any) -> Model:
    if given is not None:
        templates: Mapping[str, str] = {"default": chat_template(given, model.templates)}
        return replace(model, templates=templates)
    if not model.templates:
        raise TokenizerLoadError(
            "the model has no chat template",
            hint="give chat_template= a file or a built-in name: chatml, im-sep, llama-2 or alpaca",
            path=str(source) if isinstance(source, (str, os.PathLike)) else None,
        )
    return model


def _batched(rows: Iterable[Any]) -> Iterable[Any]:
    """The same rows, from a `datasets.Dataset` read in batches, since that is many times as fast."""
    if type(rows).__module__.partition(".")[0] != "datasets" or not hasattr(rows, "iter"):
        return rows
    batches: Iterable[Mapping[str, list[Any]]] = rows.iter(_BATCH)
    return (dict(zip(batch, values, strict=True)) for batch in batches for values in zip(*batch.values(), strict=True))


def _required_plain(rows: Iterable[Any]) -> Iterator[Any]:
    for index, row in enumerate(rows):
        try:
            require_plain(row, "row")
        except UnsupportedInputError as error:
            error.row = index
            raise
        yield row


def _threads(given: int | None) -> int | None:
    return None if given is None else whole("threads", given, 1, _core.MAX_THREADS)


def _folder(given: str | os.PathLike[str] | None) -> Path | None:
    return None if given is None else Path(given)


def _load(model: Model, options: Options, cache: Path | None) -> _core.Formatter:
    key = _core.Formatter.check_key(model.tokenizer) if cache else ""
    agrees = recall(cache, key) if cache else None
    try:
        core = _core.Formatter(
            list(model.templates.items()),
            model.tokenizer,
            {**model.special_tokens, **options.variables},
            options.now,
            _loss(options),
            options.control_tokens if isinstance(options.control_tokens, str) else dict(options.control_tokens),
            options.boundary,
            {name: getattr(options, name) for name in ("max_length", "overflow", "keep", "unstable", "surrogates")},
            model.backend,
            options.compat,
            options.limits,
            agrees,
        )
    except (TokenizerLoadError, TemplateSyntaxError, UnsupportedTemplateError) as error:
        error.path = model.path
        raise
    found = core.agrees()
    if cache and found is not None and found != agrees:
        remember(cache, key, found)
    warn_if_suspicious(core)
    return core


def _warn_of(what: str, message: int | None, path: str, token: str) -> None:
    place = path if message is None else f"messages[{message}].{path}"
    hint = "control_tokens='template' encodes such text as plain text"
    warnings.warn(ControlTokenWarning(f"{what} has {token} in {place}; {hint}"), stacklevel=3)


def _warn_of_spoilers(formatter: Formatter) -> None:
    from chatloom.linter import spoilers

    for finding in spoilers(formatter):
        warnings.warn(LintWarning(f"{finding.code}: {finding.message}"), stacklevel=3)


def _loss(options: Options) -> dict[str, Any]:
    """The options that say which text carries loss."""
    names = ("reasoning", "reasoning_tags", "tool_calls", "end_tokens")
    labels = options.labels if isinstance(options.labels, str) else set(options.labels)
    return {"labels": labels, **{name: getattr(options, name) for name in names}}
