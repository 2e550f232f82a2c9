"""The smaller readers: places that point at the value, and problems instead of failures."""

import ast
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.readers.dockerfile import parse_dockerfile
from agentaudit.readers.document import Document, Node
from agentaudit.readers.dotenv import parse_dotenv
from agentaudit.readers.interest import of_interest
from agentaudit.readers.markdown import parse_markdown
from agentaudit.readers.pem import parse_pem
from agentaudit.readers.python import parse_python
from agentaudit.readers.redis import parse_redis
from agentaudit.readers.syntax import parse, syntax_of

SYNTAXES = (
    *("dotenv", "dockerfile", "ini", "python", "markdown", "pem", "toml", "yaml", "json", "xml"),
)
names = st.from_regex(r"[A-Z][A-Z_]{0,10}", fullmatch=True)
plain_values = st.from_regex(r"[A-Za-z0-9:/@.]{1,20}", fullmatch=True)


def text_at(document: Document, node: Node) -> str:
    return document.text.split("\n")[node.line - 1][node.column - 1 : node.end_column]


def problems_of(syntax: str, text: str) -> list[tuple[int, int]]:
    """Where a text is broken, wholly or in part."""
    try:
        document = parse("file", syntax, text)
    except InputError as error:
        return [(item.line or 0, item.column or 0) for item in error.problems]
    return [(line, column) for line, column, _ in document.problems]


@given(st.sampled_from(SYNTAXES), st.text(max_size=120))
def test_no_text_breaks_a_reader(syntax: str, text: str) -> None:
    """There is a document, or one error for people."""
    places = problems_of(syntax, text)

    assert all(line >= 1 and column >= 1 for line, column in places)


@given(st.dictionaries(names, plain_values, min_size=1, max_size=6))
def test_environment_files_point_at_their_values(settings: dict[str, str]) -> None:
    text = "\n".join(f"export {name}={value}" for name, value in settings.items())
    document = parse_dotenv(".env", text)

    assert {key: node.raw for key, node in document.root.items()} == settings
    assert all(text_at(document, node) == node.raw for _, node in document.root.entries)


def test_environment_files_know_quotes_comments_and_many_lines() -> None:
    text = 'A="x\\ny" # why\nB=\'$raw\'\nC=plain#not # note\nD=\nnonsense\nKEY="two\nlines"\n'
    document = parse_dotenv(".env", text)

    assert [(key, node.raw) for key, node in document.root.items()] == [
        ("A", "x\ny"),
        ("B", "$raw"),
        ("C", "plain#not"),
        ("D", ""),
        ("KEY", "two\nlines"),
    ]
    assert document.problems == ((5, 1, "this line assigns nothing"),)
    assert [note.text for note in document.comments] == ["why", "note"]


@given(st.lists(st.tuples(names, plain_values), min_size=1, max_size=6))
def test_a_name_that_stands_twice_in_an_environment_file_is_told_and_both_are_kept(
    settings: list[tuple[str, str]],
) -> None:
    document = parse_dotenv(".env", "\n".join(f"{name}={value}" for name, value in settings))
    again = [line for line, (name, _) in enumerate(settings) if name in dict(settings[:line])]

    assert [(line, column) for line, column, _ in document.problems] == [(n + 1, 1) for n in again]
    assert [(key, node.raw) for key, node in document.root.items()] == settings


@given(st.dictionaries(names, plain_values, min_size=1, max_size=5))
def test_dockerfiles_point_at_their_values(settings: dict[str, str]) -> None:
    pairs = " \\\n    ".join(f"{name}={value}" for name, value in settings.items())
    document = parse_dockerfile("Dockerfile", f"FROM scratch\nENV {pairs}\n")
    block = document.root.elements[1].child("ENV")

    assert block is not None
    assert {key: node.raw for key, node in block.items()} == settings
    assert all(text_at(document, node) == node.raw for _, node in block.entries)


def test_dockerfiles_know_continuations_heredocs_and_the_old_form() -> None:
    text = (
        "# syntax=docker/dockerfile:1\nFROM a AS b\nRUN one && \\\n  # not a command\n  two\n"
        "RUN <<EOF\necho ENV NOT=this\nEOF\nENV KEY the value\nARG NAME\n!\n"
    )
    document = parse_dockerfile("Dockerfile", text)
    found = [next(element.items()) for element in document.root.elements]

    assert [name for name, _ in found] == ["FROM", "RUN", "RUN", "ENV", "ARG"]
    assert (found[1][1].text or "").split() == ["one", "&&", "two"]
    assert "NOT=this" in (found[2][1].text or "")
    assert found[3][1].text_at("KEY") == "the value"
    assert document.problems == ((11, 1, "no instruction begins here"),)


