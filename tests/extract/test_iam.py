"""Statements to grants: laws of evaluation, then policies as people write them."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.iam.actions import all_actions, expanded
from agentaudit.extract.iam.allowances import allowed_by
from agentaudit.extract.iam.escalations import METHODS
from agentaudit.extract.iam.grants import Bearer, add_grants
from agentaudit.extract.iam.managed import MANAGED_POLICIES, policy_name
from agentaudit.extract.iam.policies import Condition, Statement
from agentaudit.extract.iam.scope import is_everything, names_something
from agentaudit.extract.iam.trust import trust
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.permissions import Grant

PLACE = Evidence(file="policy.json", line=1, column=1, end_line=1, end_column=1)
BEARER = Bearer(name="agent", key="policy.json")
ACTIONS = st.sampled_from(
    [
        "s3:*",
        "s3:get*",
        "s3:putobject",
        "iam:passrole",
        "iam:*",
        "lambda:createfunction",
        "lambda:invokefunction",
        "sts:assumerole",
        "dynamodb:deletetable",
        "s3:listallmybuckets",
    ]
)
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::data/*", "arn:aws:iam::1:role/agent"])


def statement(
    *actions: str, allows: bool = True, resources: tuple[str, ...] = ("*",), key: str = ""
) -> Statement:
    return Statement(
        key=key or f"{allows}{actions}{resources}",
        name="statement",
        place=PLACE,
        allows=allows,
        actions=actions,
        resources=resources,
    )


STATEMENTS = st.builds(
    lambda actions, allows, resource: statement(*actions, allows=allows, resources=(resource,)),
    st.lists(ACTIONS, min_size=1, max_size=3),
    st.booleans(),
    RESOURCES,
)


def grants(*statements: Statement) -> tuple[Grant, ...]:
    return add_grants(Collector(), BEARER, statements)


def only(*statements: Statement) -> Grant:
    """The one grant that allows something."""
    (grant,) = (grant for grant in grants(*statements) if grant.effect == "allow")
    return grant


@given(st.lists(STATEMENTS, max_size=4), ACTIONS, RESOURCES)
def test_a_denial_never_gives_anything(listed: list[Statement], action: str, resource: str) -> None:
    """No count of any grant rises when a denial is added."""
    denial = statement(action, allows=False, resources=(resource,), key="denial")
    before = {grant.id: grant for grant in grants(*listed)}
    after = {grant.id: grant for grant in grants(*listed, denial)}

    for name, grant in before.items():
        assert after[name].expanded_count <= grant.expanded_count
        assert after[name].write_count <= grant.write_count
        assert set(after[name].unscoped_writes) <= set(grant.unscoped_writes)
    named = [name for grant in before.values() for name in grant.escalations]
    assert {name for grant in after.values() for name in grant.escalations} <= set(named)
    assert all(set(after[name].outlets) <= set(grant.outlets) for name, grant in before.items())


@given(st.lists(STATEMENTS, min_size=1, max_size=3, unique_by=lambda each: each.key))
def test_order_does_not_matter(listed: list[Statement]) -> None:
    outcomes = {
        tuple(sorted(grants(*order), key=lambda grant: grant.id)) for order in permutations(listed)
    }

    assert len(outcomes) == 1


@given(STATEMENTS)
def test_the_counts_add_up(one: Statement) -> None:
    for grant in grants(one):
        parts = grant.write_count + grant.permissions_count + grant.read_count
        assert parts == grant.expanded_count
        assert set(grant.permission_actions) <= set(grant.sensitive_actions)


@given(STATEMENTS)
def test_denials_carry_no_counts(one: Statement) -> None:
    for grant in grants(one):
        if grant.effect == "deny":
            assert (grant.expanded_count, grant.sensitive_actions, grant.escalations) == (0, (), ())


def test_everything_on_everything_is_administration() -> None:
    grant = only(statement("*"))

    assert grant.admin
    assert grant.expanded_count == len(all_actions())


def test_everything_under_a_condition_is_not_called_administration() -> None:
    condition = Condition(operator="bool", key="aws:multifactorauthpresent", values=("true",))
    limited = Statement(
        key="k",
        name="n",
        place=PLACE,
        allows=True,
        actions=("*",),
        resources=("*",),
        conditions=(condition,),
    )

    assert not only(limited).admin
    assert only(limited).conditions == ("aws:multifactorauthpresent",)


def test_a_denial_of_everything_leaves_no_administration() -> None:
    grant = only(statement("*"), statement("*", allows=False))

    assert not grant.admin
    assert grant.expanded_count == 0


def test_a_denial_of_other_resources_takes_nothing_away() -> None:
    allowing = statement("s3:putobject", resources=("arn:aws:s3:::data/*",))
    denial = statement("s3:*", allows=False, resources=("arn:aws:s3:::other/*",))

    assert allowed_by([allowing, denial]) == {"s3:putobject"}


def test_a_conditional_denial_takes_nothing_away() -> None:
    denial = Statement(
        key="d",
        name="d",
        place=PLACE,
        allows=False,
        actions=("s3:*",),
        resources=("*",),
        conditions=(Condition(operator="bool", key="aws:securetransport", values=("false",)),),
    )

    assert allowed_by([statement("s3:putobject"), denial]) == {"s3:putobject"}


def test_actions_that_accept_no_resource_are_never_unscoped() -> None:
    grant = only(statement("s3:listallmybuckets", "ec2:describeinstances", "s3:createjob"))

    assert grant.unscoped_writes == ()


def test_writes_on_everything_are_unscoped_and_logging_is_not() -> None:
    grant = only(statement("s3:putobject", "logs:putlogevents", "s3:getobject"))

    assert grant.unscoped_writes == ("s3:putobject",)


def test_writes_on_all_of_a_service_are_unscoped() -> None:
    grant = only(statement("s3:putobject", resources=("arn:aws:s3:::*",)))

    assert grant.unscoped_writes == ("s3:putobject",)


def test_reading_secrets_is_sensitive() -> None:
    grant = only(statement("secretsmanager:getsecretvalue", "s3:getobject"))

    assert grant.sensitive_actions == ("secretsmanager:getsecretvalue",)


def test_all_but_some_is_measured() -> None:
    most = Statement(
        key="k",
        name="n",
        place=PLACE,
        allows=True,
        not_actions=("iam:*", "organizations:*"),
        resources=("*",),
    )

    assert only(most).expanded_count == len(
        all_actions() - expanded("iam:*") - expanded("organizations:*")
    )


@pytest.mark.parametrize(
    ("key", "value", "admin"),
    [
        ("aws:securetransport", "true", True),
        ("aws:securetransport", "false", False),
        ("aws:requestedregion", "eu-west-1", False),
        ("aws:multifactorauthpresent", "true", False),
    ],
)
def test_a_condition_that_all_calls_meet_takes_nothing_from_an_administrator(
    key: str, value: str, *, admin: bool
) -> None:
    condition = Condition(operator="bool", key=key, values=(value,))

    assert only(replace(statement("*"), conditions=(condition,))).admin is admin


def test_services_named_whole_are_told() -> None:
    assert only(statement("s3:*", "sqs:send*", "*:get*")).service_wildcards == ("s3:*",)


def test_a_service_of_which_a_denial_leaves_little_is_not_whole() -> None:
    but = Statement(
        key="but",
        name="n",
        place=PLACE,
        allows=False,
        not_actions=("s3:getobject", "s3:putobject"),
        resources=("*",),
    )
    little = only(statement("s3:*", "sqs:*"), but)
    most = only(statement("s3:*"), statement("s3:deletebucket", allows=False))

    assert (little.service_wildcards, little.expanded_count) == ((), 2)
    assert little.unscoped_writes == ("s3:putobject",)
    assert most.service_wildcards == ("s3:*",)
    assert only(statement("nobody-knows-it:*")).service_wildcards == ("nobody-knows-it:*",)


def test_an_escalation_may_need_several_statements() -> None:
    found = grants(
        statement("iam:passrole", key="a"),
        statement("lambda:createfunction", "lambda:invokefunction", key="b"),
    )

    assert [grant.escalations for grant in found] == [("pass-role-to-lambda",), ()]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_needs_all_its_actions(name: str) -> None:
    """The actions of a method are ones that AWS has; without any of them it does not hold."""
    actions = METHODS[name].actions

    assert set(actions) <= all_actions()
    assert name in only(statement(*actions)).escalations
    for action in actions:
        fewer = tuple(other for other in actions if other != action)
        found = grants(statement(*fewer)) if fewer else ()
        assert all(name not in grant.escalations for grant in found)


def test_what_lets_data_out_is_told_where_any_data_may_be_read() -> None:
    reads = statement("s3:getobject", "dynamodb:scan", key="a")
    sends = statement("ses:sendemail", resources=("arn:aws:ses:eu-west-1:1:identity/a",), key="b")
    opens = statement("s3:putbucketpolicy", resources=("arn:aws:s3:::data",), key="c")
    named = statement("s3:getobject", resources=("arn:aws:s3:::data/*",), key="d")

    assert [grant.outlets for grant in grants(reads, sends)] == [(), ("ses:sendemail",)]
    assert grants(reads, sends)[1].free_reads == ("dynamodb:scan", "s3:getobject")
    assert [grant.outlets for grant in grants(reads, opens)] == [(), ()]
    assert [grant.outlets for grant in grants(named, sends)] == [(), ()]
    assert only(statement("s3:getobject", "s3:putbucketpolicy")).outlets == ("s3:putbucketpolicy",)


def test_a_role_passed_to_another_service_does_not_escalate() -> None:
    passing = Statement(
        key="p",
        name="p",
        place=PLACE,
        allows=True,
        actions=("iam:passrole",),
        resources=("*",),
        conditions=(
            Condition(
                operator="stringequals",
                key="iam:passedtoservice",
                values=("ecs-tasks.amazonaws.com",),
            ),
        ),
    )
    found = grants(passing, statement("lambda:createfunction", "lambda:invokefunction"))

    assert [name for grant in found for name in grant.escalations] == []


@pytest.mark.parametrize(
    ("action", "resource", "escalates"),
    [
        ("iam:passrole", "arn:aws:iam::1:role/task", False),
        ("iam:putrolepolicy", "arn:aws:iam::1:role/task", True),
        ("iam:createaccesskey", "arn:aws:iam::1:user/${aws:username}", False),
        ("sts:assumerole", "arn:aws:iam::1:role/reader", False),
        ("sts:assumerole", "arn:aws:iam::1:role/*", True),
        ("sts:assumerole", "arn:${AWS::Partition}:iam::1:role/*", True),
        ("lambda:updatefunctioncode", "arn:aws:lambda:eu-west-1:1:function:agent", False),
        ("cloudformation:*changeset", "arn:aws:cloudformation:*:1:stack/agent-*/*", False),
        ("cloudformation:*changeset", "arn:aws:cloudformation:*:1:stack/*/*", True),
        ("cloudformation:*changeset", "arn:aws:cloudformation:*:1:stack/*", True),
    ],
)
def test_named_resources_narrow_what_escalates(
    action: str, resource: str, *, escalates: bool
) -> None:
    found = only(statement(action, "ec2:runinstances", resources=(resource,)))

    assert bool(found.escalations) is escalates


@pytest.mark.parametrize(
    ("resources", "by_name"),
    [
        (("arn:aws:iam::1:role/desk-*",), True),
        (("arn:aws:iam::*:role/*Desk*", "arn:aws:iam::*:role/service-role/*"), True),
        (("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/desk-${Stage}",), True),
        (("${aws_iam_role.desk.arn}",), True),
        (("arn:aws:iam::1:role/desk-*", "*"), False),
        (("arn:aws:iam::1:role/${var.name}",), False),
        (("arn:aws:iam::1:role/${var.name}*",), False),
        (("arn:aws:iam::1:role/*-*",), False),
        (("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*",), False),
        (("${var.roles}",), False),
    ],
)
def test_a_way_through_what_is_named_is_told_from_one_through_anything(
    resources: tuple[str, ...], *, by_name: bool
) -> None:
    found = only(statement("iam:putrolepolicy", resources=resources))

    assert found.escalations == ("put-role-policy",)
    assert found.escalates_by_name is by_name


def test_what_is_given_on_anything_elsewhere_is_given_on_anything() -> None:
    """The first statement is told, and whether a name bounds the way is asked of all."""
    named = statement("iam:putrolepolicy", resources=("arn:aws:iam::1:role/desk-*",), key="a")
    first, _ = grants(named, statement("iam:putrolepolicy", key="b"))

    assert first.escalations == ("put-role-policy",)
    assert not first.escalates_by_name


def test_sessions_of_sandboxes_write_nothing_that_others_have() -> None:
    """What an interpreter may do as its role is told, and once."""
    sessions = "startcodeinterpretersession", "invokecodeinterpreter", "startbrowsersession"
    found = only(statement(*(f"bedrock-agentcore:{action}" for action in sessions)))

    assert found.unscoped_writes == ()
    assert found.escalations == ("use-any-code-interpreter",)


@pytest.mark.parametrize(
    ("action", "operator", "key", "value", "scoped"),
    [
        ("ecs:stoptask", "arnequals", "ecs:cluster", "arn:aws:ecs:*:1:cluster/desk", True),
        ("secretsmanager:createsecret", "stringlike", "secretsmanager:name", "desk/*", True),
        ("secretsmanager:createsecret", "stringlike", "secretsmanager:name", "*", False),
        ("secretsmanager:createsecret", "stringnotlike", "secretsmanager:name", "it/*", False),
        ("ecs:stoptask", "null", "ecs:cluster", "false", False),
        ("ec2:stopinstances", "stringequals", "aws:arn", "${ec2:SourceInstanceARN}", True),
        ("ec2:stopinstances", "stringnotequals", "aws:arn", "${ec2:SourceInstanceARN}", False),
        ("ecs:stoptask", "stringequals", "aws:sourcevpc", "vpc-1", False),
        ("ec2:stopinstances", "stringequals", "aws:resourcetag/team", "desk", True),
        ("ec2:stopinstances", "foranyvalue:stringlike", "aws:resourcetag/team", "desk*", True),
        ("ec2:stopinstances", "stringequalsifexists", "aws:resourcetag/team", "desk", False),
        ("ec2:stopinstances", "forallvalues:stringequals", "aws:resourcetag/team", "desk", False),
        ("ecs:stoptask", "arnequalsifexists", "ecs:cluster", "arn:aws:ecs:*:1:cluster/x", False),
    ],
)
def test_a_condition_may_name_what_is_written_to(
    action: str, operator: str, key: str, value: str, *, scoped: bool
) -> None:
    condition = Condition(operator=operator, key=key, values=(value,))
    found = only(replace(statement(action), conditions=(condition,)))

    assert found.unscoped_writes == (() if scoped else (action,))


@pytest.mark.parametrize(("kind", "escalates"), [("function", True), ("layer", False)])
def test_the_code_of_functions_is_changed_through_functions(kind: str, *, escalates: bool) -> None:
    named, every = (f"arn:aws:lambda:*:*:{each}" for each in ("function:desk-*", f"{kind}:*"))
    found = only(statement("lambda:updatefunctioncode", resources=(named, every)))

    assert bool(found.escalations) is escalates


@pytest.mark.parametrize(
    ("operator", "key", "value", "escalates"),
    [
        ("arnequals", "iam:policyarn", "arn:${local.p}:iam::aws:policy/service-role/Task", False),
        ("stringlike", "iam:policyarn", "arn:aws:iam::1:policy/agents/*", False),
        ("arnlike", "iam:policyarn", "arn:aws:iam::aws:policy/*", True),
        ("stringequals", "iam:policyarn", "${unknown}", True),
        ("arnnotequals", "iam:policyarn", "arn:aws:iam::aws:policy/IAMFullAccess", True),
        ("stringequals", "iam:permissionsboundary", "arn:aws:iam::1:policy/bound", False),
        ("stringlike", "iam:permissionsboundary", "*", True),
        ("null", "iam:permissionsboundary", "false", True),
        ("ipaddress", "aws:sourceip", "10.0.0.0/8", True),
    ],
)
def test_a_condition_on_what_is_attached_keeps_it_from_escalating(
    operator: str, key: str, value: str, *, escalates: bool
) -> None:
    condition = Condition(operator=operator, key=key, values=(value,))
    attaching = replace(statement("iam:attachrolepolicy"), conditions=(condition,))

    assert bool(only(attaching).escalations) is escalates


@pytest.mark.parametrize(
    ("name", "secrets"),
    [
        ("CloudWatchAgentServerPolicy", ()),
        ("AmazonSSMManagedInstanceCore", ("ssm:getparameter", "ssm:getparameters")),
    ],
)
def test_a_managed_policy_reads_only_the_secrets_that_it_names(
    name: str, secrets: tuple[str, ...]
) -> None:
    assert only(statement(*MANAGED_POLICIES[name].actions)).secret_reads == secrets


@pytest.mark.parametrize(
    "action",
    [
        "ec2:getpassworddata",
        "redshift-serverless:getcredentials",
        "lightsail:downloaddefaultkeypair",
    ],
)
def test_what_fetches_any_password_reads_secrets(action: str) -> None:
    assert only(statement(action)).secret_reads == (action,)


@pytest.mark.parametrize(
    ("resource", "fetched"),
    [
        ("arn:aws:bedrock-agentcore:eu-west-1:1:memory/*", 0),
        ("arn:aws:bedrock-agentcore:eu-west-1:1:*", 5),
        ("arn:aws:bedrock-agentcore:eu-west-1:1:token-vault/*", 5),
        ("arn:aws:bedrock-agentcore:eu-west-1:1:workload-identity-directory/*", 5),
    ],
)
def test_all_actions_on_what_holds_no_secret_fetch_none(resource: str, fetched: int) -> None:
    grant = only(statement("bedrock-agentcore:*", resources=(resource,)))

    assert len(grant.secret_reads) == fetched


@pytest.mark.parametrize(
    ("resource", "everything"),
    [
        ("*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::data/*", False),
        ("arn:aws:dynamodb:*:*:table/*", True),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:*", True),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:agent/*", False),
        ("arn:aws:sns:eu-west-1:1:alerts:*", False),
        ("arn:aws:sns:eu-west-1:1:*", True),
        ("arn:aws:execute-api:eu-west-1:1:orders/*", False),
        ("arn:aws:execute-api:*:*:*/*/*", True),
        ("${aws_s3_bucket.data.arn}/*", False),
    ],
)
def test_what_names_no_resource(resource: str, *, everything: bool) -> None:
    assert is_everything(resource) is everything


def test_a_boundary_is_what_is_left() -> None:
    ceiling = allowed_by([statement("s3:get*"), statement("s3:getobject", allows=False)])
    bounded = Bearer(name="agent", key="k", ceiling=ceiling)

    (grant,) = add_grants(Collector(), bounded, [statement("s3:*")])

    assert grant.expanded_count == len(expanded("s3:get*")) - 1
    assert not grant.write_count


@pytest.mark.parametrize("name", sorted(MANAGED_POLICIES))
def test_every_managed_policy_stands_for_known_actions(name: str) -> None:
    policy = MANAGED_POLICIES[name]

    assert policy.actions or policy.not_actions
    for pattern in (*policy.actions, *policy.not_actions):
        assert expanded(pattern) & all_actions(), pattern


def test_a_policy_arn_has_a_name_when_aws_manages_it() -> None:
    assert policy_name("arn:aws:iam::aws:policy/service-role/AWSLambdaRole") == "AWSLambdaRole"
    assert policy_name("arn:aws:iam::111122223333:policy/own") == ""


def trusting(*principals: str, operator: str = "stringequals", **conditions: str) -> Statement:
    return Statement(
        key="t",
        name="t",
        place=PLACE,
        allows=True,
        actions=("sts:assumerole",),
        principals=principals,
        conditions=tuple(
            Condition(operator=operator, key=key.replace("__", ":"), values=(value,))
            for key, value in conditions.items()
        ),
    )


def test_trust_is_unconditional_unless_a_condition_says_who() -> None:
    assert trust([trusting("*")]).unconditional == ("*",)
    assert trust([trusting("*", sts__externalid="x")]).unconditional == ()
    assert trust([trusting("*", aws__securetransport="true")]).unconditional == ("*",)


def test_a_condition_counts_for_its_own_statement_only() -> None:
    limited = trusting("sns.amazonaws.com", aws__sourceaccount="1")

    assert trust([limited, trusting("*")]).unconditional == ("*",)
    assert trust([limited, trusting("sns.amazonaws.com")]).unconditional == ("sns.amazonaws.com",)


def test_a_condition_that_everyone_meets_says_nothing() -> None:
    excluding = trusting("*", operator="stringnotequals", aws__principalaccount="1")

    assert trust([excluding]).unconditional == ("*",)
    assert trust([trusting("*", aws__principalarn="*")]).unconditional == ("*",)


@pytest.mark.parametrize(
    ("operator", "everyone"),
    [("stringequals", False), ("stringequalsifexists", True), ("forallvalues:stringlike", True)],
)
def test_a_condition_that_may_be_lacking_keeps_nobody_out(operator: str, *, everyone: bool) -> None:
    organization = trusting("*", operator=operator, aws__principalorgid="o-1")
    account = trusting("*", operator=operator, aws__principalaccount="1")

    assert trust([organization]).unconditional == (("*",) if everyone else ())
    assert trust([account]).unconditional == ()


def test_the_subject_of_a_federated_token_is_kept() -> None:
    given_trust = trust([trusting("arn:provider", host__sub="repo:acme/agent:*")])

    assert given_trust.oidc_subject == "repo:acme/agent:*"
    assert given_trust.conditions == ("host:sub",)


def test_everything_on_a_named_resource_is_everything_of_its_service() -> None:
    """No user is made with a bucket, and whoever may do all with it may also give it away."""
    grant = only(statement("*", resources=("arn:aws:s3:::acme-reports/*",)))

    assert not grant.admin
    assert grant.service_wildcards == ("s3:*",)
    assert grant.expanded_count == len(expanded("s3:*"))
    assert grant.escalations == ()


def test_everything_on_a_role_lets_it_be_taken_on() -> None:
    grant = only(statement("*", resources=("arn:aws:iam::111122223333:role/deploy",)))

    assert "sts:assumerole" in grant.sensitive_actions


def test_no_resource_is_other_than_all() -> None:
    """`NotResource: *` gives nothing."""
    grant = only(replace(statement("s3:*", resources=()), not_resources=("*",)))

    assert (grant.expanded_count, grant.unscoped_writes) == (0, ())


@pytest.mark.parametrize(
    ("resource", "escalates"),
    [
        ("*", True),
        ("arn:aws:bedrock-agentcore:eu-west-1:1:*", True),
        ("arn:aws:bedrock-agentcore:eu-west-1:1:code-interpreter-custom/*", True),
        ("arn:aws:bedrock-agentcore:eu-west-1:1:code-interpreter/*", False),
        ("arn:aws:bedrock-agentcore:eu-west-1:aws:code-interpreter/aws.codeinterpreter.v1", False),
    ],
)
def test_code_interpreters_of_aws_lend_no_role(resource: str, escalates: bool) -> None:  # noqa: FBT001, a column of the table
    actions = METHODS["use-any-code-interpreter"].actions
    bare = "arn:aws:bedrock-agentcore:eu-west-1:1:code-interpreter/*"

    for resources in ((resource,), (bare, resource)):
        grant = only(statement(*actions, resources=resources))
        assert ("use-any-code-interpreter" in grant.escalations) is escalates


def test_a_role_that_may_be_any_is_not_bounded_by_the_name_of_what_gets_it() -> None:
    """A job called `desk-…` that is given an administrator's role is an administrator."""
    made = statement(
        "glue:createjob", "glue:startjobrun", resources=("arn:aws:glue:*:1:job/desk-*",), key="b"
    )
    first, _ = grants(statement("iam:passrole", key="a"), made)

    assert "pass-role-to-glue" in first.escalations
    assert not first.escalates_by_name


@pytest.mark.parametrize(
    ("name", "named"), [("${" * 200_000, False), ("-" * 200_000, False), ("a" * 200_000, True)]
)
def test_a_name_of_any_length_is_read_once(name: str, *, named: bool) -> None:
    assert names_something(f"arn:aws:iam::1:{name}") is named
