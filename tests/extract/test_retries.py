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
        ("@retry\ndef go():\n    return helper.initiate_chat('x')\n", "agent"),
        ("@retry\ndef go():\n    return helper.run_async('x')\n", "agent"),
        ("@retry\ndef go():\n    return helper.kickoff()\n", "agent"),
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


@pytest.mark.parametrize(
    ("code", "around"),
    [
        (f"def ask(): return {ASKS}\n@retry\ndef go(): return ask()\n", "model"),
        (
            f"class A:\n  def ask(self): {ASKS}\n  @retry\n  def go(self): return self.ask()\n",
            "model",
        ),
        ("def run_it(): helper.run('x')\nfor a in Retrying():\n  with a: run_it()\n", "agent"),
    ],
)
def test_what_is_retried_is_followed_through_functions(code: str, around: str) -> None:
    assert [(kind, limit) for _, kind, limit, _ in found(code)] == [(around, Known.NONE)]


def test_functions_that_call_each_other_end_the_search() -> None:
    assert found("def a(): b()\ndef b(): a()\n@retry\ndef go(): a()\n") == []


@pytest.mark.parametrize(
    ("call", "endless"),
    [
        ("openai.AsyncOpenAI(max_retries=math.inf)", True),
        ("openai.OpenAI(max_retries=float('inf'))", True),
        ("openai.OpenAI(max_retries=100_000)", True),
        ("client.with_options(max_retries=math.inf)", True),
        ("openai.OpenAI(max_retries=10)", False),
        ("openai.OpenAI(max_retries=True)", False),
        ("openai.OpenAI(max_retries=tries)", False),
        ("openai.OpenAI()", False),
        ("queue.Worker(max_retries=math.inf)", False),
    ],
)
def test_a_client_may_be_told_to_try_for_ever(call: str, *, endless: bool) -> None:
    assert bool(found(f"import math\nx = {call}\n")) is endless


LOOP = """def ask():
  n = 0
  while True:
    try:
      {tried}
    except Exception:
      {failed}
"""
SUCCEEDS = f"return {ASKS}"


@pytest.mark.parametrize(
    ("tried", "failed", "endless"),
    [
        (SUCCEEDS, "time.sleep(5)", True),
        (SUCCEEDS, "pass", True),
        (f"x = {ASKS}; break", "print('again'); continue", True),
        (SUCCEEDS, "raise", False),
        (SUCCEEDS, "n += 1\n      assert n < 5", False),
        (SUCCEEDS, "n += 1\n      if n > 5: return None", False),
        (SUCCEEDS, "give_up_after(n)", False),
        (f"print({ASKS})", "time.sleep(5)", False),
        ("return db.connect()", "time.sleep(5)", False),
    ],
)
def test_a_loop_that_only_success_ends_is_a_retry(
    tried: str, failed: str, *, endless: bool
) -> None:
    code = LOOP.format(tried=tried, failed=failed)
    expected = [("ask", "model", Known.NONE, 8)] if endless else []

    assert found(code) == expected


@pytest.mark.parametrize(
    "loop",
    [
        f"for n in range(5):\n  try: x = {ASKS}; break\n  except Exception: pass\n",
        f"while n < 5:\n  try: x = {ASKS}; break\n  except Exception: pass\n",
        f"while True:\n  if n > 5: break\n  try: x = {ASKS}; break\n  except Exception: pass\n",
    ],
)
def test_a_loop_that_counts_ends(loop: str) -> None:
    assert found(loop) == []
