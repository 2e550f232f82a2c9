"""Rule files: everything that is wrong, at once, each with its place."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from agentaudit.errors import InputError
from agentaudit.rules.fakes import texts_of
from agentaudit.rules.lint import load_lint_rules

GOOD = """\
id: held-key
title: A key is held
family: credentials
severity: medium
severity_when:
  - severity: high
    when: credential.admin
confidence: certain
applies_to: credential
when: >-
  credential.form == "literal" &&
  credential.lifetime == "static"
message: The key in {variable} is held.
why: Because.
fix: Do not.
references: [cwe:CWE-798]
catalogue: [CRED-001]
examples:
  matching:
    - path: .env
      text: |
        AWS_ACCESS_KEY_ID={{fake:aws_access_key}}
      files:
        other.env: "A=1"
  other:
    - {path: .env, text: "A=1"}
"""


def written(folder: Path, text: str, name: str = "held-key.yaml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder


def problems(folder: Path, text: str, name: str = "held-key.yaml") -> list[str]:
    """What is said of one file, without its path."""
    with pytest.raises(InputError) as error:
        load_lint_rules([written(folder, text, name)])
    prefix = f"{folder / name}:"
    return [str(problem).removeprefix(prefix) for problem in error.value.problems]


def test_a_good_rule_is_read_whole(tmp_path: Path) -> None:
    (rule,) = load_lint_rules([written(tmp_path, GOOD)])

    assert rule.rule.id == "held-key"
    assert rule.rule.when == 'credential.form == "literal" && credential.lifetime == "static"'
    assert rule.rule.severity_when[0][0] == "high"
    assert "{{" not in "".join(texts_of(rule.rule.matching[0]).values())
    assert rule.rule.matching[0].files == (("other.env", "A=1"),)
    assert rule.rule.catalogue == ("CRED-001",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: held-key", "id: kept-key", "1:5: `id` must be the file's name, 'held-key'"),
        ("id: held-key", "id: Held_Key", "1:5: `id` must be lower-case words"),
        ("severity: medium", "severity: grave", "4:11: `severity` must be one of info, low"),
        ("family: credentials", "family: keys", "3:9: `family` must be one of credentials"),
        ("title: A key is held\n", "", "1:1: `title` is missing"),
        ("title: A key is held", "title: []", "2:8: `title` must be a text"),
        ("fix:", "fx:", "15:1: `fx` is not a field here"),
        ("lifetime", "lifetme", "12:13: `when` asks for 'lifetme'"),
        ("credential.admin", "credential.admn", "7:21: `when` asks for 'admn'"),
        ("applies_to: credential", "applies_to: secret", "9:13: `applies_to` must be one of"),
        ("{variable}", "{varible}", "13:10: `message` asks for 'varible'"),
        ("cwe:CWE-798", "cwe:CWE-0", "16:14: reference 'cwe:CWE-0' does not stand"),
        ("[cwe:CWE-798]", "cwe:CWE-798", "16:13: `references` must be a list"),
        ("[CRED-001]", "[one]", "17:13: `catalogue` holds rows such as CRED-001"),
        ("  matching:", "  mtching:", "19:3: `mtching` is not a field here"),
        ("fake:aws_access_key", "fake:aws_acess_key", "no fake credential is called"),
        ("confidence: certain", "once: maybe\nconfidence: certain", "8:7: `once` must be true"),
        (
            "confidence: certain",
            "together: admin\nconfidence: certain",
            "8:11: `together` must be a text that credential has, not 'admin'",
        ),
        ('other.env: "A=1"', "other.env: [x]", "24:20: the text of other.env must be a text"),
        ('        other.env: "A=1"', "        - x", "`files` must be a mapping"),
        ("- severity: high\n    when: credential.admin", "- high", "6:5: must be a mapping"),
        ("id: held-key", "id: held-key\nid: held-key", "stands here twice"),
    ],
)
def test_a_mistake_has_a_place_and_says_what_is_right(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    found = problems(tmp_path, GOOD.replace(old, new, 1))

    assert said in "\n".join(found)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    broken = GOOD.replace("severity: medium", "severity: grave").replace("lifetime", "lifetme")

    assert len(problems(tmp_path, broken)) == 2


def test_a_rule_without_examples_is_refused(tmp_path: Path) -> None:
    assert "`examples` is missing" in problems(tmp_path, GOOD.partition("examples:")[0])[0]


def test_an_id_stands_once(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    written(first, GOOD)

    with pytest.raises(InputError, match="the id 'held-key' is taken by"):
        load_lint_rules([first, written(second, GOOD)])


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder of rules"):
        load_lint_rules([tmp_path / "nowhere"])


def test_a_folder_that_would_add_no_rule_is_named(tmp_path: Path) -> None:
    """Whoever names a folder expects its rules to be asked."""
    with pytest.raises(InputError, match="holds no rules"):
        load_lint_rules([tmp_path])
    with pytest.raises(InputError, match="is a file: name the folder"):
        load_lint_rules([written(tmp_path, GOOD) / "held-key.yaml"])
    with pytest.raises(InputError, match=r"other.yml: rules stand in \*.yaml: rename it"):
        load_lint_rules([written(tmp_path, GOOD, "other.yml")])


def test_what_is_missing_is_told_once(tmp_path: Path) -> None:
    found = problems(tmp_path, "id: held-key\n")

    assert sorted(found) == sorted(set(found))
    assert "1:1: `when` is missing" in found


@pytest.mark.parametrize("text", ["- a list\n", "a: 1\n---\nb: 2\n", "{", "\x00"])
def test_what_is_no_rule_file_is_named(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    tmp_path.joinpath("x.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputError, match="cannot be read"):
        load_lint_rules([tmp_path])


FIX = """\
autofix:
  says: It is taken away.
  when: credential.admn
  edits:
    - {replace: [env, "*"], from: ["{variabel}"], to: off}
    - {remove: [env], to: 1}
    - {insert: [env, "*"], from: [a], to: [b]}
    - {replace: [a], remove: [b]}
    - {remove: [{a: b}]}
  examples:
    - {path: .env, before: "A=1"}
examples:
"""


def test_a_fix_is_checked_with_its_rule(tmp_path: Path) -> None:
    found = problems(tmp_path / "r", GOOD.replace("examples:\n", FIX, 1))

    assert found == snapshot(
        [
            "20:19: `when` asks for 'admn', which a credential does not have; did you mean admin?",
            "22:36: `from` asks for 'variabel', which a credential does not have",
            "23:27: `remove` writes nothing, so `to` has no place here",
            "24:7: `insert` must end in the name of a key, not in `*`",
            "24:34: `insert` finds nothing there, so `from` has no place here",
            "24:43: `to` must be a text, a number, true or false",
            "25:7: an edit is one of replace, remove, insert",
            "25:7: `to` must be a text, a number, true or false",
            "26:17: `remove` holds keys and texts only",
            "28:7: `after` is missing",
        ]
    )
