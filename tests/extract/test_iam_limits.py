"""Permissions of hostile files: what is beyond a limit is not looked at, and is left open."""

from collections.abc import Sequence

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.grants import Bearer, add_grants
from agentaudit.extract.iam.links import link_grants
from agentaudit.extract.iam.policies import Statement
from agentaudit.extract.iam.scope import service_and_name
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.permissions import Grant, Identity
from tests.extract.test_iam import statement

PLACE = Evidence(file="main.tf", line=1, column=1, end_line=1, end_column=1)


def granted(statements: Sequence[Statement], name: str = "agent") -> Collector:
    collector = Collector()
    add_grants(collector, Bearer(name=name, key=name), statements)
    return collector


def opened(collector: Collector) -> list[str]:
    return [what for _, what in collector.open_ends]


def test_a_role_with_thousands_of_statements_has_those_that_are_read() -> None:
    collector = granted([statement("*", key=f"{number:04}") for number in range(1_002)])

    assert len(collector.of(Grant)) == 1_000
    assert opened(collector) == ["the statements of agent beyond 1,000"]


def test_wide_patterns_that_are_alike_are_expanded_once() -> None:
    """An administrator's statement stands for all actions; a thousand of them share one set."""
    collector = granted([statement("*", key=f"{number:04}") for number in range(1_000)])

    lists = {id(grant.sensitive_actions) for grant in collector.of(Grant)}
    assert len(lists) == 1
    assert not opened(collector)


def test_wide_patterns_that_differ_are_expanded_up_to_a_limit() -> None:
    collector = granted([statement("*", f"s3:get{number:04}") for number in range(200)])

    assert 50 < len(collector.of(Grant)) < 110
    assert set(opened(collector)) == {"the actions of statement"}


def test_denials_that_name_very_many_resources_take_nothing_away() -> None:
    """Where it takes too long to tell, a denial does not surely apply."""
    few = tuple(f"arn:aws:s3:::data{number}" for number in range(100))
    many = (*few, *(f"arn:aws:s3:::other{number}" for number in range(200)))
    kept = granted(
        [statement("s3:*", resources=few), statement("s3:*", allows=False, resources=many)]
    )
    lost = granted(
        [statement("s3:*", resources=few), statement("s3:*", allows=False, resources=few)]
    )

    assert max(grant.expanded_count for grant in kept.of(Grant)) > 100
    assert max(grant.expanded_count for grant in lost.of(Grant)) == 0


def test_roles_that_may_all_take_on_each_other_are_linked_up_to_a_limit() -> None:
    collector = Collector()
    for number in range(400):
        name = f"role{number:03}"
        identity = Identity(
            id=fact_id("identity", name, name),
            name=name,
            evidence=(PLACE,),
            provider="aws",
            kind="role",
        )
        collector.add(identity)
        bearer = Bearer(name=name, key=name, identity_id=identity.id)
        add_grants(collector, bearer, [statement("sts:AssumeRole".lower())])
    link_grants(Documents({}), collector)

    assumed = [key for key in collector.edges if key[0] is EdgeKind.ASSUMES]
    assert len(assumed) == 250 * 399
    assert opened(collector) == ["the roles that statement reaches"]


def test_a_text_that_is_longer_than_any_policy_is_not_looked_through() -> None:
    variables = "${a}" * 10_000

    assert service_and_name(f"arn:aws:s3:::{variables}") == ("s3", variables)
