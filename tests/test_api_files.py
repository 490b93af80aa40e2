"""Reading model files: as written, and as transformers reads them."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import chatloom
import pytest
import transformers
from chatloom.files import chat_template, read_model
from chatloom.model import Model
from conftest import EXAMPLE_MODEL
from tokenizers import Tokenizer
from transformers import AutoTokenizer

CHATML = "{% for m in messages %}{{ m.content }}{% endfor %}"
TOOL_USE = "{% for m in messages %}{{ m.role }}{% endfor %}"
ADDED = {"content": "<|im_end|>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}


def model_directory(folder: Path, config: dict[str, Any] | None = None, files: dict[str, str] | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    shutil.copy(EXAMPLE_MODEL / "tokenizer.json", folder)
    if config is not None:
        text = json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"} | config)
        (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


LAYOUTS: dict[str, tuple[dict[str, Any] | None, dict[str, str]]] = {
    "no config": (None, {}),
    "template as text": ({"chat_template": CHATML, "eos_token": "<|im_end|>"}, {}),
    "templates by name": (
        {
            "chat_template": [
                {"name": "default", "template": CHATML},
                {"name": "tool_use", "template": TOOL_USE},
            ]
        },
        {},
    ),
    "a file stands above the config": ({"chat_template": TOOL_USE}, {"chat_template.jinja": CHATML}),
    "named files": (
        {"chat_template": TOOL_USE},
        {"chat_template.jinja": CHATML, "additional_chat_templates/tool_use.jinja": TOOL_USE},
    ),
    "named files only": ({}, {"additional_chat_templates/rag.jinja": TOOL_USE}),
    "line ends of all kinds": ({}, {"chat_template.jinja": "a\r\nb\rc\n" + CHATML}),
    "tokens as objects": (
        {
            "eos_token": {"__type": "AddedToken", **ADDED},
            "bos_token": None,
            "pad_token": ADDED | {"__type": "AddedToken"},
        },
        {},
    ),
    "an older file of special tokens": (
        {"eos_token": "<|endoftext|>"},
        {
            "special_tokens_map.json": json.dumps(
                {
                    "eos_token": ADDED,
                    "unk_token": "<|endoftext|>",
                    "additional_special_tokens": ["<|im_start|>"],
                }
            )
        },
    ),
    "an older file that is not read any more": (
        {
            "eos_token": "<|endoftext|>",
            "added_tokens_decoder": {"0": ADDED | {"content": "<|endoftext|>", "special": True}},
        },
        {"special_tokens_map.json": json.dumps({"eos_token": "<|im_end|>"})},
    ),
    "tokens of the model's own": (
        {
            "image_token": "<|im_start|>",
            "extra_special_tokens": {"boi_token": "<|im_end|>"},
            "add_bos_token": True,
        },
        {},
    ),
}


def read_both(folder: Path) -> tuple[Model, Model]:
    return read_model(folder, "files"), read_model(folder, "transformers")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_say_what_transformers_reads(layout: str, tmp_path: Path) -> None:
    config, files = LAYOUTS[layout]
    written, live = read_both(model_directory(tmp_path, config, files))
    assert written.templates == live.templates
    assert written.special_tokens == live.special_tokens
    assert written.backend == "files"
    assert live.backend.startswith("transformers 5.23")


def test_the_example_model_reads_the_same_both_ways() -> None:
    written, live = read_both(EXAMPLE_MODEL)
    assert (written.templates, written.special_tokens) == (live.templates, live.special_tokens)
    changed = {"post_processor": None}  # it adds no tokens here, and only where special tokens are added
    assert json.loads(written.tokenizer) | changed == json.loads(live.tokenizer) | changed


@pytest.mark.parametrize("name", ["Qwen2Tokenizer", "GPT2Tokenizer", "GemmaTokenizer"])
def test_classes_that_are_rebuilt_bring_defaults_and_a_warning(name: str, tmp_path: Path) -> None:
    folder = model_directory(tmp_path, {"tokenizer_class": name, "eos_token": "<|im_end|>"})
    with pytest.warns(UserWarning, match=name):
        written = read_model(folder, "files")
    assert written.special_tokens == read_model(folder, "transformers").special_tokens


def test_other_classes_bring_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_model(EXAMPLE_MODEL, "files")


def test_padding_in_the_tokenizer_names_the_padding_token(tmp_path: Path) -> None:
    folder = model_directory(tmp_path, {})
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_padding(pad_token="<|endoftext|>")
    tokenizer.save(str(folder / "tokenizer.json"))
    written, live = read_both(folder)
    assert written.special_tokens == live.special_tokens == {"pad_token": "<|endoftext|>"}


def test_a_call_leaves_no_trace_in_a_live_tokenizer() -> None:
    tokenizer = AutoTokenizer.from_pretrained(EXAMPLE_MODEL)
    before = read_model(tokenizer)
    tokenizer("some text", truncation=True, max_length=2, padding="max_length")
    assert tokenizer.backend_tokenizer.truncation is not None
    assert read_model(tokenizer) == before
    assert tokenizer.backend_tokenizer.truncation is not None


def test_a_bare_tokenizer_is_read_as_written() -> None:
    model = read_model(EXAMPLE_MODEL / "tokenizer.json")
    assert model.tokenizer == (EXAMPLE_MODEL / "tokenizer.json").read_bytes()
    assert not model.templates
    assert model.backend == "files"


@pytest.mark.parametrize("backend", ["files", "transformers"])
def test_a_broken_tokenizer_is_named(tmp_path: Path, backend: Any) -> None:
    folder = model_directory(tmp_path, {"chat_template": CHATML})
    (folder / "tokenizer.json").write_text('{"version": "1.0"}', encoding="utf-8")
    with pytest.raises(chatloom.TokenizerLoadError) as caught:
        chatloom.Formatter.from_pretrained(folder, backend=backend)
    assert caught.value.path is not None
    assert caught.value.path.startswith(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("tokenizer_config.json", "{", "no valid JSON"),
        ("tokenizer_config.json", "[" * 100_000, "no valid JSON"),
        ("tokenizer_config.json", "[]", "holds a list"),
        ("tokenizer_config.json", '{"chat_template": 3}', "chat_template"),
        ("tokenizer_config.json", '{"chat_template": [{"name": "default"}]}', "chat_template"),
        ("chat_template.jinja", "\udcff", "no UTF-8"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    folder = model_directory(tmp_path)
    (folder / name).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(chatloom.TokenizerLoadError, match=message) as caught:
        read_model(folder, "files")
    assert caught.value.path == str(folder / name)


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(chatloom.TokenizerLoadError, match="No such file") as caught:
        read_model(tmp_path, "files")
    assert caught.value.path == str(tmp_path / "tokenizer.json")


@pytest.mark.parametrize("backend", ["auto", "transformers", "files"])
def test_a_missing_directory_is_named(tmp_path: Path, backend: Any) -> None:
    with pytest.raises(chatloom.TokenizerLoadError, match="is no directory"):
        read_model(tmp_path / "absent", backend)


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(ValueError, match="backend"):
        read_model(EXAMPLE_MODEL, "guess")  # type: ignore[arg-type]


def test_a_slow_tokenizer_is_refused() -> None:
    class Slow:
        chat_template = None

    with pytest.raises(chatloom.TokenizerLoadError, match="Slow has no fast backend"):
        read_model(Slow())


def test_a_template_may_be_a_name_a_file_or_text(tmp_path: Path) -> None:
    file = tmp_path / "own.jinja"
    file.write_text(CHATML, encoding="utf-8")
    assert chat_template(file) == chat_template(str(file)) == chat_template(CHATML) == CHATML
    assert "<|im_sep|>" in chat_template("im-sep")
    assert chat_template("tool_use", {"tool_use": TOOL_USE}) == TOOL_USE
    with pytest.raises(chatloom.TokenizerLoadError, match="no template of that name"):
        chat_template("no-such-template")


class Odd:
    """A live tokenizer with some attributes put over its own."""

    def __init__(self, **attributes: Any) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(EXAMPLE_MODEL)
        self._attributes = attributes

    def __getattr__(self, name: str) -> Any:
        value = self._attributes.get(name, getattr(self._tokenizer, name))
        if isinstance(value, Exception):
            raise value
        return value


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"chat_template": 5}, "`chat_template` of the tokenizer is of type int, expected text"),
        ({"chat_template": ["{{ x }}"]}, "`chat_template` of the tokenizer is of type list"),
        ({"chat_template": {"default": 5}}, "`chat_template` of the tokenizer is of type dict"),
        ({"chat_template": None}, "no chat template"),
        ({"chat_template": {}}, "no chat template"),
        ({"chat_template": ZeroDivisionError("secret")}, "`chat_template` of the Odd can't be read"),
        ({"special_tokens_map": ["<s>"]}, "`special_tokens_map` of the tokenizer is of type list"),
        ({"special_tokens_map": {1: "<s>"}}, "`special_tokens_map`"),
        ({"backend_tokenizer": None}, "an? Odd has no fast backend"),
        ({"backend_tokenizer": 5}, "an? Odd has no fast backend"),
        ({"backend_tokenizer": RuntimeError()}, "`backend_tokenizer` of the Odd can't be read"),
    ],
    ids=str,
)
def test_odd_live_tokenizers_are_refused_by_name(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(chatloom.TokenizerLoadError, match=message) as caught:
        chatloom.Formatter.from_pretrained(Odd(**attributes))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("source", [None, 5, [], {"a": 1}])
def test_what_is_no_tokenizer_is_refused(source: Any) -> None:
    with pytest.raises(chatloom.TokenizerLoadError, match="has no fast backend"):
        chatloom.Formatter.from_pretrained(source)


def test_another_version_of_transformers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.__version__", "5.24.1")
    with pytest.warns(UserWarning, match=r"transformers 5\.24\.1 is installed.*transformers 5\.23") as told:
        formatter = chatloom.Formatter.from_pretrained(EXAMPLE_MODEL)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert formatter.backend == "transformers 5.24.1"


def test_how_a_model_was_read_is_shown_and_part_of_its_identity() -> None:
    written = chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, backend="files")
    read = chatloom.Formatter.from_pretrained(EXAMPLE_MODEL)
    assert written.render([{"role": "user", "content": "Hi"}]) == read.render([{"role": "user", "content": "Hi"}])
    assert (written == read, written.fingerprint == read.fingerprint) == (False, False)
    assert "read by files" in repr(written)
    assert f"read by transformers {transformers.__version__}" in repr(read)


def test_single_files_of_a_class_that_is_rebuilt_are_told_too(tmp_path: Path) -> None:
    folder = model_directory(tmp_path, {"tokenizer_class": "GPT2TokenizerFast", "chat_template": CHATML})
    with pytest.warns(UserWarning, match="GPT2Tokenizer") as told:
        chatloom.Formatter.from_files(folder / "tokenizer.json", config=folder / "tokenizer_config.json")
    assert told[0].filename == __file__


def test_a_broken_template_fails_the_calls_that_need_it(tmp_path: Path) -> None:
    files = {"chat_template.jinja": CHATML, "additional_chat_templates/tool_use.jinja": "{% if %}"}
    formatter = chatloom.Formatter.from_pretrained(model_directory(tmp_path, {}, files), backend="files")
    chat = [{"role": "user", "content": "Hi"}]
    assert formatter.render(chat) == "Hi"
    assert len(formatter.encode_batch([chat, {"messages": chat}])) == 2
    for call in (formatter.render, formatter.trace, formatter.encode):
        with pytest.raises(chatloom.TemplateSyntaxError, match="template `tool_use`"):
            call(chat, tools=[])
    with pytest.raises(chatloom.TemplateSyntaxError, match="template `tool_use`") as caught:
        formatter.encode_batch([chat, {"messages": chat, "tools": []}])
    assert caught.value.row == 1
    rest = {"chat_template.jinja": CHATML, "additional_chat_templates/rag.jinja": "{% if %}"}
    assert chatloom.Formatter.from_pretrained(model_directory(tmp_path / "b", {}, rest)).render(chat, tools=[]) == "Hi"


def test_a_broken_template_names_the_model(tmp_path: Path) -> None:
    folder = model_directory(tmp_path, {"chat_template": "{% if %}"})
    with pytest.raises(chatloom.TemplateSyntaxError) as caught:
        chatloom.Formatter.from_pretrained(folder, backend="files")
    assert caught.value.path == str(folder / "tokenizer.json")


def test_a_text_that_is_no_template_is_refused() -> None:
    for text in ("nothing", "a" * 10_000, "a\x00b"):
        with pytest.raises(chatloom.TokenizerLoadError, match="is no file"):
            chatloom.Formatter.from_pretrained(EXAMPLE_MODEL, chat_template=text)