@pytest.mark.parametrize(
    "line", ["RUN echo $((1<<2))", "RUN cat <<< word", "RUN a<<b", 'RUN echo "x<<EOF"']
)
def test_what_is_no_heredoc_swallows_nothing(line: str) -> None:
    document = parse_dockerfile("Dockerfile", f"FROM a\n{line}\nENV A=b\n")

    assert [key.raw for node in document.root.elements for key, _ in node.entries] == [
        *("FROM", "RUN", "ENV")
    ]
    assert not document.problems


@pytest.mark.parametrize(
    "text", ["FROM a\nRUN <<EOF\nmake\n", "FROM a\nRUN <<EOF", "FROM a\nRUN cat 3<<EOF\nENV A=b\n"]
)
def test_a_heredoc_that_does_not_end_is_a_problem(text: str) -> None:
    what = "the end of a text that begins here, 'EOF', is missing"

    assert parse_dockerfile("Dockerfile", text).problems == ((2, 1, what),)


def test_redis_directives_point_at_their_values() -> None:
    text = '# c\nmaxmemory  1gb\n  save 60 1\nuser "x\nmaxmemory-policy\n'
    document = parse_redis("redis.conf", text)
    values = {key: (node.raw, text_at(document, node)) for key, node in document.root.items()}

    assert values == {"maxmemory": ("1gb", "1gb"), "save": ("60 1", "60 1")}
    assert document.problems == (
        (4, 1, "a quote that does not end"),
        (5, 1, "this directive has no value"),
    )


def test_python_is_parsed_and_never_run() -> None:
    document = parse_python("a.py", "raise SystemExit(1)  # agentaudit: ignore[x] why\n")

    assert isinstance(document.tree, ast.Module)
    assert [(note.line, note.column) for note in document.comments] == [(1, 22)]


def test_comments_of_python_are_told_where_one_is_for_us() -> None:
    """All of them then: what it covers depends on those around it."""
    text = "# note\n# agentaudit: ignore[x] why\na = 1\n"

    assert len(parse_python("a.py", text).comments) == 2
    assert parse_python("a.py", "# note\na = 1\n").comments == ()


@pytest.mark.parametrize("text", ["def f(:\n", "a = \0", "(" * 5000])
def test_what_is_no_python_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError):
        parse_python("a.py", text)


@pytest.mark.parametrize("piece", ["{a}", "{a:{b}}"])
def test_an_f_string_of_too_many_values_is_refused_with_its_place(piece: str) -> None:
    """The parser takes their square; of a dictionary it takes as many as there are."""
    with pytest.raises(InputError, match=r"a\.py:2:5: more than 10,000 values"):
        parse_python("a.py", f"import a\nb = f'{piece * 10_001}'\n")
    document = parse_python("a.py", "b = {" + "1: {}, " * 10_001 + "}\n")

    assert isinstance(document.tree, ast.Module)


def test_what_does_not_parse_is_told_with_the_version_that_does_not() -> None:
    """What a later one takes, the same file read there says."""
    with pytest.raises(InputError, match=rf"version 3\.{sys.version_info.minor} knows"):
        parse_python("a.py", "a = 1 +\n")


@pytest.mark.parametrize("blank", [" ", "\t", " \t "])
def test_redis_parts_names_from_values_by_any_blank(blank: str) -> None:
    document = parse_redis("redis.conf", f"requirepass{blank}secret\r\n")
    (key, value), *_ = document.root.entries

    assert (key.raw, value.raw, value.line) == ("requirepass", "secret", 1)
    assert text_at(document, value) == "secret"


def test_front_matter_that_is_no_yaml_is_read_by_lines() -> None:
    """Agents take it, so we do."""
    text = "---\ndescription: use when: asked\n  more\ntools: Bash\n---\ntext\n"
    document = parse_markdown("SKILL.md", text)

    assert [(key, node.raw, node.line, node.column) for key, node in document.root.items()] == [
        ("description", "use when: asked", 2, 14),
        ("tools", "Bash", 4, 8),
    ]
    assert document.problems == ()


def test_a_key_file_is_one_text() -> None:
    assert parse_pem("a.pem", "one\ntwo").root.end_line == 2


