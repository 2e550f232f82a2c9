"""Conversations under one key in programs without a server of their own."""

import pytest

from agentaudit.extract.deployment import deployment_of

AGENT = "from agents import Agent, Runner, SQLiteSession\ndesk = Agent(name='desk')\n"
KEPT = 'kept = SQLiteSession("one", "kept.db")\n'
ASKS = "    return Runner.run_sync(desk, text, session=kept)\n"


def constant(code: str, **others: str) -> list[bool]:
    files = {"agent.py": f"{AGENT}{code}"} | {f"{name}.py": text for name, text in others.items()}
    return [store.constant_session_key for store in deployment_of(files).memory_stores]


@pytest.mark.parametrize(
    "code",
    [
        f"{KEPT}def ask(user_id, text):\n{ASKS}",
        f"{KEPT}async def ask(chat_id: int, text: str):\n{ASKS}",
        f"{KEPT}class Desk:\n    def ask(self, session_id, text):\n    {ASKS}",
        f"{KEPT}def answer(text):\n{ASKS}\ndef ask(customer_id, text):\n    return answer(text)\n",
        "def ask(user_id, text):\n    kept = SQLiteSession('one', 'kept.db')\n" + ASKS,
        (
            f"from telegram import Update\n{KEPT}async def handle(update, context):\n"
            f"    text = update.message.text\n{ASKS}"
        ),
        (
            f"import discord\n{KEPT}@client.event\nasync def on_message(message):\n"
            f"    text = message.content\n{ASKS}"
        ),
        f"from slack_bolt import App\n{KEPT}@app.event('message')\ndef handle(text):\n{ASKS}",
        f"from aiogram import Router\n{KEPT}@router.message()\nasync def handle(text):\n{ASKS}",
    ],
)
def test_who_is_told_whose_question_it_is_shares_one_conversation(code: str) -> None:
    assert constant(code) == [True]


@pytest.mark.parametrize(
    "code",
    [
        f"{KEPT}def ask(text):\n{ASKS}",
        f"{KEPT}def ask(text):\n{ASKS}\ndef other(user_id):\n    return user_id\n",
        "def ask(user_id, text):\n    kept = SQLiteSession(user_id, 'kept.db')\n" + ASKS,
        f"{KEPT}@function_tool\ndef ask(user_id, text):\n{ASKS}",
        f"{KEPT}@bus.event('message')\ndef handle(text):\n{ASKS}",
    ],
)
def test_one_person_has_one_conversation(code: str) -> None:
    """Nor does a tool answer anybody: its model decides what it is told."""
    assert constant(code) == [False]


def test_who_asks_may_be_told_to_another_file() -> None:
    imports = "from agents import trace\nfrom agent import ask\n"
    asking = f"{imports}def handle(user_id, text):\n    return ask(text)\n"

    assert constant(f"{KEPT}def ask(text):\n{ASKS}", bot=asking) == [True]
