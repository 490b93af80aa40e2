"""Comparing chatloom with what else is installed, on one's own chats: `chatloom bench DATA --model M`."""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import operator
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import chain, islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from chatloom.errors import ChatloomError
from chatloom.files import Backend, read_model
from chatloom.formatter import Formatter
from chatloom.load import load

_ONLY_CONTENT = "{{ messages[0].content }}"
_ENVIRONMENT = {
    "TOKENIZERS_PARALLELISM": "false",
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}
_PACKAGES = ("chatloom", "transformers", "tokenizers", "jinja2", "trl", "datasets", "pyarrow", "numpy")


class NotCompared(Exception):
    """A comparison that can't be made; its text says why."""


class Batch(NamedTuple):
    """What one round works on.

    Attributes:
        lines: the inputs, each as JSON.
        bytes: the size of their text, in UTF-8.
    """

    lines: Sequence[str]
    bytes: int

    def values(self) -> list[Any]:
        """The inputs, as new objects: nothing that an earlier run left in them helps a later one."""
        return [json.loads(line) for line in self.lines]


class Timed(NamedTuple):
    """What a run gave, and the seconds of the processor it took: other programs on the machine don't count in it."""

    result: Any
    seconds: float


Runner = Callable[[Batch], Timed]


class Contest(NamedTuple):
    """One job, done by chatloom and by a peer.

    Attributes:
        name: what is done.
        peer: by what else.
        ours: does it with chatloom.
        theirs: does it with the peer.
        agree: whether both results are the same.
        tokens: how many tokens our result has; 0 where nothing is tokenized.
        note: what else a reader has to know.
    """

    name: str
    peer: str
    ours: Runner
    theirs: Runner
    agree: Callable[[Any, Any], bool] = operator.eq
    tokens: Callable[[Any], int] = lambda _: 0
    note: str = ""


class Lap(NamedTuple):
    """One round of a contest: what it worked on, and how many seconds each side took."""

    rows: int
    bytes: int
    tokens: int
    ours: float
    theirs: float


@dataclass(frozen=True)
class Speed:
    """How fast something was: the medians over the rounds. `tokens` is 0 where nothing is tokenized."""

    rows: float
    tokens: float
    megabytes: float


@dataclass(frozen=True)
class Line:
    """How one contest ended.

    Attributes:
        name: what was done.
        peer: by what else.
        ours: chatloom's speed, a second.
        theirs: the peer's.
        ratio: how many times as fast chatloom was, the median of the rounds' ratios.
        rounds: how many rounds there were.
        rows: the rows of all rounds.
        note: what else a reader has to know.
    """

    name: str
    peer: str
    ours: Speed
    theirs: Speed
    ratio: float
    rounds: int
    rows: int
    note: str = ""


