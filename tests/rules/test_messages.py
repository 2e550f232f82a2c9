"""Messages say fields as people would, and never take text of a file for a template."""

import pytest

from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Grant, Identity
from agentaudit.rules.limits import Limits
from agentaudit.rules.messages import duration, message_of, size, unknown_fields

PLACE = Evidence(file="a.tf", line=1, column=1, end_line=1, end_column=2)
LIMITS = Limits()


def grant(*actions: str, principal: str = "role/agent") -> Grant:
    name = FactId("grant:g-1")
    return Grant(id=name, name="g", evidence=(PLACE,), actions=actions, principal=principal)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (90, "1 min 30 s"), (3600, "1 h"), (90000, "1 d 1 h"), (90061, "1 d 1 h")],
)
def test_durations(seconds: int, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (1024, "1 KiB"), (512 * 2**20, "512 MiB"), (2**50, "1024 TiB")]
)
def test_sizes(count: int, said: str) -> None:
    assert size(count) == said


def test_a_long_list_is_counted() -> None:
    said = message_of("{actions}", grant("a", "b", "c", "d", "e", "f"), LIMITS)

    assert said == "a, b, c, d and 2 more"


def test_what_is_not_there_is_said() -> None:
    assert message_of("{actions} {managed_policy}", grant(), LIMITS) == "none unknown"


def test_numbers_and_times_read_well() -> None:
    role = Identity(id=FactId("identity:r-1"), name="r", evidence=(PLACE,), max_session_s=43200)
    store = MemoryStore(
        id=FactId("memory_store:m-1"),
        name="m",
        evidence=(PLACE,),
        max_bytes_count=2**20,
        max_turns_count=5000,
    )

    assert message_of("{max_session_s} {limits.iterations}", role, LIMITS) == "12 h 100"
    assert message_of("{max_bytes_count} {max_turns_count}", store, LIMITS) == "1 MiB 5,000"
    assert message_of("{ttl_s} {ttl}", store, LIMITS) == "unknown unknown"


def test_text_of_a_file_is_no_template() -> None:
    said = message_of("{principal}", grant(principal="{actions}{0.__class__}%s"), LIMITS)

    assert said == "{actions}{0.__class__}%s"


def test_text_of_a_file_is_shortened() -> None:
    assert len(message_of("{principal}", grant(principal="x" * 5000), LIMITS)) < 200


def test_a_field_that_does_not_exist_is_found_at_load() -> None:
    assert unknown_fields("grant", "{actions} {nothing} {limits.speed}") == (
        "nothing",
        "limits.speed",
    )


def test_an_empty_field_can_be_left_out() -> None:
    assert message_of("The {managed_policy|} policy", grant(), LIMITS) == "The policy"
    assert message_of("{actions|no} action", grant(), LIMITS) == "no action"
    assert message_of("{actions|no} action", grant("a"), LIMITS) == "a action"


def test_words_of_ours_read_as_words() -> None:
    key = Credential(
        id=FactId("credential:k-1"),
        name="k",
        evidence=(PLACE,),
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.STATIC,
        provider="openai",
        kind="api_key",
        variable="OPENAI_API_KEY",
    )

    said = message_of("the {provider} {kind} in {variable}", key, LIMITS)

    assert said == "the OpenAI API key in OPENAI_API_KEY"
