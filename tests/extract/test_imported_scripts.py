"""What scripts that build agents take from others: limits, schemas, and what tools do."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent

AI = "import { generateText, stepCountIs, tool } from 'ai';\n"


def agent(code: str, **files: str) -> Agent:
    (found,) = deployment_of({"src/agent.ts": AI + code, **files}).agents
    return found


@pytest.mark.parametrize(
    ("imports", "limit"),
    [
        ("import { MAX } from './limits';", "maxSteps: MAX"),
        ("import { MAX as most } from './limits.js';", "stopWhen: stepCountIs(most)"),
        ("import { MAX } from '@/limits';", "stopWhen: stepCountIs(MAX)"),
        ("import { LIMITS } from './limits';", "maxSteps: LIMITS.steps"),
        ("import { options } from './limits';", "...options"),
        ("import { MAX } from './index';", "maxSteps: MAX"),
    ],
)
def test_a_limit_may_stand_in_a_file_that_builds_nothing(imports: str, limit: str) -> None:
    limits = (
        "export const MAX = 7;\nexport const LIMITS = { steps: MAX };\n"
        "export const options = { maxSteps: 7 };\n"
    )
    files = {"src/limits.ts": limits, "src/index.ts": "export { MAX } from './limits';\n"}
    found = agent(f"{imports}\ngenerateText({{ tools: {{}}, {limit} }});\n", **files)

    assert (found.max_iterations, found.max_iterations_count) == (Known.SET, 7)


def test_a_limit_of_a_file_that_is_not_there_is_not_known() -> None:
    found = agent("import { MAX } from './limits';\ngenerateText({ tools: {}, maxSteps: MAX });")

    assert found.max_iterations is Known.UNKNOWN


def test_what_a_tool_does_may_stand_in_another_file() -> None:
    code = (
        f"{AI}import {{ query }} from './database';\nimport {{ schema }} from './schemas';\n"
        "tool({ description: 'q', inputSchema: schema, execute: async ({ sql }) => query(sql) });"
    )
    files = {
        "src/agent.ts": code,
        "src/database.ts": "export function query(sql: string) { return pool.query(sql); }\n",
        "src/schemas.ts": "import { z } from 'zod';\n"
        "export const schema = z.object({ sql: z.string() });\n",
    }
    (tool,) = deployment_of(files).tools

    assert tool.effects == ("delete", "read", "write")
    assert tool.free_form_parameters == ("sql",)


def test_only_what_agents_import_is_read_beside_them() -> None:
    files = {
        "src/agent.ts": f"{AI}import {{ a }} from './0';\ngenerateText({{ tools: {{}} }});\n",
        **{f"src/{at}.ts": f"import {{ b }} from './{at + 1}';\n" for at in range(8)},
        "src/beside.ts": "export const d = 1;\n",
        "src/types.d.ts": "export const e = 1;\n",
    }
    read = {each.file for each in deployment_of(files).coverage if each.status == "read"}

    assert read == {"src/agent.ts", *(f"src/{at}.ts" for at in range(6))}


def test_what_tests_import_is_not_read_for_them() -> None:
    files = {
        "tests/agent.test.ts": f"{AI}import {{ a }} from './data';\ngenerateText({{ tools: a }});",
        "tests/data.ts": "export const a = 1;\n",
    }
    read = {each.file for each in deployment_of(files).coverage if each.status == "read"}

    assert read == {"tests/agent.test.ts"}


def test_a_secret_in_what_agents_import_is_found_under_its_name() -> None:
    secret = "k7Qw-" + "Zr2xLp9Vb4TnYc8M"
    files = {
        "src/agent.ts": f"{AI}import {{ dbPassword }} from './config';\n",
        "src/config.ts": f"export const dbPassword = '{secret}';\n",
    }
    (credential,) = deployment_of(files).credentials

    assert credential.evidence[0].file == "src/config.ts"


def test_what_is_too_much_of_imported_scripts_is_named() -> None:
    """Each that fits is read, whatever stands before it; what is too long is not, and told."""
    padding = f"// {'x' * 480_000}\n"
    files = {
        "src/agent.ts": AI
        + "".join(f"import {{ a{at} }} from './near{at}';\n" for at in range(5))
        + "import { b } from './small';\nimport { c } from './long';\n"
        + "generateText({ tools: {} });\n",
        **{f"src/near{at}.ts": f"{padding}export const a{at} = 1;\n" for at in range(5)},
        "src/small.ts": "export const b = 1;\n",
        "src/long.ts": f"// {'x' * 500_000}\nexport const c = 1;\n",
        "src/lib.min.js": f"// {'x' * 500_000}\n",
    }
    deployment = deployment_of(files)
    unread = {each.file: each.reason for each in deployment.coverage if each.status == "failed"}

    assert set(unread) == {"src/near4.ts", "src/long.ts"}
    assert "2,000,000 of all together" in unread["src/near4.ts"]
    assert deployment.incomplete
