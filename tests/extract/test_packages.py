"""Packages of a repository, short paths and whole modules lead to the tools that they give."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from tests.extract.invoked import tools_of

KIT = (
    "import { tool } from 'ai';\nimport { z } from 'zod';\nimport { exec } from 'child_process';\n"
    "export const shape = z.object({ q: z.string() });\nexport const limit = 3;\n"
    "export const find = tool({ inputSchema: shape, execute: async ({ q }) => fetch(q) });\n"
    "export const run = tool({ inputSchema: shape, execute: async ({ q }) => exec(q) });\n"
    "const own = tool({ inputSchema: shape, execute: async () => 1 });\n"
)
ASKED = "import { generateText } from 'ai';\n"
BOTH = "await generateText({ model, prompt, tools: { find, run } });\n"
ALL = "import * as kit from './kit';\n"


def tools(files: dict[str, str]) -> dict[str, bool]:
    """What the one agent may call, and whether that is known to do something."""
    deployment = deployment_of(files)
    assert len(deployment.agents) == 1
    return {name: bool(tool.effects) for name, tool in tools_of(deployment).items()}


@pytest.mark.parametrize(
    "given",
    ["{ ...kit }", "kit", "{ find: kit.find, run: kit.run }", "Object.assign({}, kit)"],
)
def test_a_module_gives_all_the_tools_that_it_exports(given: str) -> None:
    code = f"{ASKED}{ALL}await generateText({{ model, prompt, tools: {given} }});\n"

    assert tools({"kit.ts": KIT, "desk.ts": code}) == {"find": True, "run": True}


@pytest.mark.parametrize("given", ["Object.values(kit)", "[...Object.values(kit)]"])
def test_a_list_may_have_the_values_of_a_module(given: str) -> None:
    code = f"import {{ Agent }} from '@openai/agents';\n{ALL}new Agent({{ tools: {given} }});\n"

    assert tools({"kit.ts": KIT, "desk.ts": code}) == {"find": True, "run": True}


@pytest.mark.parametrize(
    "handing",
    ["export * from './kit';\n", "export { find, run as run } from './kit';\n"],
)
def test_what_a_module_hands_on_is_its_own(handing: str) -> None:
    code = (
        f"{ASKED}import * as kit from './kits';\n"
        "await generateText({ model, prompt, tools: { ...kit } });\n"
    )

    assert tools({"kit.ts": KIT, "kits/index.ts": handing.replace("./", "../"), "desk.ts": code})


def test_what_a_module_makes_elsewhere_is_open() -> None:
    kit = f"{KIT}import {{ made }} from 'elsewhere';\nexport const other = made({{}});\n"
    code = f"{ASKED}{ALL}await generateText({{ model, prompt, tools: {{ ...kit }} }});\n"
    files = {"kit.ts": kit, "desk.ts": code}

    assert tools(files) == {"find": True, "run": True, "other": False}
    assert [end.what for end in deployment_of(files).unresolved] == ["the tool other is not known"]


def test_a_module_of_others_is_open() -> None:
    code = f"{ASKED}import * as kit from 'kit';\n"
    code += "await generateText({ model, prompt, tools: { ...kit } });\n"

    assert {end.what for end in deployment_of({"desk.ts": code}).unresolved} == {
        "the list of tools does not fold"
    }


@pytest.mark.parametrize(
    ("manifest", "path", "file"),
    [
        ({}, "@desk/kit", "src/index.ts"),
        ({}, "@desk/kit", "index.ts"),
        ({}, "@desk/kit/kit", "src/kit.ts"),
        ({"main": "./lib/kit.ts"}, "@desk/kit", "lib/kit.ts"),
        ({"main": "dist/kit.js"}, "@desk/kit", "src/kit.ts"),
        ({"exports": {".": {"import": "./kit.ts"}}}, "@desk/kit", "kit.ts"),
        ({"exports": {"./all": "./kit.ts"}}, "@desk/kit/all", "kit.ts"),
        ({"exports": {"./*": "./parts/*.ts"}}, "@desk/kit/some", "parts/some.ts"),
    ],
)
def test_a_package_of_the_repository_is_followed(
    manifest: dict[str, object], path: str, file: str
) -> None:
    files = {
        "package.json": json.dumps({"name": "desk", "workspaces": ["packages/*"]}),
        "packages/kit/package.json": json.dumps({"name": "@desk/kit", **manifest}),
        f"packages/kit/{file}": KIT,
        "app/desk.ts": f"{ASKED}import {{ find, run }} from '{path}';\n{BOTH}",
    }

    assert tools(files) == {"find": True, "run": True}


@pytest.mark.parametrize(
    ("paths", "path"),
    [
        ({"#kit": ["./lib/kit.ts"]}, "#kit"),
        ({"$lib/*": ["lib/*"]}, "$lib/kit"),
        ({"$all/*": ["gone/*", "lib/*"]}, "$all/kit"),
    ],
)
def test_a_short_path_is_followed(paths: dict[str, object], path: str) -> None:
    settings = "// as the editor has it\n" + json.dumps({"compilerOptions": {"paths": paths}})
    files = {
        "tsconfig.json": settings,
        "lib/kit.ts": KIT,
        "app/desk.ts": f"{ASKED}import {{ find, run }} from '{path}';\n{BOTH}",
    }

    assert tools(files) == {"find": True, "run": True}


@pytest.mark.parametrize(
    ("names", "known"),
    [
        ({"#kit": "./kit/index.ts"}, True),
        ({"#kit": {"types": "./kit/index.d.ts", "default": "./dist/kit.js"}}, True),
        ({"#k*": "./k*/index.ts"}, True),
        ({"#*": "./dist/#*.js", "#other": "./kit/index.ts"}, False),
        ("#kit", False),
    ],
)
def test_a_package_calls_its_own_files_by_names(names: object, *, known: bool) -> None:
    files = {
        "package.json": json.dumps({"name": "desk", "imports": names}),
        "kit/index.ts": KIT,
        "app/desk.ts": f"{ASKED}import {{ find, run }} from '#kit';\n{BOTH}",
    }

    assert (open_tools(deployment_of(files)) == set()) is known


def test_what_a_package_built_is_told_from_its_source() -> None:
    files = {
        "package.json": json.dumps({"imports": {"#lib/*": "./dist/lib/*.js"}}),
        "src/lib/kit.ts": KIT,
        "src/desk.ts": f"{ASKED}import {{ find, run }} from '#lib/kit';\n{BOTH}",
    }

    assert tools(files) == {"find": True, "run": True}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("packages/kit/package.json", '{"name": "@desk/kit"'),
        ("packages/kit/package.json", "[" * 5_000),
        ("packages/kit/package.json", '{"name": ["@desk/kit"], "exports": 3, "main": {}}'),
        ("tsconfig.json", '{"compilerOptions": {"paths": {"@desk/kit": 3, "*": ["*"]}}}'),
        ("tsconfig.json", '{"compilerOptions": {"paths": "@desk/kit"}}'),
    ],
)
def test_what_cannot_be_read_leads_nowhere(file: str, text: str) -> None:
    files = {
        "package.json": json.dumps({"name": "desk"}),
        file: text,
        "packages/kit/src/index.ts": KIT,
        "app/desk.ts": f"{ASKED}import {{ find, run }} from '@desk/kit';\n{BOTH}",
    }

    assert open_tools(deployment_of(files)) == {"find", "run"}


def open_tools(deployment: Deployment) -> set[str]:
    """Tools of which nobody knows what they do."""
    ends = (end.what for end in deployment.unresolved)
    return {end.split()[2] for end in ends if end.startswith("the tool ")}
