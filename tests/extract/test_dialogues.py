"""Conversations that last as long as somebody talks to a program."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known
from agentaudit.model.facts.memory import MemoryStore

HEAD = "import sys\nfrom openai import OpenAI\nfrom rich.prompt import Prompt\nclient = OpenAI()\n"
ASK = "client.chat.completions.create(model='m', messages=said)"
LOOP = """\
said = [{"role": "system", "content": "Help."}]
while True:
    text = input("> ")
    said.append({"role": "user", "content": text})
    CUT
    answer = ASK.choices[0].message
    said.append(answer)
    print(answer.content)
""".replace("ASK", ASK)
SCRIPT = """\
import OpenAI from "openai";
const client = new OpenAI();
const said = [];
while (true) {
  const text = await rl.question("> ");
  said.push({ role: "user", content: text });
  const answer = await client.chat.completions.create({ model: "m", messages: said });
  said.push(answer.choices[0].message);
}
"""


def stores(code: str, file: str = "chat.py") -> tuple[MemoryStore, ...]:
    return deployment_of({file: code if file.endswith("s") else f"{HEAD}{code}"}).memory_stores


def in_function(code: str) -> str:
    return "def main():\n" + "".join(f"    {line}\n" for line in code.splitlines())


@pytest.mark.parametrize("placed", [str, in_function])
@pytest.mark.parametrize(
    "code",
    [
        LOOP.replace("CUT", "pass"),
        LOOP.replace("CUT", "if text == 'new': said = []"),
        LOOP.replace("CUT", "match text:\n        case 'new': said = []"),
        LOOP.replace("CUT", "for each in said[1:]: print(each)"),
        LOOP.replace("CUT", "pass").replace("input(", "Prompt.ask("),
        LOOP.replace("CUT", "pass").replace("input('> ')", "sys.stdin.readline().strip()"),
        LOOP.replace("CUT", "pass").replace("while True", "while running"),
        LOOP.replace("CUT", "pass").replace("said.append(answer)", "said = said + [answer]"),
        f"said = []\nwhile (text := input()) != 'exit':\n    said += [text]\n    {ASK}",
        (
            "said = []\nwhile True:\n    said.append({'content': input()})\n    while True:\n"
            f"        answer = {ASK}\n        said.append(answer)"
        ),
    ],
)
def test_a_dialogue_grows_without_end(code: str, placed: type[str]) -> None:
    (store,) = stores(placed(code))

    assert (store.name, store.scope, store.max_turns) == ("said", "session", Known.NONE)


@pytest.mark.parametrize(
    ("cut", "bound", "count"),
    [
        ("said = said[-20:]", Known.SET, 20),
        ("del said[1:3]", Known.SET, None),
        ("if len(said) > 20: said.pop(0)", Known.SET, None),
    ],
)
def test_a_dialogue_is_bounded_where_it_is_cut(cut: str, bound: Known, count: int | None) -> None:
    (store,) = stores(LOOP.replace("CUT", cut))

    assert (store.max_turns, store.max_turns_count) == (bound, count)


@pytest.mark.parametrize(
    "code",
    [
        LOOP.replace("CUT", "pass").replace("while True:", "for text in questions:"),
        LOOP.replace("CUT", "pass").replace('text = input("> ")', "text = questions.get()"),
        LOOP.replace("CUT", "said = [{'role': 'user', 'content': text}]"),
        LOOP.replace("CUT", "said = shortened(said)"),
        LOOP.replace("CUT", "if answered: said = []"),
        LOOP.replace('"content": text', '"content": text == "y"'),
        "said = [task]\nwhile True:\n    answer = " + ASK + "\n    said.append(answer)\n"
        "    if input('go on? ') != 'y':\n        break\n",
        (
            "said = [task]\nwhile True:\n    go = input('go on? ')\n    if go == 'n': break\n"
            f"    said.append({ASK})\n"
        ),
        "while True:\n    said = []\n    said.append({'content': input()})\n    " + ASK,
        "said = []\nwhile True:\n    text = input()\n    print(text, len(said))\n    " + ASK,
    ],
)
def test_what_begins_anew_or_hears_nobody_is_no_dialogue(code: str) -> None:
    """A person who only says whether a step may go on gives the model nothing to keep."""
    assert stores(code) == ()


def test_scripts_talk_likewise() -> None:
    (store,) = stores(SCRIPT, "chat.mjs")
    shorter = SCRIPT.replace(
        "const answer", "while (said.length > 40) said.shift();\n  const answer"
    )
    (bounded,) = stores(shorter, "chat.mjs")

    assert (store.max_turns, bounded.max_turns) == (Known.NONE, Known.SET)
