"""Instructions for agents: their front matter, its places, and comments."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.readers.markdown import parse_markdown
from agentaudit.readers.syntax import syntax_of


def test_front_matter_keeps_its_lines() -> None:
    document = parse_markdown("SKILL.md", "---\nname: x\nallowed-tools: Bash\n---\n<!-- note -->\n")
    node = document.root.child("allowed-tools")

    assert node is not None
    assert (node.line, node.column, node.raw) == (3, 16, "Bash")
    assert [note.text for note in document.comments] == ["note"]


def test_a_line_of_front_matter_that_is_no_yaml_takes_no_other_with_it() -> None:
    text = "---\ndescription: use: it\nglobs: *.py\ntools:\n  - Bash\n---\n"
    root = parse_markdown("SKILL.md", text).root

    assert root.text_at("description") == "use: it"
    assert root.text_at("globs") == "*.py"
    assert root.texts_at("tools") == ("Bash",)
    assert [(key.line, value.line) for key, value in root.entries] == [(2, 2), (3, 3), (4, 5)]


LOOSE = "".join(f"name{n}: use it when: asked\n" for n in range(21))
HOOKS = "hooks:\n  Stop: [{hooks: [{type: command, command: ./run}]}]\n"


@pytest.mark.parametrize(
    ("front", "line"),
    [(LOOSE + "# a note\n", None), (LOOSE + HOOKS, 23), ("model: m\n\t%x }{\n" + HOOKS, 3)],
)
def test_what_front_matter_hides_behind_lines_that_are_no_yaml_is_told(
    front: str, line: int | None
) -> None:
    document = parse_markdown("CLAUDE.md", f"---\n{front}---\nAnswer.\n")

    assert [at for at, _, _ in document.problems] == ([] if line is None else [line])


def test_equal_names_of_front_matter_are_said() -> None:
    """Agents differ in which of the two they take."""
    document = parse_markdown("SKILL.md", "---\nallowed-tools: Read\nallowed-tools: Bash\n---\n")

    assert document.problems == ((3, 1, "the key `allowed-tools` stands here twice"),)


def test_comments_that_nobody_ends_are_not_sought_to_the_end_of_the_file() -> None:
    """Each of a quarter of a million would take as long as the file has characters."""
    text = "<!-- one -->" + "<!--" * 240_000

    assert [note.text for note in parse_markdown("CLAUDE.md", text).comments] == ["one"]


@pytest.mark.parametrize(
    "file",
    [
        *("QWEN.md", "WARP.md", "AGENTS.override.md", ".goosehints", ".clinerules", ".roorules"),
        *(
            ".clinerules/a.md",
            ".roo/rules-code/a.md",
            ".windsurf/rules/a.md",
            ".kiro/steering/a.md",
        ),
        *(".cursor/commands/a.md", ".github/agents/a.agent.md", ".github/chatmodes/a.chatmode.md"),
        *(".claude/rules/a.md", ".claude/output-styles/a.md", ".kiro/steering/a.md"),
        *(".junie/guidelines.md", ".amazonq/rules/a.md", ".opencode/command/a.md"),
    ],
)
def test_what_agents_read_as_instructions_is_read_as_that(file: str) -> None:
    assert syntax_of(file) == "markdown"


def test_a_label_is_no_value_of_the_label_before_it() -> None:
    assert deployment_of({"CLAUDE.md": "| Lint | PASS:/FAIL: | notes |\n"}).credentials == ()
