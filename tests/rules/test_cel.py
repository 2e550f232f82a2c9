"""Conditions: what is refused before it can be asked, and what counts as an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.deployment import FACT_KINDS, PLACES, field_names
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.rules.cel import bind, compile_condition
from agentaudit.rules.conditions import ConditionError, fields_asked
from agentaudit.rules.limits import Limits
from agentaudit.rules.whole import Whole

PLACE = Evidence(file="a.json", line=1, column=1, end_line=1, end_column=2)


def credential(*, ttl_s: int | None = None, shared_with: tuple[FactId, ...] = ()) -> Credential:
    return Credential(
        id=FactId("credential:key-1"),
        name="KEY",
        evidence=(PLACE,),
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.STATIC,
        ttl_s=ttl_s,
        shared_with=shared_with,
    )


def holds(source: str, fact: Credential) -> bool:
    subject = bind("credential", fact, Whole(), Limits())
    return compile_condition("credential", source).holds(subject)


@pytest.mark.parametrize(
    ("source", "column", "said"),
    [
        ('credential.frm == "literal"', 11, "'frm', which a credential does not have"),
        ("credential.form == 3", 17, "cannot ask == of"),
        ('credential.form == "litteral"', 20, "'form' is never \"litteral\""),
        ('credential.form in ["literal", "oath"]', 32, "'form' is never \"oath\""),
        ("credential.ttl_s > 3", 1, "ask has(credential.ttl_s) first"),
        ("credential . ttl_s > 3", 1, "ask has(credential.ttl_s) first"),
        ("grant.admin", 6, "it can ask of credential, deployment and limits"),
        ("deployment.has_gatway", 11, "'has_gatway', which `deployment` does not have"),
        ("credential.shared_with.exists(x, x > 2)", 36, "cannot ask >"),
        ('credential.name.startWith("a")', 26, "no function 'startWith'"),
        ('credential.name.matches("(")', 25, "malformed pattern"),
        ("credential.name", 1, "must be true or false"),
        ("1 +", 4, "Syntax error"),
        ('"has(credential.ttl_s)" == "" || credential.ttl_s > 3', 34, "may be unknown"),
    ],
)
def test_a_mistake_is_found_before_the_run(source: str, column: int, said: str) -> None:
    with pytest.raises(ConditionError) as error:
        compile_condition("credential", source)

    assert said in str(error.value)
    assert (error.value.line, error.value.column) == (1, column)


def test_a_mistake_names_its_line() -> None:
    with pytest.raises(ConditionError) as error:
        compile_condition("credential", 'credential.form == "literal" &&\n  credential.adm')

    assert error.value.line == 2


@pytest.mark.parametrize("kind", sorted(FACT_KINDS))
def test_every_field_of_every_kind_can_be_asked(kind: str) -> None:
    """Optional numbers behind has(), the others by comparing them with themselves."""
    for name in set(field_names(kind)) - PLACES:
        guard = f"has({kind}.{name}) && " if name.endswith(("_s", "_count", "_bytes")) else ""
        try:
            compile_condition(kind, f"{kind}.{name} == {kind}.{name}")
        except ConditionError:
            compile_condition(kind, f"{guard}{kind}.{name} == {kind}.{name}")


@pytest.mark.parametrize("name", Whole.__struct_fields__)
def test_every_trait_of_the_deployment_can_be_asked(name: str) -> None:
    assert compile_condition("agent", f"deployment.{name} == deployment.{name}").kind == "agent"


@given(st.integers(min_value=0, max_value=2**62))
def test_a_number_is_what_it_was(number: int) -> None:
    assert holds(f"has(credential.ttl_s) && credential.ttl_s == {number}", credential(ttl_s=number))


def test_an_unknown_number_is_not_zero() -> None:
    assert not holds("has(credential.ttl_s) && credential.ttl_s < 3600", credential())
    assert holds("has(credential.ttl_s) && credential.ttl_s < 3600", credential(ttl_s=0))


def test_words_tuples_and_limits_are_there() -> None:
    fact = credential(shared_with=(FactId("credential:other-2"),))

    assert holds('credential.form == "literal" && size(credential.shared_with) == 1', fact)
    assert holds("limits.iterations == 100 && !deployment.has_gateway", fact)


def test_no_answer_is_no_answer() -> None:
    """The engine answers a failed condition with a text, which Python takes for true."""
    with pytest.raises(ConditionError, match="gave no answer"):
        holds("10 / size(credential.shared_with) > 1", credential())


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ('tool.name == "x" && has(tool.effects)', {"name", "effects"}),
        ("tool\n  . name == 'a'", {"name"}),
        ('tool_server.pinned || deployment.tools > 1 || "tool" in []', set()),
        ('tool.name != "of tool.approval"', {"name", "approval"}),
        ("[tool].exists(other, other.name != '')", None),
        ("tool == tool", None),
        ("true", set()),
    ],
)
def test_a_condition_names_the_fields_it_asks_for(source: str, fields: set[str] | None) -> None:
    """More than it asks for in doubt, never fewer."""
    assert fields_asked("tool", source) == fields
