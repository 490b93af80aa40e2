"""The command line, in processes of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import chatloom
import pytest
from conftest import CHAT, EXAMPLE_CHATS, EXAMPLE_MODEL

MODEL = ["--model", str(EXAMPLE_MODEL)]


def chatloom_process(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "chatloom", *map(str, arguments)]


def run(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(chatloom_process(*arguments), capture_output=True, text=True, input=stdin, timeout=120)


def pack(out: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run("pack", *EXAMPLE_CHATS, *MODEL, "--max-length", 1024, "--out", out, *arguments)


def rows_file(folder: Path, *rows: str) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("".join(row + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.fixture
def chat_file(tmp_path: Path) -> Path:
    return rows_file(tmp_path, json.dumps({"messages": CHAT[1:]}), json.dumps({"messages": CHAT}))


def test_pack_tells_what_it_made(tmp_path: Path) -> None:
    done = pack(tmp_path / "out")
    assert done.returncode == 0, done.stderr
    packs = chatloom.load(tmp_path / "out")
    for fact in (
        f"tokens     {packs.tokens:,}",
        f"{len(packs)}, {packs.fill:.1%} full",
        "tokens/s",
        str(tmp_path / "out"),
    ):
        assert fact in done.stdout
    assert done.stderr == ""


def test_pack_speaks_json(tmp_path: Path) -> None:
    done = pack(tmp_path / "out", "--json")
    facts = json.loads(done.stdout)
    packs = chatloom.load(tmp_path / "out")
    assert (facts["packs"], facts["tokens"], facts["sequences"]) == (
        len(packs),
        packs.tokens,
        packs.sequences,
    )
    assert facts["output"] == str(tmp_path / "out")


def test_quiet_says_nothing(tmp_path: Path) -> None:
    done = pack(tmp_path / "out", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_output_does_not_depend_on_threads(tmp_path: Path) -> None:
    contents = []
    for threads in (1, 2, 8):
        assert pack(tmp_path / str(threads), "--threads", threads).returncode == 0
        manifest = json.loads((tmp_path / str(threads) / "manifest.json").read_text("utf-8"))
        contents.append(json.dumps(manifest["content"]))
    assert len(set(contents)) == 1


def test_an_existing_output_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    assert pack(tmp_path / "out").returncode == 0
    again = pack(tmp_path / "out")
    assert again.returncode == 3
    assert "exists" in again.stderr
    assert pack(tmp_path / "out", "--overwrite").returncode == 0


def test_a_bad_row_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    file = rows_file(
        tmp_path, json.dumps({"messages": CHAT}), '{"messages": [{"role": "wizard", "content": "secret"}]}'
    )
    done = run("pack", file, *MODEL, "--max-length", 64, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert f"{file}, line 2:" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_long_rows_stop_the_run_or_are_dropped_and_counted(tmp_path: Path) -> None:
    long = [{"role": "user", "content": "word " * 200}, CHAT[2]]
    file = rows_file(tmp_path, json.dumps({"messages": CHAT}), json.dumps({"messages": long}))
    stopped = run("pack", file, *MODEL, "--max-length", 64, "--out", tmp_path / "out")
    assert stopped.returncode == 1
    assert "line 2" in stopped.stderr
    dropped = run("pack", file, *MODEL, "--max-length", 64, "--out", tmp_path / "out", "--overflow", "drop", "--json")
    facts = json.loads(dropped.stdout)
    assert (facts["rows"], facts["sequences"], facts["dropped"]) == (2, 1, 1)


def test_a_missing_file_is_an_io_error(tmp_path: Path) -> None:
    done = run("pack", tmp_path / "absent.jsonl", *MODEL, "--max-length", 64, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "absent.jsonl" in done.stderr
    no_model = run("render", EXAMPLE_CHATS[0], "--model", tmp_path / "absent", "--backend", "files")
    assert no_model.returncode == 3


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["pack"],
        ["spin"],
        ["pack", "x", *MODEL, "--out", "y", "--max-length", "0"],
        ["render", "x", *MODEL, "--var", "thinking"],
        ["render", "x", *MODEL, "--var", "thinking=no"],
        ["render", str(EXAMPLE_CHATS[0]), *MODEL, "--row", "100000"],
        ["render", str(EXAMPLE_CHATS[0]), *MODEL, "--var", 'labels="all"'],
    ],
)
def test_wrong_use_is_told(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_render_prints_a_row(chat_file: Path, formatter: chatloom.Formatter) -> None:
    assert run("render", chat_file, *MODEL, "--row", 1).stdout == formatter.render(CHAT)
    assert run("render", "-", *MODEL, stdin=chat_file.read_text("utf-8")).stdout == formatter.render(CHAT[1:])


def test_render_takes_a_template_and_variables(chat_file: Path) -> None:
    template = ["--chat-template", "{{ tone }}{{ messages[0].content }}", "--var", 'tone="low"']
    assert run("render", chat_file, *MODEL, *template).stdout == "lowWhat is 2 + 2?\n"
    opened = run("render", chat_file, *MODEL, "--chat-template", "chatml", "--add-generation-prompt")
    assert opened.stdout.endswith("<|im_start|>assistant\n")


def test_a_bare_tokenizer_needs_a_template(chat_file: Path) -> None:
    bare = ["--model", EXAMPLE_MODEL / "tokenizer.json"]
    assert "no chat template" in run("render", chat_file, *bare).stderr
    assert run("render", chat_file, *bare, "--chat-template", "chatml").returncode == 0


def test_trace_marks_what_is_trained(chat_file: Path) -> None:
    done = run("trace", chat_file, *MODEL, "--row", 1)
    assert "<|im_start|>assistant\n[[4.<|im_end|>]]\n" in done.stdout
    assert "message 2: header derived, end printed" in done.stderr


def test_trace_speaks_json(chat_file: Path, formatter: chatloom.Formatter) -> None:
    facts = json.loads(run("trace", chat_file, *MODEL, "--row", 1, "--json").stdout)
    rendered = formatter.trace(CHAT)
    assert facts["text"] == rendered.text
    assert len(facts["segments"]) == len(rendered.segments)
    assert facts["turns"][0]["header"] == "derived"


def test_a_row_that_is_no_chat_is_named(tmp_path: Path) -> None:
    for row in ("{", "[]", '{"messages": 3}'):
        done = run("render", rows_file(tmp_path, row), *MODEL)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr


def test_view_and_info_show_an_output(tmp_path: Path) -> None:
    assert pack(tmp_path / "out").returncode == 0
    packs = chatloom.load(tmp_path / "out")
    shown = run("view", tmp_path / "out", *MODEL, "--pack", len(packs) - 1)
    assert shown.returncode == 0, shown.stderr
    assert "<|im_end|>]]" in shown.stdout
    assert shown.stdout.count("--- row ") == len(packs[-1].seq_lengths)
    assert run("view", tmp_path / "out", *MODEL, "--pack", len(packs)).returncode == 2
    assert json.loads(run("info", tmp_path / "out", "--json").stdout)["tokens"] == packs.tokens
    assert f"tokens          {packs.tokens}" in run("info", tmp_path / "out").stdout


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_at_once_and_leaves_nothing(tmp_path: Path, signum: int) -> None:
    row = json.dumps(
        {
            "messages": [
                {"role": "user", "content": "word " * 500},
                {"role": "assistant", "content": "x " * 500},
            ]
        }
    )
    source = tmp_path / "in"
    source.mkdir()
    file = rows_file(source, *[row] * 60_000)
    arguments = ("pack", file, *MODEL, "--max-length", 8192, "--out", tmp_path / "out", "--threads", 1)
    process = subprocess.Popen(chatloom_process(*arguments), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not any(path != source for path in tmp_path.iterdir()):
        assert process.poll() is None
        assert time.monotonic() < deadline
    sent = time.monotonic()
    process.send_signal(signum)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert time.monotonic() - sent < 2
    assert stderr == "chatloom: interrupted\n"
    assert list(tmp_path.iterdir()) == [source]


def test_help_documents_the_exit_codes() -> None:
    assert "130  interrupted" in run("pack", "--help").stdout
    assert run("--help").returncode == 0
