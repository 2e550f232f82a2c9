"""Retries around models, agents and tools in Python."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known

HEAD = (
    "import backoff, openai, tenacity\n"
    "from agents import Agent, function_tool\n"
    "from tenacity import AsyncRetrying, Retrying, retry, stop_never, stop_after_attempt\n"
    "helper = Agent(name='Helper', tools=[])\n"
    "client = openai.OpenAI()\n"
)
ASKS = "client.chat.completions.create(model='m', messages=[])"


def found(code: str) -> list[tuple[str, str, Known, int]]:
    retries = deployment_of({"a.py": HEAD + code}).retries
    return [(item.name, item.around, item.limit, item.evidence[0].line) for item in retries]


@pytest.mark.parametrize(
    ("decorator", "limit"),
    [
        ("retry", Known.NONE),
        ("retry()", Known.NONE),
        ("tenacity.retry(stop=stop_never)", Known.NONE),
        ("retry(stop=None)", Known.NONE),
        ("retry(stop=stop_after_attempt(3))", Known.SET),
        ("retry(sleep, stop_after_attempt(3))", Known.SET),
        ("retry(stop=of_settings)", Known.SET),
        ("retry(**settings)", Known.UNKNOWN),
        ("backoff.on_exception(backoff.expo, Exception)", Known.NONE),
        ("backoff.on_exception(backoff.expo, Exception, max_time=60)", Known.SET),
        ("backoff.on_exception(backoff.expo, Exception, max_tries=None)", Known.NONE),
        ("backoff.on_exception(backoff.expo, Exception, giveup=fatal)", Known.UNKNOWN),
    ],
)
def test_arguments_tell_whether_retries_end(decorator: str, limit: Known) -> None:
    assert found(f"@{decorator}\ndef ask():\n    return {ASKS}\n") == [("ask", "model", limit, 6)]


@pytest.mark.parametrize(
    ("code", "around"),
    [
        ("@retry\n@function_tool\ndef look(x: int): ...\n", "tool"),
        ("@retry\ndef go():\n    return helper.run('x')\n", "agent"),
        ("for attempt in Retrying():\n    with attempt:\n        helper.run('x')\n", "agent"),
        (f"async def f():\n  async for a in AsyncRetrying():\n    with a: {ASKS}\n", "model"),
        (f"again = retry(wait=1)\n@again\ndef ask(): {ASKS}\n", "model"),
    ],
)
def test_retries_stand_around_models_agents_and_tools(code: str, around: str) -> None:
    assert [(kind, limit) for _, kind, limit, _ in found(code)] == [(around, Known.NONE)]


@pytest.mark.parametrize(
    "code",
    [
        "@retry\ndef connect(): return db.connect()\n",
        "@retry\ndef write(): return twilio.messages.create(body='x')\n",
        "def retry(f): return f\n@retry\ndef later(): return helper.name\n",
        f"@own.retry\ndef ask(): {ASKS}\n",
    ],
)
def test_other_retries_are_no_business_of_an_audit(code: str) -> None:
    assert found(code) == []
