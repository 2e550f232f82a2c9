"""What functions, conditions, loops and nested stacks of CloudFormation decide."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known

DAY_S = 86_400
TEMPLATE = """\
Parameters:
  Stage: {Type: String, Default: live}
  Open: {Type: String}
Mappings:
  Stages: {live: {Days: 90, Names: [x, y]}, test: {Days: 7}}
Conditions:
  Live: !Equals [!Ref Stage, live]
  Test: !Not [!Condition Live]
  Either: !Or [!Condition Test, !Condition Live]
  Both: !And [!Condition Live, !Condition Test]
  Far: !Equals [!Ref Open, live]
  Near: !Equals [!Join ["-", [!Ref Open, a]], live-a]
  Here: !Equals [!Sub "${AWS::Region}", eu-central-1]
  Round: !Not [!Condition Round]
  LiveOrFar: !Or [!Condition Far, !Condition Live]
Resources:
  Memory:
    Type: AWS::BedrockAgentCore::Memory
    Properties:
      Name: desk
      EventExpiryDuration: DAYS
"""


def days(expression: str) -> tuple[Known, int | None]:
    """What a template says of how long a memory keeps its events."""
    (store,) = deployment_of({"t.yaml": TEMPLATE.replace("DAYS", expression)}).memory_stores
    return store.ttl, store.ttl_s // DAY_S if store.ttl_s is not None else None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("!FindInMap [Stages, !Ref Stage, Days]", 90),
        ("!FindInMap [Stages, test, Days]", 7),
        ("!If [Live, 90, 7]", 90),
        ("!If [Test, 90, 7]", 7),
        ("!If [Either, 90, 7]", 90),
        ("!If [Both, 90, 7]", 7),
        ("!If [LiveOrFar, 90, 7]", 90),
        ("!If [Test, 1, !If [Live, 30, 2]]", 30),
        ("!Select [1, [7, 60]]", 60),
        ('!Select [0, !Split [",", "60,7"]]', 60),
    ],
)
def test_what_a_template_decides_is_known(expression: str, expected: int) -> None:
    assert days(expression) == (Known.SET, expected)


@pytest.mark.parametrize(
    "expression",
    [
        "!FindInMap [Stages, !Ref Open, Days]",
        "!FindInMap [Stages, gone, Days]",
        "!FindInMap [Gone, live, Days]",
        "!If [Near, 90, 7]",
        "!If [Here, 90, 7]",
        '!Select [1, !Split [",", !Sub "${Open},7"]]',
        "!If [Far, 90, 7]",
        "!If [Gone, 90, 7]",
        "!If [Round, 90, 7]",
        "!If [Live, 90]",
        "!Select [5, [7, 60]]",
        "!Select [-1, [7, 60]]",
        '!Split ["", "60"]',
    ],
)
def test_what_it_leaves_open_is_unknown(expression: str) -> None:
    assert days(expression) == (Known.UNKNOWN, None)


def test_a_value_that_is_left_out_is_not_there() -> None:
    assert days("!If [Test, 90, !Ref AWS::NoValue]") == (Known.NONE, None)


def test_conditions_that_rest_on_a_thousand_others_end() -> None:
    chain = "".join(f"  C{n}: !Condition C{n + 1}\n" for n in range(1000))
    text = TEMPLATE.replace("Conditions:\n", f"Conditions:\n{chain}")
    (store,) = deployment_of({"t.yaml": text.replace("DAYS", "!If [C0, 1, 2]")}).memory_stores

    assert store.ttl is Known.UNKNOWN


LOOP = """\
Transform: AWS::LanguageExtensions
Parameters:
  Teams: {Type: CommaDelimitedList, Default: "a,b"}
  Others: {Type: CommaDelimitedList}
Resources:
  Fn::ForEach::Memories:
    - Team
    - VALUES
    - Memory${Team}:
        Type: AWS::BedrockAgentCore::Memory
        Properties: {Name: !Sub "desk-${Team}", EventExpiryDuration: 90}