@pytest.mark.parametrize(
    ("file", "syntax"),
    [
        (".mcp.json", "json"),
        ("deploy/docker-compose.prod.yml", "yaml"),
        (".env.production", "dotenv"),
        ("config/env.internal", "dotenv"),
        ("config/agent.env.bak_17", "dotenv"),
        ("src/env.d.ts", "javascript"),
        ("deploy/.env_example", "dotenv"),
        ("src/env.rb", "ruby"),
        ("src/env.lua", ""),
        ("bin/env-ci", ""),
        ("worker.Dockerfile", "dockerfile"),
        ("Dockerfile.worker", "dockerfile"),
        ("Dockerfile.worker.dockerignore", ""),
        ("worker.dockerfile", "dockerfile"),
        ("redis-memory.conf", "ini"),
        ("main.tf", "hcl"),
        ("AGENTS.md", "markdown"),
        ("README.md", "text"),
        ("deploy.sh", "script"),
        ("agent.service", "script"),
        ("state.tofu", "hcl"),
        ("jobs/agent.nomad.hcl", "hcl"),
        ("docker-bake.hcl", "hcl"),
        (".terraform.lock.hcl", ""),
        ("kubeconfig", "yaml"),
        ("agent.container", "script"),
        ("nginx/default.conf", "script"),
        (".aws/credentials", "script"),
        (".envrc", "script"),
        ("Jenkinsfile", "script"),
        ("lib/agent.libsonnet", "jsonnet"),
        ("Tiltfile", "starlark"),
        ("prompts/system.txt", "markdown"),
        (".claude/agents/reviewer.md", "markdown"),
        ("a.py", "python"),
        ("photo.jpg", ""),
    ],
)
def test_the_name_promises_the_syntax(file: str, syntax: str) -> None:
    assert syntax_of(file) == syntax


def test_a_gate_keeps_other_files_out() -> None:
    assert not of_interest("data.json", "json", '{"x": [1, 2, 3]}')
    assert not of_interest(".github/dependabot.yml", "yaml", "password: x")
    assert of_interest(".mcp.json", "json", "{}")
    assert not of_interest("a.py", "python", "import math\n")
    assert of_interest("a.py", "python", "from langgraph.graph import StateGraph\n")


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("toml", "[a]\n" * 125_001),
        ("dotenv", "A=b\n" * 125_001),
        ("dockerfile", "RUN a\n" * 83_334),
        ("ini", "save\n" * 100_001),
        ("python", "a=1\n" * 125_001),
        ("hcl", "a=1\n" * 125_001),
    ],
)
def test_a_file_larger_than_people_write_is_refused_before_it_is_read(
    syntax: str, text: str
) -> None:
    with pytest.raises(InputError, match=rf"file: more than 500,000 characters, of {syntax}"):
        parse("file", syntax, text)


def test_the_lines_of_a_heredoc_keep_their_columns() -> None:
    text = "FROM a\nRUN <<END\necho\nEND\n"
    (_, run) = parse_dockerfile("Dockerfile", text).root.elements

    assert (run.line, run.column, run.end_line, run.end_column) == (2, 1, 4, 3)


@pytest.mark.parametrize("syntax", ["yaml", "json"])
def test_a_file_that_is_little_else_than_comments_is_refused(syntax: str) -> None:
    comment = {"yaml": "#\n", "json": "/**/"}[syntax]
    assert len(parse("file", syntax, comment * 1_000 + "{}").comments) == 1_000

    with pytest.raises(InputError, match=r"file:1:1: more than 200,000 comments"):
        parse("file", syntax, comment * 200_001 + "{}")


def test_instructions_longer_than_any_model_takes_in_are_refused() -> None:
    with pytest.raises(InputError, match=r"file: more than 1,000,000 characters, of markdown"):
        parse("file", "markdown", "a" * 1_000_001)


@given(st.lists(st.sampled_from(["#", " #", "'#'", "a", "\n", "'", " "])))
def test_what_stands_in_a_text_of_yaml_is_no_comment(pieces: list[str]) -> None:
    """Whatever else stands around it: `#` is one only after a space, and outside of a text."""
    text = f'a: "{"".join(pieces).strip()} # b" # c'

    assert [comment.text for comment in parse("file", "yaml", text).comments] == ["c"]


@pytest.mark.parametrize("length", [9, 11_000])
def test_quotes_are_heeded_however_long_a_word_is(length: int) -> None:
    value = f"'{'a' * length}'"
    redis = parse_redis("redis.conf", f"requirepass {value}\n").root.text_at("requirepass")
    image = parse_dockerfile("Dockerfile", f"FROM a\nENV A_KEY {value}\n")
    texts = [node.text or "" for node in image.root.walk()]

    assert redis == "a" * length
    assert redis in texts
