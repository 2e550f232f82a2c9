"""Files of accepted findings are read as strictly as rules."""

from pathlib import Path

import pytest

from agentaudit.errors import InputError
from agentaudit.model.finding import Severity
from agentaudit.rules.acceptances import load_acceptances

GOOD = """\
- rule: held-key
  fingerprint: 0123abcd
  reason: until the gateway is up
  owner: platform
  expires: 2027-03-31
  value: 77aa
  severity: high
  ticket: OPS-7
- {rule: other, fingerprint: ff, reason: because}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "accept.yaml"
    path.write_text(text)
    return path


def test_a_list_is_read_whole(tmp_path: Path) -> None:
    first, second = load_acceptances(written(tmp_path, GOOD))

    assert (first.rule, first.owner, first.expires) == ("held-key", "platform", "2027-03-31")
    assert (second.reason, second.expires, second.line) == ("because", "", 9)
    assert (first.value, second.value) == ("77aa", "")
    assert (first.severity, second.severity) == (Severity.HIGH, None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2027-03-31", "next year", "5:12: `expires` must be a day"),
        ("  reason: until the gateway is up\n", "", "1:3: `reason` is missing"),
        ("severity: high", "severity: hgih", "7:13: `severity` must be one of info, low"),
        ("owner:", "onwer:", "4:3: `onwer` is not a field here"),
        ("- {rule: other, fingerprint: ff, reason: because}", "- x", "9:3: must be a mapping"),
        (GOOD, "a: 1", "must hold a list"),
        (GOOD, "{", "accept.yaml"),
    ],
)
def test_a_mistake_has_a_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        load_acceptances(written(tmp_path, GOOD.replace(old, new)))

    assert said in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_acceptances(tmp_path / "none.yaml")
