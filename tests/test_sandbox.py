"""The sandbox against the reference: what templates can not reach there is not reached here; no message changes."""

from __future__ import annotations

import copy

import pytest
from language.payloads import all_payloads
from test_language import ADDRESS, MESSAGES, REFUSAL, agree, ours, theirs

PAYLOADS = all_payloads()


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_payload(payload: str) -> None:
    messages = copy.deepcopy(MESSAGES)
    found, expected = ours(payload), theirs(payload)
    assert found.status == REFUSAL or agree(found, expected), f"{payload!r}\nours   {found}\ntheirs {expected}"
    assert messages == MESSAGES
    for printed in (found.value, found.message):
        assert ADDRESS not in printed
        assert "<class" not in printed


def test_payloads_fail_or_print_nothing_of_the_interpreter() -> None:
    outcomes = [ours(payload) for payload in PAYLOADS]
    assert sum(outcome.value == "SecurityError" for outcome in outcomes) > 100
    assert len(outcomes) > 300