"""


def looped(values: str) -> Deployment:
    return deployment_of({"t.yaml": LOOP.replace("VALUES", values)})


@pytest.mark.parametrize("values", ["[a, b]", "!Ref Teams"])
def test_a_loop_makes_one_for_each_value(values: str) -> None:
    stores = looped(values).memory_stores

    assert sorted(store.name for store in stores) == ["desk-a", "desk-b"]
    assert {store.evidence[0].line for store in stores} == {11}


@pytest.mark.parametrize("values", ["!Ref Others", "!Ref Gone", "{}"])
def test_a_loop_over_what_nobody_says_is_open(values: str) -> None:
    found = looped(values)

    assert not found.memory_stores
    assert [end.what for end in found.unresolved] == ["the loop Memories"]


@pytest.mark.parametrize("values", [[f"v{n}" for n in range(101)], ["v" * 201]])
def test_a_loop_over_more_than_is_written_out_counts_as_read_in_part(values: list[str]) -> None:
    found = looped(str(values))

    assert not found.memory_stores
    assert [end.what for end in found.unresolved] == ["the loop Memories"]
    assert found.coverage[0].status == "partial"


def test_loops_are_written_out_as_deep_as_cloudformation_takes_them() -> None:
    def nested(depth: int) -> Deployment:
        body = '{"M": {Type: AWS::BedrockAgentCore::Memory}}'
        for _ in range(depth):
            body = f"{{Fn::ForEach::L: [a, [x], {body}]}}"
        return deployment_of({"t.yaml": f"Resources: {body}"})

    assert [len(nested(depth).memory_stores) for depth in (5, 6)] == [1, 0]
    assert nested(6).coverage[0].status == "partial"


def test_loops_within_loops_end() -> None:
    many = ", ".join(f"v{n}" for n in range(100))
    inner = '{"M${a}": {Type: AWS::BedrockAgentCore::Memory}}'
    for name in "abcd":
        inner = f"{{Fn::ForEach::{name}: [{name}, [{many}], {inner}]}}"
    text = f"Resources: {inner}"

    assert deployment_of({"t.yaml": text}).unresolved


def test_loops_stand_among_the_properties_of_a_resource_too() -> None:
    loop = "Fn::ForEach::Days: [Of, [Event], {'${Of}ExpiryDuration': 7}]"
    text = TEMPLATE.replace("EventExpiryDuration: DAYS", loop)
    (store,) = deployment_of({"t.yaml": text}).memory_stores

    assert store.ttl_s == 7 * DAY_S


def test_what_loops_fill_in_is_bounded() -> None:
    names, text = [f"{n}{'x' * 190}" for n in range(100)], "${A}" * 10_000
    body = f'{{"T${{A}}": {{Type: AWS::SNS::Topic, Properties: {{TopicName: "{text}"}}}}}}'
    found = deployment_of({"t.yaml": f"Resources: {{Fn::ForEach::Topics: [A, {names}, {body}]}}"})

    assert [end.what for end in found.unresolved] == ["the loop Topics"]


def test_conditions_and_values_that_rest_on_each_other_without_end_are_unknown() -> None:
    chain = "".join(f"  C{n}: !Equals [!If [C{n + 1}, a, b], a]\n" for n in range(2_000))
    text = f"Conditions:\n{chain}{TEMPLATE[TEMPLATE.index('Resources:') :]}"
    (store,) = deployment_of({"t.yaml": text.replace("DAYS", "!If [C0, 90, 7]")}).memory_stores

    assert store.ttl is Known.UNKNOWN


CHILD = """\
Parameters: {Days: {Type: Number, Default: 7}}
Resources:
  Memory:
    Type: AWS::BedrockAgentCore::Memory
    Properties: {Name: desk, EventExpiryDuration: !Ref Days}
"""
PARENT = """\
Parameters: {Long: {Type: Number, Default: 90}, Open: {Type: Number}}
Resources:
  Desk:
    Type: TYPE
    Properties:
      LOCATION
      Parameters: {Days: VALUE}
