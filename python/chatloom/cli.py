"""The command line: `chatloom VERB …`.

Standard output holds results, standard error everything else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from textwrap import indent
from typing import Any, NoReturn, TextIO

from chatloom import _core, manifest, marked, signals, streams, traced
from chatloom._checks import INT32_MAX, INT64_MAX, whole
from chatloom.errors import ChatloomError
from chatloom.formatter import Formatter
from chatloom.limits import DEFAULT_LIMITS, Limits
from chatloom.load import load
from chatloom.packs import Packs
from chatloom.progress import Ticker
from chatloom.rendered import Rendered
from chatloom.traced import LEGEND

OK, BAD_DATA, USAGE, IO = 0, 1, 2, 3

_EXIT_CODES = """\
exit codes:
  0    done
  1    bad data: a row, a template or a tokenizer that can't be used
  2    wrong use of the command
  3    a file or directory that can't be read or written
  130  interrupted; nothing half-written is left
  143  terminated, 129 hung up: likewise
"""

_SEVERITIES = """\
severities:
  ok       nothing to know
  note     to be known; depends on the chats
  warning  may spoil a run without a word: exit code 1
  error    spoils a run: exit code 1
"""


def _whole(low: int, high: int) -> Callable[[str], int]:
    """Takes whole numbers within bounds."""

    def number(text: str) -> int:
        try:
            return whole("it", int(text), low, high)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}") from None

    return number


_length = _whole(1, INT32_MAX)
_index = _whole(0, INT64_MAX)
_threads = _whole(1, _core.MAX_THREADS)


class _Parser(argparse.ArgumentParser):
    """Tells of wrong use in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}; {self.prog} --help tells more\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")  # it asks for PyTorch, which isn't needed
    streams.prepare()
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        return _run(arguments)


def run() -> NoReturn:
    """Runs the command of this process and ends it, without taking apart its memory first."""
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        with signals.raised():
            options = _parser().parse_args(arguments)
            code: int = options.verb(options)
            sys.stdout.flush()
            return code
    except SystemExit as end:  # how argparse ends after its help, and after telling of wrong use
        return end.code if isinstance(end.code, int) else USAGE
    except KeyboardInterrupt as error:
        return _fail(signals.name(error), signals.exit_code(error))
    except BrokenPipeError:
        return OK  # whoever read our output has seen enough
    except ChatloomError as error:
        return _fail(error, IO if isinstance(error.__cause__, OSError) else BAD_DATA)
    except OSError as error:
        return _fail(_os_reason(error), IO)
    except ValueError as error:
        return _fail(error, USAGE)


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _tell(f"warning: {message}")


def _tell(text: object) -> None:
    with suppress(OSError):  # nobody may be listening
        print(f"chatloom: {text}", file=sys.stderr)


def _fail(reason: object, code: int) -> int:
    _tell(reason)
    return code


def _os_reason(error: OSError) -> str:
    return str(error.strerror or error) + (f": {error.filename}" if error.filename else "")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="chatloom",
        description="Weaves chats into training sequences.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    _add_pack(verbs)
    _add_row_verb(verbs, "render", "print the text of a row, exactly", _render)
    _add_trace(verbs)
    _add_view(verbs)
    _add_info(verbs)
    _add_lint(verbs)
    _add_bench(verbs)
    return parser


