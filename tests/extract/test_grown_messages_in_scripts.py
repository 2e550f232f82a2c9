"""Conversations that scripts keep in lists of their own and hand to models whole."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known

OPENAI = "import OpenAI from 'openai';\nconst client = new OpenAI();\n"
ASK = "await client.chat.completions.create({ model: 'm', messages: SAID })"
ADD = ".push({ role: 'user', content: text })"


def deployed(code: str) -> Deployment:
    return deployment_of({"src/bot.ts": OPENAI + code})


def asks(said: str) -> str:
    return ASK.replace("SAID", said)


BY_USER = f"""\
const histories = new Map();
bot.on('messageCreate', async (message) => {{
  const history = histories.get(message.channelId) ?? [];
  history{ADD};
  CUT
  const answer = {asks("history")};
  histories.set(message.channelId, history);
}});
"""
MEMBER = f"""\
class Chat {{
  private messages = [];
  async ask(text) {{
    this.messages{ADD};
    CUT
    return {asks("[system, ...this.messages]")};
  }}
}}
"""
MODULE = f"""\
const messages = [{{ role: 'system', content: 'You help.' }}];
export async function ask(text) {{
  messages{ADD};
  CUT
  return {asks("messages")};
}}
"""
OBJECT = f"""\
const said = {{}};
export async function ask(user, text) {{
  said[user] ||= [];
  said[user]{ADD};
  CUT
  return {asks("said[user]")};
}}
"""
SPREAD = f"""\
class Chat {{
  constructor() {{ this.messages = []; }}
  async ask(text) {{
    this.messages = [...this.messages, {{ role: 'user', content: text }}];
    CUT
    return {asks("this.messages")};
  }}
}}
"""
SDK = f"""\
import {{ generateText, convertToModelMessages, tool }} from 'ai';
class Chat {{
  messages = [];
  async ask(text) {{
    this.messages{ADD};
    CUT
    return generateText({{ model, messages: await convertToModelMessages(this.messages) }});
  }}
}}
"""
ALL = (BY_USER, MEMBER, MODULE, OBJECT, SPREAD, SDK)


@pytest.mark.parametrize("code", ALL)
def test_a_list_that_outlives_the_question_grows_without_end(code: str) -> None:
    (store,) = deployed(code.replace("CUT", "")).memory_stores

    assert (store.kind, store.backend) == ("history", "in_memory")
    assert (store.max_turns, store.max_tokens, store.compaction) == (Known.NONE,) * 3


@pytest.mark.parametrize(
    ("code", "cut", "count"),
    [
        (MEMBER, "this.messages = this.messages.slice(-20);", 20),
        (MEMBER, "if (this.messages.length > LIMIT) this.messages.shift();", None),
        (MODULE, "if (messages.length > 50) messages.splice(1, 2);", None),
        (MODULE, "messages.length = 10;", None),
        (BY_USER, "while (history.length > 30) history.shift();", None),
        (OBJECT, "said[user] = said[user].slice(-LIMIT);", None),
    ],
)
def test_what_is_cut_is_bounded(code: str, cut: str, count: int | None) -> None:
    (store,) = deployed(code.replace("CUT", cut)).memory_stores

    assert (store.max_turns, store.max_turns_count) == (Known.SET, count)


def test_what_may_shorten_it_and_is_not_followed_is_told() -> None:
    found = deployed(MEMBER.replace("CUT", "await compactHistory(this);"))

    assert not found.memory_stores
    assert "what shortens messages is not followed" in {end.what for end in found.unresolved}


@pytest.mark.parametrize(
    "code",
    [
        f"async function once(text) {{ const messages = []; messages{ADD}; {asks('messages')}; }}",
        f"async function once(messages, text) {{ messages{ADD}; {asks('messages')}; }}",
        f"const fixed = [{{ role: 'user' }}];\nasync function once() {{ {asks('fixed')}; }}",
        f"const other = [];\nasync function once(t) {{ other{ADD}; {asks('[fresh(t)]')}; }}",
    ],
)
def test_what_ends_with_the_question_is_no_memory(code: str) -> None:
    assert not deployed(code).memory_stores


def test_pages_and_logs_are_not_read_for_it() -> None:
    code = "const log = [];\nexport const add = (text) => { log.push({ role: 'user', text }); };\n"
    found = deployment_of({"src/log.ts": code})

    assert [each.status for each in found.coverage] == ["skipped"]