"""


def stacked(
    location: str, value: str = "!Ref Long", kind: str = "CloudFormation::Stack"
) -> Deployment:
    parent = PARENT.replace("LOCATION", location).replace("VALUE", value)
    return deployment_of({"a/p.yaml": parent.replace("TYPE", f"AWS::{kind}"), "a/b/c.yaml": CHILD})


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("TemplateURL: ./b/c.yaml", "CloudFormation::Stack"),
        ("TemplateURL: https://bucket.example/x/c.yaml", "CloudFormation::Stack"),
        ("TemplateURL: !Sub 'https://${Bucket}.example/c.yaml'", "CloudFormation::Stack"),
        ("Location: b/c.yaml", "Serverless::Application"),
    ],
)
def test_a_nested_stack_has_the_values_that_it_is_handed(location: str, kind: str) -> None:
    found = stacked(location, kind=kind)
    (store,) = found.memory_stores

    assert store.ttl_s == 90 * DAY_S
    assert not found.unresolved


def test_a_value_that_is_handed_and_unknown_is_no_default() -> None:
    (store,) = stacked("TemplateURL: b/c.yaml", "!Ref Open").memory_stores

    assert store.ttl is Known.UNKNOWN


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("TemplateURL: https://bucket.example/gone.yaml", "CloudFormation::Stack"),
        ("TemplateURL: !ImportValue there", "CloudFormation::Stack"),
        ("Location: {ApplicationId: x, SemanticVersion: 1.0.0}", "Serverless::Application"),
    ],
)
def test_a_stack_from_elsewhere_makes_what_nobody_here_knows(location: str, kind: str) -> None:
    ends = stacked(location, kind=kind).unresolved

    assert [(end.what, end.evidence.line) for end in ends] == [
        ("the template of Desk is not among the files", 6)
    ]


def test_what_several_stacks_hand_to_one_template_is_not_known() -> None:
    """Its default would be what none of them deploys."""
    parent = PARENT.replace("TYPE", "AWS::CloudFormation::Stack")
    parent = parent.replace("LOCATION", "TemplateURL: c.yaml")
    parents = {f"{days}.yaml": parent.replace("VALUE", days) for days in ("30", "90")}
    (store,) = deployment_of({**parents, "c.yaml": CHILD}).memory_stores

    assert store.ttl is Known.UNKNOWN


def test_lists_of_lists_do_not_grow_from_stack_to_stack() -> None:
    text = PARENT.replace("TYPE", "AWS::CloudFormation::Stack").replace("Long", "Days")
    many = f"[{', '.join(['!Ref Days'] * 12)}]"
    files = {
        f"{n}.yaml": text.replace("LOCATION", f"TemplateURL: {n + 1}.yaml").replace("VALUE", many)
        for n in range(18)
    }
    (store,) = deployment_of({**files, "18.yaml": CHILD}).memory_stores

    assert store.ttl is Known.UNKNOWN


def test_values_are_handed_down_through_any_number_of_stacks() -> None:
    text = PARENT.replace("TYPE", "AWS::CloudFormation::Stack").replace("VALUE", "!Ref Days")
    files = {
        f"{n:02}.yaml": text.replace("LOCATION", f"TemplateURL: {n - 1:02}.yaml").replace(
            "Long: {Type: Number, Default: 90}", f"Days: {{Type: Number, Default: {n}}}"
        )
        for n in range(1, 41)
    }
    (store,) = deployment_of({**files, "00.yaml": CHILD}).memory_stores

    assert store.ttl_s == 40 * DAY_S


FIRST = '!Select [0, !Split [",", PIECES]]'


@pytest.mark.parametrize(("characters", "ttl"), [(4_000, Known.SET), (4_100, Known.UNKNOWN)])
def test_a_value_that_is_handed_is_as_long_as_a_parameter_may_be(
    characters: int, ttl: Known
) -> None:
    parent = PARENT.replace("TYPE", "AWS::CloudFormation::Stack").replace(
        "LOCATION", "TemplateURL: c.yaml"
    )
    child = CHILD.replace(
        "Duration: !Ref Days", f"Duration: {FIRST.replace('PIECES', '!Ref Days')}"
    )
    handed = parent.replace("VALUE", f'"90,{"x" * characters}"')
    (store,) = deployment_of({"p.yaml": handed, "c.yaml": child}).memory_stores

    assert store.ttl is ttl


@pytest.mark.parametrize(("characters", "ttl"), [(9_000, Known.SET), (40_000, Known.UNKNOWN)])
def test_what_is_joined_is_no_many_times_what_is_written(characters: int, ttl: Known) -> None:
    long = TEMPLATE.replace("Default: live", f'Default: "90,{"x" * characters}"')
    text = long.replace("DAYS", FIRST.replace("PIECES", '!Join ["", [!Ref Stage, y]]'))
    (store,) = deployment_of({"t.yaml": text}).memory_stores

    assert store.ttl is ttl


def test_stacks_that_deploy_each_other_end() -> None:
    text = PARENT.replace("TYPE", "AWS::CloudFormation::Stack").replace("VALUE", "!Ref Long")
    files = {
        "a.yaml": text.replace("LOCATION", "TemplateURL: b.yaml"),
        "b.yaml": text.replace("LOCATION", "TemplateURL: a.yaml"),
    }

    assert not deployment_of(files).unresolved


def test_what_a_macro_writes_is_open() -> None:
    text = "Resources:\n  Fn::Transform: {Name: AWS::Include}\n  T: {Type: AWS::SNS::Topic}\n"
    (end,) = deployment_of({"t.yaml": text}).unresolved

    assert (end.what, end.evidence.line) == ("what a macro writes into the template", 2)
