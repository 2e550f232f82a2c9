"""Files that are nearly right: read, asked by every rule, and never a crash."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.fakes import texts_of
from agentaudit.rules.ours import lint_rules

RULES = lint_rules()
FILES = sorted(
    {
        file
        for rule in RULES
        for example in (*rule.rule.matching, *rule.rule.other)
        for file in texts_of(example).items()
    }
)
PIECES = re.compile(r"\w+|\s+|[^\w\s]")
INSTEAD = ("", " ", "null", "{}", "[]", "[null]", "0", "-1", "1e999", "*", "${", "é", '"', "\n- ")


@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(INSTEAD)), min_size=1, max_size=4),
)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_no_damage_to_a_file_stops_the_audit(
    file: tuple[str, str], changes: list[tuple[int, str]]
) -> None:
    """Words, marks and spaces of an example are taken away, or are something else."""
    path, text = file
    pieces = PIECES.findall(text)
    for at, instead in changes:
        pieces[at % len(pieces)] = instead

    deployment = deployment_of({path: "".join(pieces)})

    assert [file.file for file in deployment.coverage] == [path]
    assert all(one.evidence.line >= 0 for one in lint(deployment, RULES).findings)


def test_a_base_image_without_a_name_is_passed_over() -> None:
    text = "FROM\nENV OPENAI_API_KEY=x\nCMD claude -p hi\n"

    assert deployment_of({"Dockerfile": text}).runtimes