@dataclass(frozen=True)
class Report:
    """What was measured, what wasn't, and where.

    Attributes:
        lines: the contests.
        left_out: what was not compared or not measured, and why.
        machine: the processor, whether the run was pinned to one core, and versions.
        remarks: what else was found.
    """

    lines: tuple[Line, ...]
    left_out: tuple[str, ...] = ()
    machine: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def to_json(self) -> str:
        """All of it, as JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    def to_markdown(self) -> str:
        """A table, followed by what was left out and by the machine."""
        head = ["what", "against", "ratio", "rows/s", "its", "tokens/s", "its", "MB/s", "its"]
        table = [_row(head), _row(["---", "---", *["---:"] * 7]), *(_row(_cells(line)) for line in self.lines)]
        notes = [f"- {line.name}: {line.note}" for line in self.lines if line.note]
        remarks = [f"- {remark}" for remark in self.remarks]
        left_out = [f"- not measured: {reason}" for reason in self.left_out]
        machine = [f"- {name}: {value}" for name, value in self.machine.items()]
        parts = (table, dict.fromkeys(notes), remarks, left_out, machine)
        return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(line: Line) -> list[str]:
    pairs = ((getattr(line.ours, name), getattr(line.theirs, name)) for name in ("rows", "tokens", "megabytes"))
    return [line.name, line.peer, f"{line.ratio:.2f}", *(_figure(speed) for speed in chain(*pairs))]


def _figure(speed: float) -> str:
    if not speed:
        return "–"
    return f"{speed:,.0f}" if speed >= 100 else f"{speed:.2f}"


def timed(function: Callable[[Any], Any], inputs: Callable[[Batch], Any] = Batch.values) -> Runner:
    """A runner that times `function` alone, on what `inputs` makes of a batch."""

    def run(batch: Batch) -> Timed:
        given = inputs(batch)
        gc.collect()
        start = time.process_time()
        result = function(given)
        return Timed(result, time.process_time() - start)

    return run


def race(contest: Contest, batches: Sequence[Batch]) -> Line:
    """Checks on the first batch that both sides give the same, and times them on the others, turn about.

    Raises:
        NotCompared: they give different results, or one of them fails.
    """
    check, *rounds = batches
    try:
        equal = contest.agree(contest.ours(check).result, contest.theirs(check).result)
    except Exception as error:
        raise NotCompared(f"it failed with {type(error).__name__}") from error
    if not equal:
        raise NotCompared("the results differ")
    laps = [_lap(contest, batch, ours_first=index % 2 == 0) for index, batch in enumerate(rounds)]
    return Line(
        contest.name,
        contest.peer,
        _speed(laps, [lap.ours for lap in laps]),
        _speed(laps, [lap.theirs for lap in laps]),
        median(lap.theirs / lap.ours for lap in laps),
        len(laps),
        sum(lap.rows for lap in laps),
        contest.note,
    )


def _lap(contest: Contest, batch: Batch, *, ours_first: bool) -> Lap:
    if ours_first:
        ours, theirs = contest.ours(batch), contest.theirs(batch).seconds
    else:
        theirs, ours = contest.theirs(batch).seconds, contest.ours(batch)
    return Lap(len(batch.lines), batch.bytes, contest.tokens(ours.result), ours.seconds, theirs)


def _speed(laps: Sequence[Lap], seconds: Sequence[float]) -> Speed:
    timed = list(zip(laps, seconds, strict=True))
    return Speed(
        median(lap.rows / took for lap, took in timed),
        median(lap.tokens / took for lap, took in timed),
        median(lap.bytes / took / 1e6 for lap, took in timed),
    )


def renders(formatter: Formatter, tokenizer: Any, name: str = "render") -> Contest:
    """Messages in, text out, a call a row, against `apply_chat_template(tokenize=False)`."""
    template = formatter.templates if len(formatter.templates) > 1 else formatter.templates["default"]

    def ours(rows: list[Any]) -> list[str]:
        return [formatter.render(row["messages"], row.get("tools")) for row in rows]

    def theirs(rows: list[Any]) -> list[str]:
        call = tokenizer.apply_chat_template
        options = {} if isinstance(template, dict) else {"chat_template": template}
        return [call(row["messages"], row.get("tools"), tokenize=False, **options) for row in rows]

    return Contest(name, "transformers", timed(ours), timed(theirs))


def encodes_chats(formatter: Formatter, tokenizer: Any, name: str = "drop-in call") -> Contest:
    """Messages in, ids out, a call a row, against `apply_chat_template(tokenize=True)`."""

    def ours(rows: list[Any]) -> list[Any]:
        return [formatter.encode(row["messages"], row.get("tools")).input_ids for row in rows]

    def theirs(rows: list[Any]) -> list[Any]:
        call = tokenizer.apply_chat_template
        return [call(row["messages"], row.get("tools"), return_dict=False) for row in rows]

    def agree(ours: list[Any], theirs: list[Any]) -> bool:
        return [ids.tolist() for ids in ours] == theirs

    def tokens(ours: list[Any]) -> int:
        return sum(map(len, ours))

    return Contest(name, "transformers", timed(ours), timed(theirs), agree, tokens, "ours makes the labels too")


def encodes_texts(model: Any, backend: Backend = "auto", name: str = "encode") -> Contest:
    """Texts in, ids out, in one call, against `encode_batch_fast`; the batch's values are the texts."""
    formatter = Formatter.from_pretrained(model, backend=backend, chat_template=_ONLY_CONTENT)
    peer = _partner("tokenizers").Tokenizer.from_str(read_model(model, backend).tokenizer.decode())

    def ours(rows: list[Any]) -> Any:
        return formatter.encode_batch(rows)

    def theirs(texts: list[str]) -> Any:
        return peer.encode_batch_fast(texts, add_special_tokens=False)

    def as_rows(batch: Batch) -> list[Any]:
        return [[{"role": "user", "content": text}] for text in batch.values()]

    def agree(ours: Any, theirs: Any) -> bool:
        return [example.input_ids.tolist() for example in ours] == [encoding.ids for encoding in theirs]

    def tokens(ours: Any) -> int:
        return len(ours.input_ids)

    note = "ours is encode_batch with a template that prints the text alone"
    return Contest(name, "tokenizers encode_batch_fast", timed(ours, as_rows), timed(theirs), agree, tokens, note)


