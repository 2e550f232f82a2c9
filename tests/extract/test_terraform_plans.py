"""Terraform's plans: read as the sources are, and placed there where the sources are at hand."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.terraform.overlay import Overlay
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.jsonc import parse_json
from agentaudit.readers.planned_parts import Plan
from agentaudit.readers.terraform_plan import parse_plan
from agentaudit.rules.fakes import fake

TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ]
}
SOURCE = """variable "hours" {}
variable "secret" {}
resource "aws_iam_role" "agent" {
  name                 = "agent"
  max_session_duration = var.hours * 3600
  assume_role_policy   = jsonencode({
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}
resource "aws_lambda_function" "agent" {
  function_name = "agent"
  role          = aws_iam_role.agent.arn
  environment {
    variables = {
      OPENAI_API_KEY = var.secret
      REGION         = "eu"
    }
  }
}
"""
SECRET = "s3cr3t-Value-9fJ-of-a-model"  # noqa: S105 - nobody's


def resource(type_: str, name: str, values: object, **more: object) -> dict[str, object]:
    return {
        "address": f"{type_}.{name}",
        "mode": "managed",
        "type": type_,
        "name": name,
        "values": values,
        **more,
    }


def configured(type_: str, name: str, expressions: object) -> dict[str, object]:
    return {
        "address": f"{type_}.{name}",
        "mode": "managed",
        "type": type_,
        "name": name,
        "expressions": expressions,
    }


ROLE = resource(
    "aws_iam_role",
    "agent",
    {
        "name": "agent",
        "max_session_duration": 43200,
        "permissions_boundary": None,
        "assume_role_policy": json.dumps(TRUST),
        "tags": {},
    },
)
FUNCTION = resource(
    "aws_lambda_function",
    "agent",
    {
        "function_name": "agent",
        "environment": [{"variables": {"OPENAI_API_KEY": SECRET, "REGION": "eu"}}],
    },
    sensitive_values={"environment": [{"variables": {"OPENAI_API_KEY": True}}]},
)
CONFIGURED = [
    configured("aws_iam_role", "agent", {"max_session_duration": {"references": ["var.hours"]}}),
    configured(
        "aws_lambda_function",
        "agent",
        {
            "role": {"references": ["aws_iam_role.agent.arn", "aws_iam_role.agent"]},
            "environment": [{"variables": {"references": ["var.secret"]}}],
        },
    ),
]


def plan_of(root: object, configuration: object) -> str:
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "variables": {"secret": {"value": SECRET}},
            "planned_values": {"root_module": root},
            "configuration": {"root_module": configuration},
        }
    )


PLAN = plan_of({"resources": [ROLE, FUNCTION]}, {"resources": CONFIGURED})


def deployed(texts: Mapping[str, str]) -> Deployment:
    return deployment_of(texts)


def test_a_plan_says_what_its_sources_leave_open_and_they_say_where() -> None:
    alone, both = deployed({"main.tf": SOURCE}), deployed({"main.tf": SOURCE, "plan.json": PLAN})
    (before,), (role,) = alone.identities, both.identities

    assert (before.max_session_s, role.max_session_s) == (None, 43_200)
    assert (role.id, str(role.evidence[0])) == (before.id, "main.tf:3:1")
    assert [fact.id for fact in both.credentials] == [fact.id for fact in alone.credentials]


def test_a_plan_without_sources_is_read_by_itself() -> None:
    deployment = deployed({"plan.json": PLAN})
    (role,), (runtime,) = deployment.identities, deployment.runtimes
    edges = [(edge.kind.value, edge.src, edge.dst) for edge in deployment.edges]

    assert (role.name, role.max_session_s) == ("agent", 43_200)
    assert role.trust_principals == ("lambda.amazonaws.com",)
    assert role.evidence[0].file == "plan.json"
    assert ("authenticates_as", runtime.id, role.id) in edges


@pytest.mark.parametrize("texts", [{}, {"main.tf": SOURCE}])
def test_sensitive_values_are_references_and_never_shown(texts: Mapping[str, str]) -> None:
    deployment = deployed({**texts, "plan.json": PLAN})
    (credential,) = deployment.credentials

    assert (credential.name, credential.form.value) == ("OPENAI_API_KEY", "secret_ref")
    assert SECRET not in repr(deployment)


def test_what_is_planned_for_no_instance_is_not_there() -> None:
    plan = plan_of({"resources": [ROLE]}, {"resources": CONFIGURED})

    assert deployed({"main.tf": SOURCE, "plan.json": plan}).runtimes == ()


def test_instances_of_for_each_and_of_modules_are_told_apart() -> None:
    child = 'variable "hours" {}\nresource "aws_iam_role" "r" {\n  for_each = toset(["a", "b"])\n'
    child += "  name = each.key\n  max_session_duration = var.hours * 3600\n}\n"
    root = 'module "m" {\n  for_each = toset(["eu"])\n  source = "./m"\n  hours = 2\n}\n'
    roles = [
        resource("aws_iam_role", "r", {"name": f"r-{key}", "max_session_duration": number})
        | {"address": f'module.m["eu"].aws_iam_role.r["{key}"]', "index": key}
        for number, key in ((7200, "a"), (36000, "b"))
    ]
    plan = plan_of(
        {"child_modules": [{"address": 'module.m["eu"]', "resources": roles}]},
        {
            "module_calls": {
                "m": {
                    "source": "./m",
                    "module": {"resources": [configured("aws_iam_role", "r", {})]},
                }
            }
        },
    )
    for texts, file in (
        ({}, "plan.json"),
        ({"main.tf": root, "m/main.tf": child}, "m/main.tf"),
    ):
        identities = deployed({**texts, "plan.json": plan}).identities

        assert {(each.name, each.max_session_s) for each in identities} == {
            ("r-a", 7200),
            ("r-b", 36000),
        }
        assert {each.evidence[0].file for each in identities} == {file}


def test_a_role_that_a_module_passes_on_is_found_through_it() -> None:
    inner = resource("aws_lambda_function", "f", {"function_name": "f"})
    inner["address"] = "module.m.aws_lambda_function.f"
    plan = plan_of(
        {"resources": [ROLE], "child_modules": [{"address": "module.m", "resources": [inner]}]},
        {
            "resources": CONFIGURED[:1],
            "module_calls": {
                "m": {
                    "source": "terraform-aws-modules/lambda/aws",
                    "expressions": {
                        "role": {"references": ["aws_iam_role.agent.arn", "aws_iam_role.agent"]}
                    },
                    "module": {
                        "resources": [
                            configured(
                                "aws_lambda_function", "f", {"role": {"references": ["var.role"]}}
                            )
                        ]
                    },
                }
            },
        },
    )
    deployment = deployed({"plan.json": plan})
    (role,), (runtime,) = deployment.identities, deployment.runtimes

    assert any((edge.src, edge.dst) == (runtime.id, role.id) for edge in deployment.edges)


def test_a_plan_of_other_sources_leaves_them_as_they_are() -> None:
    other = plan_of(
        {"resources": [resource("aws_iam_role", "x", {"name": "x"})]},
        {"resources": [configured("aws_iam_role", "x", {})]},
    )
    identities = deployed({"main.tf": SOURCE, "other/plan.json": other}).identities

    assert {each.name: each.evidence[0].file for each in identities} == {
        "agent": "main.tf",
        "x": "other/plan.json",
    }


def test_a_state_is_read_as_a_plan_is() -> None:
    state = json.loads(PLAN)
    state["values"] = state.pop("planned_values")
    del state["configuration"]
    (role,) = deployed({"state.json": json.dumps(state)}).identities

    assert role.max_session_s == 43_200


@pytest.mark.parametrize(
    "cut", [PLAN[:-1], PLAN[:400], PLAN.replace('"resources": [', '"resources": [,')]
)
def test_a_broken_plan_is_said_to_be_broken(cut: str) -> None:
    (coverage,) = deployed({"plan.json": cut}).coverage

    assert coverage.status is FileStatus.FAILED


@given(st.text(alphabet='{}[]":,ab1 \n', max_size=200))
def test_no_text_breaks_the_reader_of_plans(rest: str) -> None:
    try:
        document = parse_plan("plan.json", f'{{"planned_values": {rest}')
    except InputError:
        return

    assert isinstance(document.tree, Plan)


_JSON = st.recursive(
    st.one_of(st.integers(1, 99), st.text("abc", min_size=1), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3), st.dictionaries(st.text("xyz", min_size=1), inner)
    ),
    max_leaves=8,
)


def _plain(node: Node) -> object:
    if node.kind is NodeKind.MAPPING:
        return {key: _plain(value) for key, value in node.items() if value.raw or value.entries}
    if node.kind is NodeKind.SEQUENCE:
        return sorted(map(str, map(_plain, node.elements)))
    return node.raw


@given(st.dictionaries(st.text("xyz", min_size=1), _JSON))
def test_laying_a_value_over_itself_changes_nothing(value: object) -> None:
    node = parse_json("a.json", json.dumps(value)).root
    over = Overlay(node).body(node, node)

    assert _plain(over) == _plain(node)


def test_a_secret_that_only_the_plan_shows_is_found_in_it_and_one_of_the_source_once() -> None:
    key = fake("openai_key")
    machine = resource("aws_lb", "m", {"tags": {"note": f"uses {key}"}})
    plan = plan_of({"resources": [machine]}, {"resources": [configured("aws_lb", "m", {})]})
    source = f'resource "aws_lb" "m" {{\n  tags = {{ note = "uses {key}" }}\n}}\n'
    (alone,) = deployed({"a.json": plan}).credentials
    (both,) = deployed({"a.json": plan, "main.tf": source}).credentials

    assert (alone.evidence[0].file, both.evidence[0].file) == ("a.json", "main.tf")


def test_a_resource_that_says_one_thing_twice_makes_the_plan_partly_read() -> None:
    twice = PLAN.replace('"max_session_duration": 43200', '"name": "b"', 1)
    (coverage,) = deployed({"plan.json": twice}).coverage

    assert (coverage.status, coverage.line) == (FileStatus.PARTIAL, 1)
    assert "twice" in coverage.reason


def test_of_very_many_modules_the_first_are_read_and_the_rest_is_told() -> None:
    addresses = (f"module.m{at}.aws_iam_role.r" for at in range(5_100))
    modules = [
        {"resources": [resource("aws_iam_role", "r", {"name": "r"}, address=address)]}
        for address in addresses
    ]
    deployment = deployed({"plan.json": plan_of({"child_modules": modules}, {})})
    (coverage,) = deployment.coverage

    assert 1_000 < len(deployment.identities) < 5_000
    assert "more than 5,000 modules" in coverage.reason


def test_a_value_that_is_made_of_very_many_others_makes_the_plan_partly_read() -> None:
    references = [f"aws_s3_bucket.b{at}.arn" for at in range(1_001)]
    planned = resource("aws_lambda_function", "f", {"function_name": "f"})
    written = configured("aws_lambda_function", "f", {"role": {"references": references}})
    plan = plan_of({"resources": [planned]}, {"resources": [written]})
    deployment = deployed({"plan.json": plan})

    assert [item.status for item in deployment.coverage] == [FileStatus.PARTIAL]


def test_a_resource_with_a_name_that_no_resource_has_is_refused_where_it_stands() -> None:
    role = resource("aws_iam_role", "r" * 5_000, {})
    deployment = deployed({"plan.json": plan_of({"resources": [role]}, {})})

    assert [item.status for item in deployment.coverage] == [FileStatus.FAILED]
    assert [item.line for item in deployment.coverage] == [1]