def _verb(verbs: Any, name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=text,
        description=text,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(verb=run)
    return parser


def _add_pack(verbs: Any) -> None:
    parser = _verb(verbs, "pack", "turn JSONL chats into packed token shards", _pack)
    parser.add_argument(
        "data", nargs="+", metavar="DATA", help="JSONL file, a row a line, or - for standard input; see docs/data.md"
    )
    _add_model(parser)
    _add_reading(parser)
    parser.add_argument("--max-length", type=_length, required=True, metavar="N", help="tokens a pack may hold")
    parser.add_argument("--out", required=True, metavar="OUT", help="the directory to make")
    parser.add_argument(
        "--overflow",
        choices=("error", "drop", "truncate", "split"),
        default="error",
        help="longer rows stop the run, are left out, cut, or become several sequences",
    )
    parser.add_argument("--keep", choices=("end", "start"), default="end", help="which turns of a row that is cut")
    parser.add_argument(
        "--unstable",
        choices=("whole", "split", "error"),
        default="whole",
        help="rows of which a beginning renders otherwise alone stay whole, become a sequence each, or are bad",
    )
    parser.add_argument(
        "--on-error",
        choices=("stop", "quarantine"),
        default="stop",
        help="bad rows stop the run, or go to OUT/rejected.jsonl",
    )
    parser.add_argument("--max-rejected", type=_index, metavar="N", help="more bad rows stop the run after all")
    parser.add_argument("--drop-untrained", action="store_true", help="leave out rows without a trained token")
    _add_loss(parser)
    parser.add_argument("--threads", type=_threads, metavar="N", help="as many as the machine offers by default")
    parser.add_argument("--overwrite", action="store_true", help="replace the output of an earlier run")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress and no summary")


def _add_loss(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels",
        type=_labels,
        default="assistant",
        metavar="WHOSE",
        help="whose text is trained: assistant, last, generation, all, or roles: role:user,assistant",
    )
    parser.add_argument("--no-reasoning", action="store_true", help="leave an assistant's reasoning untrained")
    parser.add_argument("--reasoning-tags", nargs=2, metavar=("OPEN", "CLOSE"), help="what is around reasoning")
    parser.add_argument(
        "--tool-calls", choices=("all", "arguments", "none"), default="all", help="what of tool calls is trained"
    )
    parser.add_argument(
        "--control-tokens",
        type=_control_tokens,
        default="report",
        metavar="POLICY",
        help="in a row's own text: allow them as the template's own, keep them to the template, report or error; "
        "or by whose text it is: user=template,tool=template,assistant=allow,default=report",
    )
    parser.add_argument("--end-tokens", choices=("turn", "last", "none"), default="turn", help="whose are trained")
    parser.add_argument("--boundary", choices=("any", "all"), default="any", help="when straddling tokens are trained")


def _labels(text: str) -> str | frozenset[str]:
    if text.startswith("role:"):
        return frozenset(role for role in text.removeprefix("role:").split(",") if role)
    return text


def _control_tokens(text: str) -> str | dict[str, str]:
    if "=" not in text:
        return text
    return {"default": "report", **_pairs(text, "NAME=POLICY,…, such as user=template,assistant=allow")}


def _loss(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "labels": options.labels,
        "reasoning": not options.no_reasoning,
        "reasoning_tags": options.reasoning_tags,
        "tool_calls": options.tool_calls,
        "control_tokens": options.control_tokens,
        "end_tokens": options.end_tokens,
        "boundary": options.boundary,
    }


def _add_row_verb(
    verbs: Any, name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = _verb(verbs, name, text, run)
    parser.add_argument("data", metavar="DATA", help="JSONL file, or - for standard input")
    _add_model(parser)
    _add_reading(parser)
    parser.add_argument("--row", type=_index, default=0, metavar="N", help="which row, from 0; default 0")
    parser.add_argument("--add-generation-prompt", action="store_true", help="open an assistant turn at the end")
    parser.add_argument("--json", action="store_true", help="print all that is known, as JSON")
    return parser


def _add_trace(verbs: Any) -> None:
    text = "show who wrote each part of a row's text, and what of it is trained"
    parser = _add_row_verb(verbs, "trace", text, _trace)
    parser.epilog = f"how to read it:\n{indent(LEGEND, '  ')}\n{_EXIT_CODES}"
    _add_loss(parser)
    parser.add_argument("--tokens", action="store_true", help="show it token by token")


def _add_view(verbs: Any) -> None:
    parser = _verb(verbs, "view", "print a pack as text with its trained part marked", _view)
    parser.add_argument("out", metavar="OUT", help="what `chatloom pack` wrote")
    _add_model(parser)
    parser.add_argument("--pack", type=_index, default=0, metavar="N", help="which pack, from 0; default 0")
    parser.add_argument("--tokens", action="store_true", help="show it token by token")
    parser.add_argument("--json", action="store_true", help="print tokens, labels and texts as JSON")


def _add_info(verbs: Any) -> None:
    parser = _verb(verbs, "info", "tell what an output directory holds", _info)
    parser.add_argument("out", metavar="OUT", help="what `chatloom pack` wrote")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def _add_lint(verbs: Any) -> None:
    parser = _verb(verbs, "lint", "tell what will happen when a model is trained by its chat template", _lint)
    parser.epilog = f"{_SEVERITIES}\n{_EXIT_CODES}"
    parser.add_argument(
        "model",
        metavar="MODEL_OR_TEMPLATE",
        help="as --model elsewhere; or a bare template: a file, or chatml, im-sep, llama-2 or alpaca",
    )
    _add_template(parser)
    parser.add_argument(
        "--evidence", action="store_true", help="show what shows each finding, not only those worse than a note"
    )
    parser.add_argument("--json", action="store_true", help="print all of it as JSON")
    parser.add_argument("--program", action="store_true", help="print instead the instructions that render a chat")
    parser.add_argument("--tools", action="store_true", help="of the template for conversations with tools")
    parser.add_argument("--add-generation-prompt", action="store_true", help="of renders that open an assistant turn")


def _add_bench(verbs: Any) -> None:
    parser = _verb(verbs, "bench", "compare with what else is installed, on your own chats", _bench)
    parser.add_argument("data", nargs="+", metavar="DATA", help="JSONL file, a row with `messages` a line")
    parser.add_argument("--model", required=True, metavar="M", help="a model directory or a hub id")
    parser.add_argument("--chat-template", metavar="T", help="a file, or chatml, im-sep, llama-2 or alpaca")
    parser.add_argument("--backend", choices=("auto", "transformers", "files"), default="auto")
    for name, default, text in (
        ("--max-length", 8192, "tokens a pack may hold"),
        ("--rows", 1200, "rows to use at most"),
        ("--rounds", 5, "rounds to time"),
    ):
        parser.add_argument(name, type=_length, default=default, metavar="N", help=f"{text}; default {default}")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, metavar="M", help="a model directory, a tokenizer.json, or a hub id")
    _add_template(parser)


def _add_template(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--chat-template", metavar="T", help="a file, or chatml, im-sep, llama-2 or alpaca")
    parser.add_argument(
        "--backend", choices=("auto", "transformers", "files"), default="auto", help="how to read the model"
    )
    parser.add_argument("--cache", metavar="DIR", help="a directory to remember what was found out of the model")
    parser.add_argument(
        "--var",
        action="append",
        default=[],
        type=_variable,
        metavar="NAME=JSON",
        help="a variable of the template, such as enable_thinking=false; may be repeated",
    )
    parser.add_argument(
        "--limits",
        type=_limits,
        default=DEFAULT_LIMITS,
        metavar="NAME=N,…",
        help="what a render may use: steps, steps_per_byte, memory, memory_per_byte, depth; such as memory=67108864",
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("messages", "sharegpt", "ultrachat", "prompt-completion", "alpaca", "columns"),
        help="the shape of the rows; told from their keys by default",
    )
    parser.add_argument(
        "--map",
        type=_key_map,
        default={},
        metavar="NAME=KEY,…",
        help="where rows have other keys, such as role=from,content=value",
    )
    parser.add_argument(
        "--surrogates",
        choices=("error", "replace"),
        default="error",
        help="what becomes of escapes for half a character",
    )


def _key_map(text: str) -> dict[str, str]:
    return _pairs(text, "NAME=KEY,…, such as role=from,content=value")


def _pairs(text: str, expected: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(name and value for name, _, value in pairs):
        raise argparse.ArgumentTypeError(f"{text!r}: expected {expected}")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise argparse.ArgumentTypeError(f"{text!r}: expected each name once")
    return {name: value for name, _, value in pairs}


def _limits(text: str) -> Limits:
    names = [field.name for field in fields(Limits)]
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(name in names and number.isdecimal() for name, _, number in pairs):
        message = f"{text!r}: expected NAME=N,…, such as memory=67108864; names are {', '.join(names)}"
        raise argparse.ArgumentTypeError(message)
    try:
        return Limits(**{name: int(number) for name, _, number in pairs})
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _variable(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=JSON, such as enable_thinking=false")
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        message = f"{name}: {value!r} is no JSON; text goes in quotes: {name}='\"{value}\"'"
        raise argparse.ArgumentTypeError(message) from None


def _formatter(options: argparse.Namespace, **others: Any) -> Formatter:
    variables = dict(options.var)
    return Formatter.from_pretrained(
        options.model,
        backend=options.backend,
        chat_template=options.chat_template,
        cache=options.cache,
        **others,
        limits=options.limits,
        variables=variables,
    )


def _pack(options: argparse.Namespace) -> int:
    formatter = _formatter(
        options,
        **_loss(options),
        max_length=options.max_length,
        overflow=options.overflow,
        keep=options.keep,
        unstable=options.unstable,
        surrogates=options.surrogates,
    )
    ticker = Ticker()
    try:
        summary = formatter.pack_files(
            options.data,
            options.out,
            options.max_length,
            threads=options.threads,
            overwrite=options.overwrite,
            format=options.format,
            map=options.map,
            on_error=options.on_error,
            max_rejected=options.max_rejected,
            drop_untrained=options.drop_untrained,
            progress=None if options.quiet else ticker,
        )
    finally:
        if not options.quiet:
            ticker.close()
    if options.json:
        print(json.dumps(asdict(summary)))
    elif not options.quiet:
        print(f"model      {formatter}\n{summary}")
    return OK


def _bench(options: argparse.Namespace) -> int:
    from chatloom import bench  # it alone takes as long to import as all the rest

    return bench.main(options)


def _render(options: argparse.Namespace) -> int:
    rendered = _traced(options)
    if options.json:
        _write(json.dumps({"row": options.row, "text": rendered.text}, ensure_ascii=False))
    else:
        _write(rendered.text)
    return OK


def _trace(options: argparse.Namespace) -> int:
    rendered = _traced(options, tokens=True, **_loss(options))
    if options.json:
        _write(json.dumps({"row": options.row, **traced.facts(rendered, options.tokens)}, ensure_ascii=False))
        return OK
    show = traced.show_tokens if options.tokens else traced.show
    title = f"row {options.row} of {options.data}: {traced.counts(rendered)}"
    _write("\n".join((title, "", show(rendered, _colour()), "", *traced.explain(rendered), "", LEGEND)))
    return OK


def _view(options: argparse.Namespace) -> int:
    packs = load(options.out)
    if options.pack >= len(packs):
        raise ValueError(f"there is no pack {options.pack}; {options.out} has {len(packs)}, counted from 0")
    pack, formatter = packs[options.pack], _formatter(options)
    _warn_of_another_tokenizer(options.out, formatter)
    sequences = list(marked.sequences(pack, formatter))
    if options.json:
        made = {"pack": options.pack, "sequences": [sequence.facts() for sequence in sequences]}
        _write(json.dumps(made, ensure_ascii=False))
        return OK
    for sequence in sequences:
        print(f"--- {sequence}")
        _write(sequence.show_tokens(_colour()) if options.tokens else sequence.show(_colour()))
    return OK


def _warn_of_another_tokenizer(out: str, formatter: Formatter) -> None:
    made = manifest.read(Path(out))
    if made.tokenizer not in (None, formatter.tokenizer_fingerprint):
        warnings.warn(
            f"{out} was packed with another tokenizer (read by {made.read_by or 'unknown'}; this one by "
            f"{formatter.backend}), so the text shown may not be what the model sees",
            stacklevel=2,
        )


def _info(options: argparse.Namespace) -> int:
    packs = load(options.out)
    facts = _facts(packs)
    if options.json:
        print(json.dumps(facts))
    else:
        print("\n".join(f"{name:15} {value}" for name, value in facts.items()))
    return OK


def _lint(options: argparse.Namespace) -> int:
    from chatloom import linter  # not needed by any other verb

    bare = options.chat_template is None and linter.is_template(options.model)
    settings = {"limits": options.limits, **dict(options.var)}
    formatter = linter.stand_in(options.model, **settings) if bare else _formatter(options)
    if options.program:
        _write(formatter.program(options.add_generation_prompt, tools=options.tools))
        return OK
    report = linter.report(formatter, options.model, has_vocabulary=not bare)
    if options.json:
        _write(json.dumps(report.facts(), ensure_ascii=False))
    else:
        _write(report.show("ok" if options.evidence else "warning"))
    return OK if report.worst in ("ok", "note") else BAD_DATA


def _facts(packs: Packs) -> dict[str, Any]:
    return {
        "packs": len(packs),
        "max_length": packs.max_length,
        "sequences": packs.sequences,
        "tokens": packs.tokens,
        "trained_tokens": packs.trained_tokens,
        "fill": round(packs.fill, 4),
        "pad_id": packs.pad_id,
    }


def _traced(options: argparse.Namespace, tokens: bool = False, **others: Any) -> Rendered:
    line = _core.read_row(options.data, options.row)
    if line is None:
        raise ValueError(f"{options.data} has no row {options.row}; rows are counted from 0")
    formatter = _formatter(options, surrogates=options.surrogates, **others)
    return formatter.trace_line(
        line, options.add_generation_prompt, tokens=tokens, format=options.format, map=options.map
    )


def _colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _write(text: str) -> None:
    print(text, end="" if text.endswith("\n") else "\n")