def packs_files(
    formatter: Formatter, tokenizer: Any, max_length: int, scratch: Path, name: str = "whole job"
) -> Contest:
    """JSONL in, packs with labels on disk out, on one thread, against a pipeline as TRL builds it.

    That is `datasets.map` with `apply_chat_template` and assistant masks, then TRL's `pack_dataset`; the masks
    are made where TRL knows a training template for the model, and that template then serves both sides.
    """
    datasets, trl = _partner("datasets"), _partner("trl")
    template = _training_template(tokenizer)
    if template is not None:
        formatter = Formatter.from_pretrained(tokenizer, chat_template=template)
    return Contest(
        name,
        "datasets.map + TRL pack_dataset",
        timed(_our_job(formatter, max_length), lambda batch: _file(batch, scratch)),
        timed(
            _trl_job(tokenizer, template, datasets.Dataset, trl.pack_dataset, max_length),
            lambda batch: _file(batch, scratch),
        ),
        _same_sequences,
        lambda packs: int(packs.tokens),
        f"packs of {max_length} tokens; the peer makes {'no ' if template is None else ''}masks",
    )


def _file(batch: Batch, scratch: Path) -> Path:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    file = folder / "rows.jsonl"
    file.write_text("".join(f"{line}\n" for line in batch.lines), encoding="utf-8")
    return file


def _our_job(formatter: Formatter, max_length: int) -> Callable[[Path], Any]:
    def run(file: Path) -> Any:
        out = file.with_suffix(".packed")
        formatter.pack_files([file], out, max_length, threads=1)
        return load(out)

    return run


def _trl_job(
    tokenizer: Any, template: str | None, dataset: Any, pack_dataset: Callable[..., Any], max_length: int
) -> Callable[[Path], Any]:
    masks = {} if template is None else {"chat_template": template, "return_assistant_tokens_mask": True}

    def tokenize(row: Any) -> dict[str, Any]:
        made = tokenizer.apply_chat_template(row["messages"], row.get("tools"), return_dict=True, **masks)
        return {name: made[name] for name in ("input_ids", "assistant_masks") if name in made}

    def run(file: Path) -> Any:
        rows = dataset.from_json(str(file), cache_dir=str(file.parent))
        return pack_dataset(rows.map(tokenize, remove_columns=rows.column_names), max_length, "bfd")

    return run


def _training_template(tokenizer: Any) -> str | None:
    """The template by which TRL makes masks for the model: its own, or a patched one; None where it has none."""
    utilities = _partner("trl.chat_template_utils")
    try:
        patched: str | None = utilities.get_training_chat_template(tokenizer)
    except ValueError:
        return None
    return patched or str(tokenizer.chat_template)


def _same_sequences(ours: Any, theirs: Any) -> bool:
    """Whether both packed the same sequences, wherever they put them."""
    mine = chain.from_iterable(_cut(pack.input_ids.tolist(), pack.seq_lengths) for pack in ours)
    peers = chain.from_iterable(_cut(pack["input_ids"], pack["seq_lengths"]) for pack in theirs)
    return sorted(mine) == sorted(peers)


def _cut(values: list[int], lengths: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(values)
    return (list(islice(rest, int(length))) for length in lengths)


def deal(lines: Sequence[str], count: int, size: Callable[[Any], int]) -> list[Batch]:
    """Deals inputs out into `count` batches, each of others; `size` gives the bytes of one input's text."""
    each = len(lines) // count
    if not each:
        raise ValueError(f"there are {len(lines)} rows that can be used, and {count} batches need as many")
    parts = [lines[start * each : (start + 1) * each] for start in range(count)]
    return [Batch(part, sum(size(json.loads(line)) for line in part)) for part in parts]


@contextmanager
def one_core() -> Iterator[dict[str, str]]:
    """Keeps this process and its children to one core and one thread; gives the facts of the machine."""
    cores = os.sched_getaffinity(0) if sys.platform == "linux" else set[int]()
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    if cores:
        os.sched_setaffinity(0, {max(cores)})
    try:
        yield machine(pinned=bool(cores))
    finally:
        if cores:
            os.sched_setaffinity(0, cores)
        for name in _ENVIRONMENT:
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if value is not None})


def machine(*, pinned: bool) -> dict[str, str]:
    """The processor, whether the run is pinned to a core, and the versions that matter."""
    facts = {
        "processor": _processor(),
        "pinned to one core": "yes" if pinned else "no",
        "clock": "processor time",
        "python": sys.version.split()[0],
    }
    for package in _PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "not installed"
    return facts


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.processor())} ({platform.machine()}, {os.cpu_count()} cores)"


