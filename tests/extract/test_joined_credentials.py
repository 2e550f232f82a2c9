"""Credentials and identities, joined: many of one value, and many behind one another."""

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.deployment import Deployment
from agentaudit.rules.ours import lint_rules
from tests.extract.test_growth import extraction_cost

SECRET = "opens-no-door-crm-41"  # noqa: S105, made up


def listed(values: list[str]) -> str:
    """A service with a variable of each value, written as a list."""
    variables = ", ".join(f"K{at}_API_KEY={value}" for at, value in enumerate(values, start=10))
    return f"services:\n  a: {{image: 'a:1', environment: [{variables}]}}\n"


def accounts(count: int) -> str:
    """Accounts of Kubernetes, each of which may act as the next, and a pod of an agent for each."""
    account = (
        "kind: ServiceAccount\napiVersion: v1\nmetadata:\n  name: a{0}\n"
        "  annotations: {{eks.amazonaws.com/role-arn: 'x/a{1}'}}\n---\n"
        "kind: Pod\napiVersion: v1\nmetadata: {{name: agent{0}}}\n"
        "spec: {{serviceAccountName: a{0}, containers: [{{name: agent, image: 'langgraph:1'}}]}}\n"
    )
    numbers = range(10, 10 + count)
    return "---\n".join(account.format(at, at + 1) for at in reversed(numbers))


def test_a_value_is_told_where_it_is_deployed_and_not_where_it_is_tested() -> None:
    held = f'API_KEY="{SECRET}"\n'
    deployment = deployment_of({"bin/test-menu.sh": held, "bin/up.sh": held})
    (finding,) = lint(deployment, lint_rules(), names=["shared-secret"]).findings

    assert finding.evidence.file == "bin/up.sh"
    assert [item.file for item in finding.related] == ["bin/test-menu.sh"]


def test_a_value_at_very_many_places_is_told_once() -> None:
    deployment = deployment_of({"compose.yaml": listed([SECRET] * 300)})
    rule = "shared-secret"
    result = lint(deployment, lint_rules(), names=[rule])

    assert len(deployment.credentials) == 300
    assert max(len(each.shared_with) for each in deployment.credentials) <= 101
    assert [finding.rule for finding in result.findings] == [rule]


def test_each_further_variable_of_a_list_costs_what_the_one_before_did() -> None:
    second, third = extraction_cost(
        lambda count: {"compose.yaml": listed([f"{SECRET}{at}" for at in range(10, 10 + count)])}, 8
    )

    assert third == second


def test_so_does_each_further_account_of_a_chain() -> None:
    second, third = extraction_cost(lambda count: {"a.yaml": accounts(count)}, 8)

    assert third == second


def behind(deployment: Deployment) -> dict[str, int]:
    return {each.name: len(each.agents) for each in deployment.identities}


def test_whoever_acts_as_an_account_acts_as_all_that_it_leads_to() -> None:
    found = behind(deployment_of({"a.yaml": accounts(4)}))

    assert found == {"a10": 1, "a11": 2, "a12": 3, "a13": 4}


def test_of_very_many_agents_behind_each_of_many_accounts_some_are_named() -> None:
    deployment = deployment_of({"a.yaml": accounts(500)})
    found = behind(deployment)
    left = [end for end in deployment.unresolved if end.what.startswith("which agents act as")]

    assert sum(found.values()) < 125_000
    assert min(found.values()) >= 1
    assert left
    assert all(found[end.what.rpartition(" ")[2]] == 10 for end in left)


def test_of_many_keys_that_many_agents_see_each_is_told_and_who_sees_it_is_open() -> None:
    agents = "".join(f"a{at} = Agent(name='a{at}')\n" for at in range(300))
    keys = "".join(f"K{at}_API_KEY = '{SECRET}{at}'\n" for at in range(300))
    deployment = deployment_of({"a.py": f"from agents import Agent\n{agents}{keys}"})
    seen = [edge for edge in deployment.edges if edge.kind == "visible_to"]
    left = [end for end in deployment.unresolved if end.what.startswith("who sees")]

    assert len(deployment.credentials) == 300
    assert 300 < len(seen) < 300 * 300
    assert left


def test_one_program_that_knows_a_secret_by_two_names_shares_it_with_nobody() -> None:
    alone = deployment_of({"compose.yaml": listed([SECRET, SECRET])})
    other = f"  b: {{image: 'b:1', environment: [API_KEY={SECRET}]}}\n"
    both = deployment_of({"compose.yaml": listed([SECRET]) + other})

    stages = deployment_of({f"compose.{name}.yaml": listed([SECRET]) for name in ("dev", "prod")})

    assert {credential.one_holder for credential in alone.credentials} == {True}
    assert {credential.one_holder for credential in stages.credentials} == {False}
    assert {credential.one_holder for credential in both.credentials} == {False}


def test_equal_values_are_told_where_it_is_surest_that_they_are_secrets() -> None:
    """A default in a program came before the file that is deployed, and made the finding low."""
    value = "qdrantzmkj" + "123456"
    code = (
        "from dotenv import load_dotenv\nfrom agents import Agent\nload_dotenv()\n"
        f'DEFAULT_QDRANT_API_KEY = "{value}"\ndesk = Agent(name="desk")\n'
    )
    files = {"app/config.py": code, "env.internal": f"QDRANT_API_KEY={value}\n"}
    files |= {"env.external": f"QDRANT_API_KEY={value}\n"}
    found = deployment_of(files).credentials

    assert [each.evidence[0].file for each in found if each.first_of_shared] == ["env.external"]
