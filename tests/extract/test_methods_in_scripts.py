"""Tools in TypeScript and JavaScript whose work is done by methods, and in files further away."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.model.facts.tools import Tool

HEAD = "import { tool } from 'ai';\nimport { exec } from 'node:child_process';\n"
RUNNER = """\
class Runner {
  home = '/srv';
  run(command: string) { return exec(command); }
  list() { return exec('ls'); }
  static go(command: string) { return exec(command); }
  async within(command: string) { return this.run(command); }
  static getInstance() { return kept ??= new Runner(); }
}
"""
IT = "const it = tool({ execute: async ({ x }) => { return %s } });\n"


def tool_of(code: str, **files: str) -> Tool:
    others = {f"{name}.ts": text for name, text in files.items()}
    (tool,) = deployment_of({"a.ts": HEAD + code, **others}).tools
    return tool


@pytest.mark.parametrize(
    "code",
    [
        RUNNER + "const runner = new Runner();\n" + IT % "runner.run(x)",
        RUNNER + IT % "new Runner().within(x)",
        RUNNER + IT % "Runner.go(x)",
        RUNNER + IT % "Runner.getInstance().run(x)",
        RUNNER + "const made = () => new Runner();\n" + IT % "made().run(x)",
        RUNNER + "class Cautious extends Runner {}\n" + IT % "new Cautious().run(x)",
        RUNNER + "const runner = given ?? new Runner();\n" + IT % "runner?.run(x)",
        RUNNER + "function make(runner: Runner | null) {\n" + IT % "runner.run(x)" + "}",
        RUNNER
        + "class Box { runner = new Runner();\n all() {\n"
        + IT % "this.runner.run(x)"
        + "} }",
        RUNNER
        + "class Box { runner; constructor() { this.runner = new Runner(); }\n all() {\n"
        + IT % "this.runner.run(x)"
        + "} }",
        RUNNER
        + "class Box { constructor(private runner: Runner) {}\n all() {\n"
        + IT % "this.runner.run(x)"
        + "} }",
        RUNNER
        + "class Box { private runner: Runner;\n all() {\n"
        + IT % "this.runner.run(x)"
        + "} }",
        "class Runner { run = async (command) => exec(command) }\n" + IT % "new Runner().run(x)",
    ],
)
def test_methods_of_ones_own_classes_are_followed(code: str) -> None:
    assert set(tool_of(code).effects) == set(EVERYTHING)


@pytest.mark.parametrize(
    "code",
    [
        RUNNER + "const runner = new Runner();\n" + IT % "runner.list(x)",
        RUNNER + "const runner = new Stranger();\n" + IT % "runner.run(x)",
        RUNNER + "function make(runner: Stranger) {\n" + IT % "runner.run(x)" + "}",
        RUNNER
        + "class Box { runner = new Runner(); take(r) { this.runner = r; }\n all() {\n"
        + IT % "this.runner.run(x)"
        + "} }",
    ],
)
def test_what_no_class_of_ones_own_does_runs_nothing(code: str) -> None:
    assert "execute" not in tool_of(code).effects


def test_a_server_calls_what_files_further_away_do() -> None:
    far = {
        "b": "export * from './c';",
        "c": "import { d } from './d';\nexport const done = (args) => d(args);",
        "d": "import { runner } from './e';\nexport const d = (args) => runner.run(args.command);",
        "e": "import { exec } from 'child_process';\n"
        + RUNNER
        + "export const runner = new Runner();",
    }

    tool = tool_of("import * as handlers from './b';\n" + IT % "handlers.done(x)", **far)

    assert set(tool.effects) == set(EVERYTHING)


def test_calls_without_words_of_the_model_take_none_of_the_room_for_those_with_some() -> None:
    noise = "".join(f"function n{at}() {{ return n{at + 1}(); }}\n" for at in range(200))

    tool = tool_of(noise + "const go = (c) => exec(c);\n" + IT % "[n0(), go(x)]")

    assert "execute" in tool.effects


@pytest.mark.parametrize(
    ("path", "words", "told"), [("./b", "x", True), ("./b", "1", False), ("b", "x", False)]
)
def test_what_is_not_read_of_a_tool_is_told(path: str, words: str, *, told: bool) -> None:
    found = deployment_of(
        {"a.ts": HEAD + f"import {{ go }} from '{path}';\n" + IT % f"go({words})"}
    )

    open_ends = {(end.what, end.effect) for end in found.unresolved}
    assert (
        ("the tool it calls what is not read", "what else it does is open") in open_ends
    ) is told


def test_members_that_name_each_other_end() -> None:
    code = (
        "class A { b = this.c; c = this.b; all() { return this.b.run(); } }\n"
        + IT % "new A().b.run(x)"
    )

    assert not tool_of(code).effects


def test_choices_of_choices_are_not_all_followed() -> None:
    lines = [f"const c{at} = {' || '.join([f'c{at + 1}'] * 300)};\n" for at in range(6)]

    assert not tool_of("".join(lines) + IT % "c0.run(x)").effects


SERVER = (
    "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
    "import { exec } from 'node:child_process';\nimport { wrap } from 'wraps';\n"
    "const server = new McpServer({ name: 's' });\n"
)


@pytest.mark.parametrize(
    "handler",
    [
        "wrap(async ({ x }) => exec(x))",
        "wrap('it', traced(async ({ x }) => exec(x)))",
        "running(database)",
        "new Runner().within",
    ],
)
def test_a_handler_may_be_wrapped_or_made(handler: str) -> None:
    code = f"{SERVER}{RUNNER}const running = (database) => async ({{ x }}) => exec(x);\n"
    found = deployment_of({"a.ts": f"{code}server.tool('it', {{}}, {handler});\n"})

    assert set(found.tools[0].effects) == set(EVERYTHING)
    assert not {end.what for end in found.unresolved} & {UNKNOWN}


UNKNOWN = "the tool it does something that is not known"


@pytest.mark.parametrize("handler", ["wrap(database)", "given", "handlers.it"])
def test_a_handler_that_nobody_sees_is_told(handler: str) -> None:
    found = deployment_of({"a.ts": f"{SERVER}server.tool('it', {{}}, {handler});\n"})

    assert UNKNOWN in {end.what for end in found.unresolved}
