"""Help, the same way everywhere: what is meant, what is taken, and how a run ends."""

import re

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app


def shown(*command: str) -> str:
    return CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "80"}).stdout


def commands(*group: str) -> list[tuple[str, ...]]:
    """All commands below a group, and those of the groups among them."""
    _, found, rest = shown(*group).partition("\nCommands:\n")
    names = re.findall(r"^  ([a-z-]+)  ", rest, re.MULTILINE)
    return [command for name in names for command in commands(*group, name)] if found else [group]


COMMANDS = commands()
GROUPS = sorted({command[:-1] for command in COMMANDS})


@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_what_a_group_lists_is_not_cut(group: tuple[str, ...]) -> None:
    assert "..." not in shown(*group).partition("\nCommands:\n")[2]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_how_it_ends(command: tuple[str, ...]) -> None:
    text = " ".join(shown(*command).split())

    assert re.search(r"Exit codes: 0 [a-z].*?; 2 ", text)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_is_taken_has_a_name_of_ours(command: tuple[str, ...]) -> None:
    """`FILE`, and not what a type of Python is called."""
    usage, _, rest = shown(*command).partition("\n\n")

    assert not re.search(r"[a-z]", usage.partition("[OPTIONS]")[2])
    assert not re.search(r"<(?:str|int|path|float)\b", rest)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_may_be_given_again_is_said_in_one_way(command: tuple[str, ...]) -> None:
    text = " ".join(shown(*command).split())

    assert not re.search(r"; repeatable|again for more|may be repeated", text)


@pytest.mark.parametrize("command", [(), *GROUPS[1:], *COMMANDS], ids=" ".join)
def test_prose_fits_80_columns(command: tuple[str, ...]) -> None:
    """Lines to copy, which examples are, may be longer."""
    examples = r"^    .*$"
    prose = re.sub(examples, "", shown(*command).partition("\nArguments:")[0], flags=re.MULTILINE)

    assert max(map(len, prose.splitlines())) <= 80
