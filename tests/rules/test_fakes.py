"""Fake credentials look like the real ones, and never stand in a file."""

import re

import pytest

from agentaudit.rules.fakes import FAKES, expand_fakes, fake


@pytest.mark.parametrize("kind", sorted(FAKES))
def test_a_fake_is_the_same_every_time(kind: str) -> None:
    assert expand_fakes(f"key: {{{{fake:{kind}}}}}") == f"key: {fake(kind)}"


@pytest.mark.parametrize("kind", sorted(FAKES))
def test_serials_make_different_values(kind: str) -> None:
    assert fake(kind) != fake(kind, serial=2)


def test_all_kinds_differ() -> None:
    assert len({fake(kind) for kind in FAKES}) == len(FAKES)


def test_a_fake_has_the_form_of_its_kind() -> None:
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", fake("aws_access_key"))
    assert re.fullmatch(r"ghp_[0-9A-Za-z]{36}", fake("github_classic"))
    assert re.fullmatch(r"github_pat_\w{82}", fake("github_fine_grained"))


def test_a_token_carries_its_lifetime() -> None:
    lasting, short = fake("jwt"), fake("jwt", lifetime_s=60)

    assert lasting.split(".")[1] != short.split(".")[1]
    assert expand_fakes("{{fake:jwt:60}}") == short


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="no_such_key"):
        expand_fakes("{{fake:no_such_key}}")


def test_other_braces_stay() -> None:
    assert (
        expand_fakes("{{ .Values.key }} ${{ secrets.X }}") == "{{ .Values.key }} ${{ secrets.X }}"
    )
