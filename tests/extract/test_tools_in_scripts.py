"""Tools that TypeScript and JavaScript code makes: what they do, what they take, who is asked."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.tools import Tool

HEAD = """\
import { tool } from 'ai';
import { z } from 'zod';
import { exec, spawn, execFile } from 'node:child_process';
import fs, { readFileSync } from 'fs';
import * as fsp from 'fs/promises';
import { promisify } from 'util';
import axios from 'axios';
import { execa, $ } from 'execa';
import vm from 'node:vm';
const run = promisify(exec);
const BASE = 'https://api.example.test';
"""


def tool_of(code: str) -> Tool:
    (tool,) = deployment_of({"a.ts": HEAD + code}).tools
    return tool


def doing(body: str) -> Tool:
    return tool_of(
        f"const it = tool({{ execute: async ({{ x, sql }}, {{ id }}) => {{ {body} }} }});"
    )


@pytest.mark.parametrize(
    "body",
    [
        "return (await run(x)).stdout",
        "const line = `ls ${x}`; exec(line, () => {})",
        "spawn('sh', ['-c', x])",
        "spawn(x, [])",
        "spawn('python', ['-', x])",
        "spawn('python', ['-', x], { input: x })",
        "execFile('tool', [x], { shell: true })",
        "await execa(x)",
        "eval(x)",
        "new Function('a', x)()",
        "vm.runInNewContext(x)",
        "const most = x.replace(/[^0-9a-z]/g, ''); eval(most)",
        "const all = x.replace(/[^z-a]/g, ''); eval(all)",
        "const parts = [x].map((each) => each); exec(parts.join(' '))",
        "exec(`${quote(x)} --now`)",
        "exec(quote([x, 'now']))",
        "exec(`sh -c ${quote(x)}`)",
        "exec(`ls ${quote(x)} ${x}`)",
        "spawn('kubectl', ['exec', x])",
        "spawn('docker', args(x))",
        "const line = ['-n', x]; spawn('kubectl', line)",
        "if (NAMES.includes(x)) { throw new Error() }\nexec(x)",
        "if (!NAMES.includes(id)) { throw new Error() }\nexec(x)",
        "if (!/^[\\w-]+$/.test(x)) { throw new Error() }\nexec(x)",
        "if (!/^[\\w-]+$/.test(x)) { throw new Error() }\nexec(`bash ${x}`)",
        "if (!/^[\\w -]+$/.test(x)) { throw new Error() }\nexec(`systemctl restart ${x}`)",
        "if (!/[\\w-]+/.test(x)) { throw new Error() }\nexec(`systemctl restart ${x}`)",
        "if (!/^[\\w-]+$/.test(id)) { throw new Error() }\nexec(`systemctl restart ${x}`)",
    ],
)
def test_words_of_the_model_are_run(body: str) -> None:
    tool = doing(body)

    assert set(tool.effects) == set(EVERYTHING)
    assert (tool.reads_private, tool.egress) == (Truth.YES, Truth.YES)


@pytest.mark.parametrize(
    "body",
    [
        "exec('git status')",
        "spawn('kill', [x])",
        "execFile('python', ['fixed.py'])",
        "spawn('osascript', ['-', x], { input: SCRIPT })",
        "exec(`run ${id}`)",
        "execFile('osascript', ['-e', `name of file \"${escapeText(x)}\"`])",
        "const line = `ls ${shellQuote(x)}`; exec(line)",
        "/a/.exec(x)",
        "if (!NAMES.includes(x)) { throw new Error() }\nexec(`restart ${x}`)",
        "if (!x || !NAMES.has(x)) return 'no'; exec(x)",
        "if (!/^[\\w-]+$/.test(x)) { throw new Error() }\nexec(`systemctl restart ${x}`)",
        "if (!x || !/^[a-z][a-z0-9-]{0,62}$/.test(x)) return 'no'; exec(`docker logs ${x}`)",
        "execFile('sudo', ['systemctl', 'restart', x])",
        "other.exec(x)",
        "const name = 'a'; eval(name.replace(/b/, 'c'))",
        "const only = x.replace(/[^0-9+*/-]/g, ''); eval(only)",
        "if (!/^[0-9.+-]+$/.test(x)) { throw new Error() }\nreturn Function(`return ${x}`)()",
    ],
)
def test_a_program_of_ones_own_runs_nothing_that_the_model_wrote(body: str) -> None:
    assert not doing(body).effects


@pytest.mark.parametrize(
    ("body", "effects", "untrusted", "egress"),
    [
        ("return fetch(x)", {"read"}, Truth.YES, Truth.YES),
        ("return fetch(`https://${x}/a`)", {"read"}, Truth.YES, Truth.YES),
        ("return fetch(`https://own.test/${x}`)", {"read"}, Truth.NO, Truth.NO),
        ("return fetch(`${BASE}/${x}`)", {"read"}, Truth.NO, Truth.NO),
        ("const u = new URL(x, BASE); return fetch(u)", {"read"}, Truth.NO, Truth.NO),
        ("const u = BASE + x; return axios.get(u)", {"read"}, Truth.NO, Truth.NO),
        ("return axios.post('https://own.test', x)", {"send"}, Truth.NO, Truth.YES),
        ("return fetch(BASE, { method: 'DELETE' })", {"send"}, Truth.NO, Truth.YES),
        ("return db.query('SELECT 1')", {"read"}, Truth.NO, Truth.NO),
        ("return db.execute(sql`delete from a where b = ${x}`)", {"delete"}, Truth.NO, Truth.NO),
        ("return db.query(sql)", {"read", "write", "delete"}, Truth.NO, Truth.NO),
        ("return fs.readFileSync(x)", {"read"}, Truth.NO, Truth.NO),
        ("return readFileSync(x)", {"read"}, Truth.NO, Truth.NO),
        ("await fs.promises.writeFile(x, 'a')", {"write"}, Truth.NO, Truth.NO),
        ("await fsp.rm(x, { recursive: true })", {"delete"}, Truth.NO, Truth.NO),
        ("mailer.sendMail({ to: x })", {"send"}, Truth.NO, Truth.YES),
        ("spawn('kubectl', ['get', 'pods', '-n', x])", {"read"}, Truth.NO, Truth.NO),
        ("const a = ['rm', x]; execFile('docker', a)", {"delete"}, Truth.NO, Truth.NO),
        ("return client.query({ name: x })", set(), Truth.UNKNOWN, Truth.UNKNOWN),
        ("return something(x)", set(), Truth.UNKNOWN, Truth.UNKNOWN),
    ],
)
def test_a_body_tells_what_a_tool_does(
    body: str, effects: set[str], untrusted: Truth, egress: Truth
) -> None:
    tool = doing(body)

    assert set(tool.effects) == effects
    assert tool.effects_known is bool(effects)
    assert (tool.reads_untrusted, tool.egress) == (untrusted, egress)


DATABASES = """
import pg from 'pg';
import { Pool } from 'pg';
import Database from 'better-sqlite3';
import { PrismaClient } from '@prisma/client';
import postgres from 'postgres';
import { Pinecone } from '@pinecone-database/pinecone';
import { elsewhere } from './db';
const pool = new Pool();
const db = new Database('a.db');
const selected = db.prepare('SELECT a FROM b WHERE c = ?');
const prisma = new PrismaClient();
const pgsql = postgres(URL);
const vectors = new Pinecone();
class Store { kept = new pg.Pool(); ask(x) { return this.kept.query(x); } }
const store = new Store();
"""
ANY = {"read", "write", "delete"}


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        ("return (await pool.query(x)).rows", ANY),
        ("return pool.query({ text: x })", ANY),
        ("const client = await pool.connect(); return client.query(x)", ANY),
        ("return db.prepare(x).all()", ANY),
        ("const made = db.prepare(x); return made.all()", ANY),
        ("return db.prepare('SELECT a FROM b WHERE c = ?').all(x)", {"read"}),
        ("const made = db.prepare('DELETE FROM b WHERE c = ?'); return made.run(x)", {"delete"}),
        ("return selected.all(x)", set()),
        ("return prisma.$queryRawUnsafe(x)", ANY),
        ("return pgsql.unsafe(x)", ANY),
        ("return elsewhere.query(x)", ANY),
        ("return store.ask(x)", ANY),
        ("return pool.query('SELECT a FROM b WHERE c = $1', [x])", {"read"}),
        ("const text = `SELECT a FROM b WHERE c = ${x}`; return pool.query(text)", {"read"}),
        ("return pool.query(`DELETE FROM b WHERE c = ${x}`)", {"delete"}),
        ("return pool.query(STATEMENT, [x])", set()),
        ("return vectors.index('a').query(x)", set()),
        ("return client.query(x)", set()),
    ],
)
def test_what_a_model_writes_for_a_database_may_be_any_statement(
    body: str, effects: set[str]
) -> None:
    made = f"const it = tool({{ execute: async ({{ x }}) => {{ {body} }} }});"
    files = {
        "a.ts": HEAD + DATABASES + made,
        "db.ts": "import { Client } from 'pg';\nexport const elsewhere = new Client();\n",
    }
    (tool,) = deployment_of(files).tools

    assert set(tool.effects) == effects


HELPERS = """
const shell = (line) => exec(line);
function page(url, depth) { return fetch(url + '?d=' + depth); }
async function git({ cwd, words }) { return run(`git ${words}`, { cwd }); }
function status(options) { return exec(`git ${options.flag}`); }
const again = (x) => again(x);
const fixed = () => fetch(BASE);
"""


@pytest.mark.parametrize(
    ("body", "effects", "egress"),
    [
        ("return shell(x)", set(EVERYTHING), Truth.YES),
        ("return shell('ls')", set(), Truth.UNKNOWN),
        ("return page(x, 1)", {"read"}, Truth.YES),
        ("return page(BASE, x)", {"read"}, Truth.NO),
        ("return git({ cwd: '/', words: x })", set(EVERYTHING), Truth.YES),
        ("return git({ cwd: x, words: 'status' })", set(), Truth.UNKNOWN),
        ("return status({ flag: x })", set(EVERYTHING), Truth.YES),
        ("return status({ flag: 'a' })", set(), Truth.UNKNOWN),
        ("return again(x)", set(), Truth.UNKNOWN),
        ("return fixed()", {"read"}, Truth.NO),
        ("const all = [x].map((each) => each); return shell(all[0])", set(EVERYTHING), Truth.YES),
    ],
)
def test_words_are_followed_into_functions_of_ones_own(
    body: str, effects: set[str], egress: Truth
) -> None:
    tool = tool_of(f"{HELPERS}const it = tool({{ execute: async ({{ x }}) => {{ {body} }} }});")

    assert (set(tool.effects), tool.egress) == (effects, egress)


def test_words_are_followed_into_functions_of_other_files() -> None:
    found = deployment_of(
        {
            "a.ts": f"{HEAD}import {{ shell }} from './b';\n"
            "tool({ execute: async ({ command }) => shell(command) });\n",
            "b.ts": f"{HEAD}export async function shell(line: string) {{ return run(line); }}\n",
        }
    )

    assert set(found.tools[0].effects) == set(EVERYTHING)


@pytest.mark.parametrize(
    ("schema", "typed", "free_form", "open_"),
    [
        ("z.object({ url: z.string(), n: z.number() })", Truth.YES, ("url",), ()),
        ("z.object({ url: z.string().url().optional() })", Truth.YES, (), ()),
        ("z.object({ path: z.string().describe('a').optional() })", Truth.YES, ("path",), ()),
        ("z.object({ command: z.enum(['a', 'b']) })", Truth.YES, (), ()),
        ("z.object({ a: z.any() })", Truth.NO, (), ()),
        ("z.object({ a: z.custom() })", Truth.NO, (), ()),
        ("z.object({ a: z.custom((value) => ratio(value)).optional() })", Truth.YES, (), ()),
        (
            "z.object({ a: z.array(z.string()), b: z.record(z.string(), z.number()) })",
            Truth.YES,
            (),
            (),
        ),
        ("z.object({ a: z.record(z.string(), z.any()), b: z.object({}) })", Truth.YES, (), ("a",)),
        ("z.object({ query: z.union([z.string(), z.null()]) })", Truth.YES, ("query",), ()),
        (
            "z.object({ code: z.string() }).extend({ sql: z.string() })",
            Truth.YES,
            ("code", "sql"),
            (),
        ),
        ("z.object({ a: other(), ...more })", Truth.UNKNOWN, (), ()),
        ("z.object({})", Truth.YES, (), ()),
        ("z.object({}).passthrough()", Truth.NO, (), ()),
        (
            "jsonSchema({ type: 'object', properties: { url: { type: 'string' } } })",
            Truth.YES,
            ("url",),
            (),
        ),
        ("{ type: 'object', properties: { url: { type: 'string' } } }", Truth.YES, ("url",), ()),
        ("v.object({ url: v.string() })", Truth.UNKNOWN, (), ()),
        ("shape", Truth.UNKNOWN, (), ()),
        ("zodSchema(z.object({ url: z.string() }))", Truth.YES, ("url",), ()),
        ("jsonSchema(made)", Truth.UNKNOWN, (), ()),
        ("{ url: z.string(), at: z.iso.datetime() }", Truth.YES, ("url",), ()),
        ("{ url: z.string(), ...more }", Truth.UNKNOWN, (), ()),
        (
            "z.object({ a: z.string().array(), path: z.string().or(z.null()) })",
            Truth.YES,
            ("path",),
            (),
        ),
        ("z.object({ url: z.optional(z.string()), uri: z.url() })", Truth.YES, ("url",), ()),
        ("z.object({ a: z.union(given), b: z.array(), c: z.literal('d') })", Truth.YES, (), ()),
        ("z.object({ url: z.string().odd() }).extend(given)", Truth.UNKNOWN, (), ()),
        ("z.looseObject({ code: z.string() })", Truth.YES, ("code",), ()),
    ],
)
def test_a_schema_tells_what_a_tool_takes(
    schema: str, typed: Truth, free_form: tuple[str, ...], open_: tuple[str, ...]
) -> None:
    tool = tool_of(f"const it = tool({{ inputSchema: {schema}, execute }});")

    assert (tool.typed, tool.free_form_parameters, tool.open_parameters) == (
        typed,
        free_form,
        open_,
    )


def test_a_schema_of_another_file_is_read_with_the_names_of_that_file() -> None:
    found = deployment_of(
        {
            "a.ts": f"{HEAD}import {{ takes }} from './b';\ntool({{ parameters: takes }});\n",
            "b.ts": f"{HEAD}const text = {{ type: 'string' }};\n"
            "export const takes = { type: 'object', properties: { url: text } };\n",
        }
    )

    assert found.tools[0].free_form_parameters == ("url",)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("export const first = tool({ execute });", "first"),
        ("const tools = { second: tool({ execute }) };", "second"),
        ("export const third = () => tool({ execute });", "third"),
        ("const a = tool({ name: 'fourth', execute });", "fourth"),
    ],
)
def test_a_tool_is_called_by_itself_or_by_what_holds_it(code: str, name: str) -> None:
    assert tool_of(code).name == name


@pytest.mark.parametrize(
    ("option", "approval"),
    [
        ("needsApproval: true", Truth.YES),
        ("needsApproval: async () => true", Truth.UNKNOWN),
        ("requireApproval: true", Truth.YES),
        ("", Truth.UNKNOWN),
    ],
)
def test_a_person_is_asked_first(option: str, approval: Truth) -> None:
    assert tool_of(f"const it = tool({{ execute, {option} }});").approval is approval


@pytest.mark.parametrize(
    "code",
    [
        (
            "import { tool as t } from 'langchain';\nt(async ({ url }) => fetch(url), "
            "{ name: 'it', schema: z.object({ url: z.string() }) });"
        ),
        (
            "import { DynamicStructuredTool as D } from '@langchain/core/tools';\nnew D("
            "{ name: 'it', schema: z.object({ url: z.string() }), func: (a) => fetch(a.url) });"
        ),
        (
            "import { StructuredTool } from '@langchain/core/tools';\n"
            "import { createAgent } from 'langchain';\nclass T extends StructuredTool {\n"
            "  name = 'it'; schema = z.object({ url: z.string() });\n"
            "  async _call(given) { return fetch(given.url); } }\n"
            "createAgent({ tools: [new T()] });"
        ),
        (
            "import { createTool } from '@mastra/core/tools';\ncreateTool({ id: 'it', inputSchema: "
            "z.object({ url: z.string() }), execute: async ({ context }) => fetch(context.url) });"
        ),
        (
            "import { tool as t } from '@openai/agents';\nt({ name: 'it', parameters: "
            "z.object({ url: z.string() }), execute: ({ url }) => fetch(url) });"
        ),
        (
            "import { tool as t } from '@anthropic-ai/claude-agent-sdk';\n"
            "t('it', 'about', { url: z.string() }, async (given) => fetch(given.url));"
        ),
    ],
)
def test_every_framework_has_its_way_to_make_a_tool(code: str) -> None:
    tool = tool_of(code)

    assert (tool.name, tool.effects, tool.egress) == ("it", ("read",), Truth.YES)
    assert (tool.typed, tool.free_form_parameters) == (Truth.YES, ("url",))


@pytest.mark.parametrize(
    ("tools", "later"),
    [
        ("[look]", "tools.push(given);"),
        ("[]", "tools.unshift(given);"),
        ("{ look }", "tools.drop = given;"),
        ("{ look }", "tools['drop'] = given;"),
        ("{ look }", "Object.assign(tools, given);"),
    ],
)
def test_what_is_added_to_the_tools_later_leaves_them_open(tools: str, later: str) -> None:
    found = deployment_of(
        {
            "agent.ts": (
                "import { ToolLoopAgent, tool } from 'ai';\n"
                "const look = tool({ execute: () => 1 });\n"
                f"const tools = {tools};\n{later}\nnew ToolLoopAgent({{ tools }});\n"
            )
        }
    )

    assert {end.what for end in found.unresolved} == {"the list of tools does not fold"}


def test_a_member_whose_name_is_computed_holds_no_options() -> None:
    found = deployment_of(
        {
            "agent.ts": (
                "import { Agent } from '@openai/agents';\n"
                "new Agent({ name: 'a', [key]: { maxTurns: 3 } });\n"
            )
        }
    )

    assert found.agents[0].max_iterations is Known.UNKNOWN


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("this.tools.look = tool({ execute });", "look"),
        ("tools['look'] = tool({ execute });", "look"),
    ],
)
def test_a_tool_is_called_by_the_member_that_it_becomes(code: str, name: str) -> None:
    (tool,) = deployment_of({"a.ts": f"import {{ tool }} from 'ai';\n{code}\n"}).tools

    assert tool.name == name


def test_tools_of_an_agents_own_workspace_are_known() -> None:
    found = deployment_of(
        {
            "a.ts": "import { Think } from '@cloudflare/think';\n"
            "import { createReadTool, createEditTool } from '@cloudflare/think/tools/workspace';\n"
            "import { createExecuteTool } from '@cloudflare/think/tools/execute';\n"
            "class A extends Think { getModel() { return 'm'; } getTools() { return {\n"
            "  read: createReadTool({ ops }), edit: createEditTool({ ops }),\n"
            "  execute: createExecuteTool(this) }; } }\n"
        }
    )
    effects = {tool.name: (tool.effects, tool.sandboxed) for tool in found.tools}

    assert effects == {
        "read": (("read",), Truth.UNKNOWN),
        "edit": (("write",), Truth.UNKNOWN),
        "execute": (("execute",), Truth.YES),
    }
    assert not found.unresolved


def test_an_empty_branch_is_one() -> None:
    assert "execute" in doing("if (x) {} exec(x)").effects
    assert "execute" not in doing("while (x) { if (x) {} }").effects


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        ("await prisma.user.delete({ where: { id: x } })", ("delete",)),
        ("await this.prisma.user.findMany({ where: { id: x } })", ("read",)),
        ("await db.delete(users).where(eq(users.id, x))", ("delete",)),
        ("await db.insert(users).values({ id: x })", ("write",)),
        ("await client.from('orders').delete().eq('id', x)", ("delete",)),
        ("await users.findOneAndUpdate({ id: x }, { name: x })", ("write",)),
        ("await s3.send(new DeleteObjectCommand({ Key: x }))", ("delete",)),
        ("await s3.send(new GetObjectCommand({ Key: x }))", ("read",)),
        ("cache.delete(x)", ()),
        ("seen.update(x)", ()),
        ("Array.from('abc').delete(x)", ()),
        ("new DeleteAllCommand({ x })", ()),
    ],
)
def test_packages_of_databases_tell_what_a_tool_does(body: str, effects: tuple[str, ...]) -> None:
    aws = "import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';\n"
    tool = tool_of(f"{aws}const it = tool({{ execute: async ({{ x }}) => {{ {body} }} }});")

    assert tool.effects == effects