def _partner(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise NotCompared(f"{name.partition('.')[0]} can't be imported") from error


def run(
    data: Iterable[str | os.PathLike[str]],
    model: str | os.PathLike[str],
    *,
    backend: Backend = "auto",
    chat_template: str | os.PathLike[str] | None = None,
    max_length: int = 8192,
    rows: int = 1200,
    rounds: int = 5,
    tell: Callable[[str], None] | None = None,
) -> Report:
    """Compares chatloom with the peers that are installed, on the rows of JSONL files.

    Compared are render, encode, a drop-in call and the whole job, with transformers, tokenizers, and datasets
    with TRL. All runs on one core and one thread. Each comparison first checks that both sides give the same.

    Args:
        data: JSONL files whose rows have `messages` and perhaps `tools`.
        model: a model directory or hub id, as `Formatter.from_pretrained` takes it.
        backend: how the model is read, as there.
        chat_template: instead of the model's own, as there.
        max_length: tokens a pack may hold; longer rows are left out and counted.
        rows: how many rows to use at most.
        rounds: how many rounds are timed, each on rows of its own.
        tell: called with the name of each comparison before it starts.

    Raises:
        ChatloomError: the model can't be used.
        OSError: a file can't be read.
        ValueError: there are too few rows for the rounds.
    """
    with one_core() as facts, tempfile.TemporaryDirectory() as scratch:
        formatter = Formatter.from_pretrained(model, backend=backend, chat_template=chat_template)
        lines, left_out = _usable(formatter, islice(_lines(data), rows), max_length)
        chats = deal(lines, rounds + 1, lambda row: len(_text(formatter, row).encode()))
        texts = deal(_contents(lines), rounds + 1, lambda text: len(text.encode()))
        tokenizer = cache(lambda: _live_tokenizer(model))
        contests: dict[str, tuple[Callable[[], Contest], Sequence[Batch]]] = {
            "render": (lambda: renders(formatter, tokenizer()), chats),
            "encode": (lambda: encodes_texts(model, backend), texts),
            "drop-in call": (lambda: encodes_chats(formatter, tokenizer()), chats),
            "whole job": (lambda: packs_files(formatter, tokenizer(), max_length, Path(scratch)), chats),
        }
        made, reasons = race_all(contests, tell)
        return Report(made, (*left_out, *reasons), {"model read by": formatter.backend, **facts})


def race_all(
    contests: Mapping[str, tuple[Callable[[], Contest], Sequence[Batch]]], tell: Callable[[str], None] | None = None
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """Runs contests, each made only when it is its turn; gives their lines, and why others were left out."""
    lines, left_out = [], []
    for name, (contest, batches) in contests.items():
        if tell:
            tell(name)
        try:
            lines.append(race(contest(), batches))
        except NotCompared as reason:
            left_out.append(f"{name}: {reason}")
    return tuple(lines), tuple(left_out)


def _lines(data: Iterable[str | os.PathLike[str]]) -> Iterator[str]:
    for path in data:
        with Path(path).open(encoding="utf-8") as file:
            yield from (line.rstrip("\n") for line in file if line.strip())


def _usable(formatter: Formatter, lines: Iterable[str], max_length: int) -> tuple[list[str], list[str]]:
    """The rows that can be compared, and how many of the others there are of each kind."""
    verdicts = [(line, _obstacle(formatter, line, max_length)) for line in lines]
    counts = Counter(obstacle for _, obstacle in verdicts if obstacle)
    return (
        [line for line, obstacle in verdicts if not obstacle],
        [f"{count} of {len(verdicts)} rows: {obstacle}" for obstacle, count in counts.items()],
    )


def _obstacle(formatter: Formatter, line: str, max_length: int) -> str:
    """Why a row can't be compared; empty if it can."""
    try:
        row = json.loads(line)
    except ValueError:
        return "no JSON"
    if not isinstance(row, dict) or not isinstance(row.get("messages"), list):
        return "no `messages`"
    try:
        tokens = len(formatter.encode(row["messages"], row.get("tools")))
    except ChatloomError as error:
        return f"can't be encoded: {type(error).__name__}"
    return f"longer than {max_length} tokens" if tokens > max_length else ""


def _text(formatter: Formatter, row: Any) -> str:
    return formatter.render(row["messages"], row.get("tools"))


def _contents(lines: Iterable[str]) -> list[str]:
    """The texts of all messages, as JSON."""
    contents = (message.get("content") for line in lines for message in json.loads(line)["messages"])
    return [json.dumps(content) for content in contents if isinstance(content, str) and content]


def _live_tokenizer(model: str | os.PathLike[str]) -> Any:
    return _partner("transformers").AutoTokenizer.from_pretrained(os.fspath(model))


def main(options: argparse.Namespace) -> int:
    """Runs `chatloom bench` and prints its report."""
    report = run(
        options.data,
        options.model,
        backend=options.backend,
        chat_template=options.chat_template,
        max_length=options.max_length,
        rows=options.rows,
        rounds=options.rounds,
        tell=lambda name: print(f"comparing: {name}", file=sys.stderr),
    )
    print(report.to_json() if options.json else report.to_markdown(), end="")
    return 0
