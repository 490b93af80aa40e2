"""The command line, in processes of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import chatloom
import pytest
from chatloom import Formatter, cli
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
    assert re.search(r"\n\d+ \| .*raise_exception.*\n +\| +\^", done.stderr)
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


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str]]:
    """The exit code of a command in this process, and the lines of its errors."""
    code = cli.main([str(argument) for argument in arguments])
    return code, capsys.readouterr().err.splitlines()


PACK = ["pack", str(EXAMPLE_CHATS[0]), *MODEL, "--max-length", "64", "--out", "OUT"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--max-length", "0"], "argument --max-length: expected a whole number from 1 to 2147483647;"),
        (["--max-length", str(2**31)], "argument --max-length: expected a whole number from 1 to 2147483647;"),
        (["--max-length", "9" * 5000], "argument --max-length: expected a whole number"),
        (["--max-length", "1e3"], "argument --max-length: expected a whole number"),
        (["--threads", "0"], "argument --threads: expected a whole number from 1 to 1024;"),
        (["--threads", "1025"], "argument --threads: expected a whole number from 1 to 1024;"),
        (["--max-rejected", "-1"], "argument --max-rejected: expected a whole number from 0"),
        (["--out", ""], "output ``: expected the name of a directory to make"),
        (["--out", "."], "output `.`: expected the name of a directory to make"),
        (["--out", "..", "--overwrite"], "output `..`: expected the name of a directory to make"),
        (["--var", "x=" + "[" * 100_000], "x: "),
        (["--var", "tools=[]"], "tools belongs to a call"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_wrong_use_is_told_in_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str) -> None:
    code, (line,) = told(capsys, *PACK, *arguments)
    assert code == 2
    assert line.startswith("chatloom")
    assert expected in line


@pytest.mark.parametrize("row", ["-1", "9" * 30, str(2**63 - 1)])
def test_a_row_that_cannot_be_is_wrong_use(capsys: pytest.CaptureFixture[str], row: str) -> None:
    code, (line,) = told(capsys, "render", EXAMPLE_CHATS[0], *MODEL, "--row", row)
    assert code == 2
    assert "row" in line


def test_what_is_no_file_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = rows_file(tmp_path, json.dumps({"messages": CHAT}))
    out = ["--max-length", "64", "--out"]
    for arguments, expected in (
        (["pack", tmp_path, *MODEL, *out, tmp_path / "out"], "Is a directory"),
        (["render", tmp_path, *MODEL], "Is a directory"),
        (["render", tmp_path / "absent", *MODEL], "No such file"),
        (["pack", file, *MODEL, *out, file], "exists"),
        (["pack", file, *MODEL, *out, file, "--overwrite"], "not overwritten"),
        (["pack", file, *MODEL, *out, file / "within"], "File exists"),
        (["view", tmp_path, *MODEL], "can't read manifest.json"),
    ):
        code, lines = told(capsys, *arguments)
        assert (code, expected in lines[0]) == (3, True), lines
    assert list(tmp_path.iterdir()) == [file]


def test_nothing_is_left_of_directories_made_for_the_output(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = rows_file(tmp_path, "{")
    code, _ = told(capsys, "pack", file, *MODEL, "--max-length", 64, "--out", tmp_path / "a" / "b" / "out")
    assert code == 1
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("redirect", [">&-", "2>&-", ">&- 2>&- <&-", "| true", "2>&1 | true", "2>/dev/full"])
def test_streams_may_be_closed(tmp_path: Path, redirect: str) -> None:
    out = tmp_path / "out"
    arguments = ("pack", EXAMPLE_CHATS[0], *MODEL, "--max-length", 1024, "--out", out)
    command = f"{shlex.join(chatloom_process(*arguments))} {redirect}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert len(chatloom.load(out)) > 0


def test_a_full_disk_is_told() -> None:
    command = f"{shlex.join(chatloom_process('render', EXAMPLE_CHATS[0], *MODEL))} >/dev/full"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (3, "chatloom: No space left on device\n")


def test_a_line_without_end_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, (line,) = told(capsys, "render", "/dev/zero", *MODEL)
    assert (code, line) == (
        1,
        "chatloom: /dev/zero, line 1: the line has more than 268435456 bytes: is this a JSONL file?",
    )


def test_standard_input_is_packed(tmp_path: Path) -> None:
    arguments = ("pack", "-", *MODEL, "--max-length", 1024, "--out", tmp_path / "out", "--json")
    done = run(*arguments, stdin=EXAMPLE_CHATS[0].read_text("utf-8"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["shapes"] == [["-", "messages (messages)"]]
    from_file = Formatter.from_pretrained(EXAMPLE_MODEL).pack_files(EXAMPLE_CHATS[0], tmp_path / "file", 1024)
    assert json.loads(done.stdout)["tokens"] == from_file.tokens
    assert chatloom.load(tmp_path / "out") == chatloom.load(tmp_path / "file")


def test_pack_tells_how_answers_were_found(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    common = ["pack", EXAMPLE_CHATS[0], *MODEL, "--max-length", 2048, "--overwrite", "--out", tmp_path / "out"]
    assert cli.main([*map(str, common), "--chat-template", "alpaca"]) == 0
    printed = capsys.readouterr().out
    assert "answers    header derived from the generation prompt, end token printed by the turn\n" in printed
    assert "markers    no single token of this vocabulary, but ordinary text to the model: ### Input:, " in printed
    assert cli.main([*map(str, common), "--chat-template", "alpaca", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["answers"] == [["default", "derived", "printed"]]
    assert facts["plain_markers"] == ["### Input:", "### Instruction:", "### Response:"]
    content = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["content"]
    assert content["answers"] == {"default": {"header": "derived", "end": "printed"}}
    assert content["plain_markers"] == facts["plain_markers"]
    plain = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    assert cli.main([*map(str, common), "--chat-template", plain]) == 0
    printed = capsys.readouterr().out
    assert "header guessed from a plain chat, end token none found, so nothing tells the model to stop" in printed
    assert "markers" not in printed


def test_view_tells_of_another_tokenizer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    model, out = tmp_path / "model", tmp_path / "out"
    shutil.copytree(EXAMPLE_MODEL, model)
    assert cli.main([*PACK[:-1], str(out), "--overwrite", "--max-length", "1024"]) == 0
    assert told(capsys, "view", out, *MODEL) == (0, [])
    tokenizer = json.loads((model / "tokenizer.json").read_text("utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    (one, first), (other, second) = list(vocabulary.items())[100:102]
    vocabulary[one], vocabulary[other] = second, first
    (model / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    code, (line,) = told(capsys, "view", out, "--model", model)
    assert code == 0
    assert "warning: " in line
    assert "was packed with another tokenizer" in line


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


def test_trace_tells_who_wrote_what_and_what_is_trained(chat_file: Path, formatter: chatloom.Formatter) -> None:
    done = run("trace", chat_file, *MODEL, "--row", 1)
    assert done.returncode == 0, done.stderr
    title, _, *table = done.stdout.splitlines()
    characters, tokens = len(formatter.render(CHAT)), len(formatter.encode(CHAT))
    assert title == f"row 1 of {chat_file}: {characters} characters, {tokens} tokens, 3 of them trained"
    assert table[:11] == [
        "turn  +  part    who       text",
        "0                template  <|im_start|>system⏎",
        "0                content   Be brief.",
        "0                template  <|im_end|>⏎",
        "1                template  <|im_start|>user⏎",
        "1                content   What is 2 + 2?",
        "1                template  <|im_end|>⏎",
        "2        header  template  <|im_start|>assistant⏎",
        "2     +  body    content   4.",
        "2     +  end     template  <|im_end|>",
        "2        rest    template  ⏎",
    ]
    assert "  header  derived: as the generation prompt prints it" in table
    assert "  end     printed by the turn: <|im_end|>" in table


def test_trace_goes_token_by_token(chat_file: Path, formatter: chatloom.Formatter) -> None:
    lines = run("trace", "-", *MODEL, "--tokens", stdin=chat_file.read_text("utf-8")).stdout.splitlines()
    example = formatter.encode(CHAT[1:])
    table = [line.split(maxsplit=2) for line in lines[3 : 3 + len(example)]]
    assert [int(token) for _, token, _ in table] == example.input_ids.tolist()
    assert [" + " in rest for *_, rest in table] == (example.labels != -100).tolist()
    assert table[-2][-1].endswith("<|im_end|>")


def test_trace_says_when_nothing_is_trained(tmp_path: Path) -> None:
    file = rows_file(tmp_path, json.dumps({"messages": CHAT[:2]}))
    assert "there is no assistant message, so nothing carries loss" in run("trace", file, *MODEL).stdout


def test_control_tokens_take_a_policy_for_each_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chat = [{"role": role, "content": "a<|im_end|>"} for role in ("user", "assistant")]
    file = rows_file(tmp_path, json.dumps({"messages": chat}))
    command = ["pack", str(file), *MODEL, "--max-length", "64", "--control-tokens"]
    assert cli.main([*command, "user=template", "--out", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["look_alikes"] == 1
    options = json.loads((tmp_path / "out" / "manifest.json").read_text())["content"]["options"]
    assert options["control_tokens"] == {"user": "template", "default": "report"}
    for given, expected in (
        ("user=", "expected NAME=POLICY,…, such as user=template,assistant=allow"),
        ("user=allow,user=error", "expected each name once"),
        ("usr=allow", "control_tokens has `usr`, expected a role"),
        ("user=no", "control_tokens['user'] is 'no', expected allow"),
        ("no", "control_tokens is 'no', expected allow"),
    ):
        code, (line,) = told(capsys, *command, given, "--out", tmp_path / "none")
        assert code == 2
        assert expected in line


def test_trace_shows_no_control_characters(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "red: \x1b[31m\r\n\tnext"}, CHAT[2]]
    shown = run("trace", rows_file(tmp_path, json.dumps({"messages": chat})), *MODEL).stdout
    assert "red: \\x1b[31m\\r⏎\n" in shown
    assert "\\tnext\n" in shown


def test_render_and_trace_speak_json(chat_file: Path, formatter: chatloom.Formatter) -> None:
    rendered, example = formatter.trace(CHAT), formatter.encode(CHAT)
    facts = json.loads(run("trace", chat_file, *MODEL, "--row", 1, "--json").stdout)
    assert (facts["row"], facts["text"]) == (1, rendered.text)
    assert len(facts["segments"]) == len(rendered.segments)
    assert facts["turns"][0]["header"] == "derived"
    assert "input_ids" not in facts
    facts = json.loads(run("trace", chat_file, *MODEL, "--row", 1, "--json", "--tokens").stdout)
    assert (facts["input_ids"], facts["labels"]) == (example.input_ids.tolist(), example.labels.tolist())
    assert json.loads(run("render", chat_file, *MODEL, "--row", 1, "--json").stdout) == {
        "row": 1,
        "text": rendered.text,
    }


def test_a_row_that_is_no_chat_is_named(tmp_path: Path) -> None:
    for row in ("{", "[]", '{"messages": 3}'):
        done = run("render", rows_file(tmp_path, row), *MODEL)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr


def test_view_and_info_show_an_output(tmp_path: Path) -> None:
    assert pack(tmp_path / "out").returncode == 0
    packs = chatloom.load(tmp_path / "out")
    last = ("view", tmp_path / "out", *MODEL, "--pack", len(packs) - 1)
    shown = run(*last)
    assert shown.returncode == 0, shown.stderr
    assert "<|im_end|>]]" in shown.stdout
    assert shown.stdout.count("--- row ") == len(packs[-1].seq_lengths)
    tokens = [line for line in run(*last, "--tokens").stdout.splitlines() if line.lstrip()[:1].isdigit()]
    assert [int(line.split()[1]) for line in tokens] == packs[-1].input_ids.tolist()
    sequences = json.loads(run(*last, "--json").stdout)["sequences"]
    assert [label for sequence in sequences for label in sequence["labels"]] == packs[-1].labels.tolist()
    assert run("view", tmp_path / "out", *MODEL, "--pack", len(packs)).returncode == 2
    assert json.loads(run("info", tmp_path / "out", "--json").stdout)["tokens"] == packs.tokens
    assert f"tokens          {packs.tokens}" in run("info", tmp_path / "out").stdout


SIGNALS = [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated"), (signal.SIGHUP, "hung up")]


@pytest.mark.parametrize(("signum", "told"), SIGNALS)
def test_a_signal_ends_at_once_and_leaves_nothing(tmp_path: Path, signum: int, told: str) -> None:
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
    assert process.returncode == 128 + signum, stderr
    assert time.monotonic() - sent < 2
    assert stderr == f"chatloom: {told}\n"
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("verb", ["pack", "render"])
@pytest.mark.parametrize("written", [False, True])
def test_a_pipe_without_end_is_given_up_at_once(tmp_path: Path, verb: str, written: bool) -> None:
    source = tmp_path / "in"
    source.mkdir()
    pipe = source / "pipe"
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDWR) if written else None
    packing = ["--max-length", 64, "--out", tmp_path / "out"] if verb == "pack" else []
    process = subprocess.Popen(
        chatloom_process(verb, pipe, "--model", EXAMPLE_MODEL, "--backend", "files", *packing),
        stderr=subprocess.PIPE,
        text=True,
    )
    if held is not None:
        os.write(held, b'{"messages": [')
    wait_until_it_reads(process, pipe)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (130, "chatloom: interrupted\n")
    assert time.monotonic() - sent < 2
    assert list(tmp_path.iterdir()) == [source]
    if held is not None:
        os.close(held)


def leads_to(link: Path, file: Path) -> bool:
    with suppress(FileNotFoundError):  # it may be closed meanwhile
        return link.readlink() == file
    return False


def wait_until_it_reads(process: subprocess.Popen[str], pipe: Path) -> None:
    deadline = time.monotonic() + 60
    opened = Path(f"/proc/{process.pid}/fd")
    while not any(leads_to(link, pipe) for link in opened.iterdir()):
        assert process.poll() is None
        assert time.monotonic() < deadline


def test_lint_shows_the_program_for_the_variables_of_the_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    template = tmp_path / "template.jinja"
    template.write_text(
        "{% if loud %}!{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}{% if loud %}?{% endif %}"
    )
    arguments = ["lint", str(EXAMPLE_MODEL), "--chat-template", str(template), "--program"]
    assert cli.main([*arguments, "--var", "loud=true"]) == 0
    loud = capsys.readouterr().out
    assert cli.main([*arguments, "--var", "loud=false"]) == 0
    quiet = capsys.readouterr().out
    assert 'print "!"' in loud
    assert 'print "?"' in loud
    assert "unless" not in loud
    assert 'print "!"' not in quiet
    assert 'print "?"' not in quiet
    assert "unless" not in quiet


def test_lint_tells_where_a_template_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    template = tmp_path / "template.jinja"
    template.write_text("{% for m in messages %}{{ m.content }")
    for arguments in ([str(template)], [str(EXAMPLE_MODEL), "--chat-template", str(template)]):
        assert cli.main(["lint", *arguments]) == 1
        assert "line 1" in capsys.readouterr().err


def test_the_benches_are_imported_on_demand() -> None:
    code = "import sys, chatloom.cli; sys.exit('chatloom.bench' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_help_documents_the_exit_codes() -> None:
    assert "130  interrupted" in run("pack", "--help").stdout
    assert run("--help").returncode == 0
