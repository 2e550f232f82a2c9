"""Budgets that a program checks elsewhere than where it builds its agents."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known

AGENT = """
from pydantic_ai import Agent

agent = Agent("openai:gpt-5")
"""
CHECKED = "import pydantic_ai\n\n\nasync def ask(user):\n    await quotas.check_quota(user)\n"
HANDED = (
    "import pydantic_ai\n\n\nasync def ask(agent, most):\n"
    "    return await agent.run('hi', usage_limits=%s)\n"
)
ROUTE = """
from app.limits import limiter, rate_limiter


@%s("10 per minute")
def %s(user):
    return user
"""
LIMITER = """
from app.limits import limiter


async def %s(user):
    allowed = await limiter.%s(f"chat:{user}", 20, 60)
    return user if allowed else None
"""
MIDDLEWARE = """
from app.limits import limiter


async def %s(request, call_next):
    if not app.state.rate_limiter.is_allowed(request.client.host):
        return too_many()
    return await call_next(request)
"""
REFUSED = """
from fastapi import HTTPException, status
from fastapi.responses import JSONResponse


async def %s(request%s):
    if await used_up(request):
        %s
    return request
"""
ADDED = """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from slowapi.middleware import SlowAPIMiddleware
from app.limits import RateLimitMiddleware

app = FastAPI()
app.add_middleware(%s)
"""
COUNTING = """
async def %s(user, rate_key):
    if await redis.incr(%s) > 3:
        return None
    return user
"""
ABOVE = "import pydantic_ai\nfrom core.cost import Cost\n"
COUNTED = "import pydantic_ai\n\n\ndef ask(tokens):\n    warn_if_over_budget(tokens)\n"


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("app/api.py", CHECKED, Known.UNKNOWN),
        ("app/api.py", CHECKED.replace("check_quota", "_enforce_daily_budget"), Known.UNKNOWN),
        ("app/api.py", HANDED % "most", Known.UNKNOWN),
        ("app/api.py", HANDED % "None", Known.NONE),
        ("app/api.py", COUNTED, Known.NONE),
        ("app/api.py", CHECKED.replace("check_quota", "check_token_budget"), Known.NONE),
        ("app/api.py", CHECKED.replace("check_quota", "check_turn_token_budget"), Known.NONE),
        ("app/api.py", CHECKED.replace("check_quota", "check_budget_alerts"), Known.NONE),
        ("app/api.py", CHECKED.replace("check_quota", "enforce_llm_token_budget"), Known.NONE),
        ("other/api.py", CHECKED, Known.NONE),
        ("other/api.py", f"from app.agent import agent\n{CHECKED}", Known.UNKNOWN),
        ("other/app/api.py", f"from app.agent import agent\n{CHECKED}", Known.NONE),
        ("app/api.py", CHECKED.replace("import pydantic_ai", ""), Known.UNKNOWN),
        ("app/api.py", CHECKED.replace("check_quota", "require_budget"), Known.UNKNOWN),
        ("app/api.py", "async def ask(user):\n    enforce_daily_budget(user)\n", Known.UNKNOWN),
        ("app/tests/test_api.py", CHECKED, Known.NONE),
        ("app/api.py", CHECKED.replace("check_quota", "deduct_credits"), Known.UNKNOWN),
        ("app/api.py", ROUTE % ("limiter.limit", "send_message"), Known.UNKNOWN),
        ("app/api.py", ROUTE % ("rate_limiter.limit", "answer"), Known.UNKNOWN),
        ("app/api.py", ROUTE % ("limiter.limit", "log_in"), Known.NONE),
        ("app/api.py", ROUTE % ("limiter.exempt", "send_message"), Known.NONE),
        ("app/api.py", LIMITER % ("chat_endpoint", "check"), Known.UNKNOWN),
        ("app/api.py", LIMITER % ("chat_endpoint", "hit"), Known.UNKNOWN),
        ("app/api.py", LIMITER % ("chat_endpoint", "acquire"), Known.NONE),
        ("app/api.py", LIMITER % ("log_in", "check"), Known.NONE),
        ("app/api.py", MIDDLEWARE % "before_all", Known.UNKNOWN),
        ("app/api.py", MIDDLEWARE.replace("call_next", "then") % "before_all", Known.NONE),
        ("app/api.py", REFUSED % ("chat", "", "raise HTTPException(429)"), Known.UNKNOWN),
        (
            "app/api.py",
            REFUSED % ("first", ", call_next", "return JSONResponse({}, status_code=429)"),
            Known.UNKNOWN,
        ),
        (
            "app/api.py",
            REFUSED % ("chat", "", "raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS)"),
            Known.UNKNOWN,
        ),
        ("app/api.py", REFUSED % ("chat", "", "raise HTTPException(402)"), Known.NONE),
        ("app/api.py", REFUSED % ("log_in", "", "raise HTTPException(429)"), Known.NONE),
        ("app/api.py", REFUSED % ("chat", "", "assert request.status == 429"), Known.NONE),
        ("app/api.py", COUNTING % ("chat", 'f"ratelimit:{user}"'), Known.UNKNOWN),
        ("app/api.py", COUNTING % ("webhook", "rate_key"), Known.UNKNOWN),
        ("app/api.py", COUNTING % ("answer", "answered_key"), Known.NONE),
        ("app/api.py", COUNTING % ("log_in", "rate_key"), Known.NONE),
        ("app/api.py", ADDED % "SlowAPIMiddleware", Known.UNKNOWN),
        ("app/api.py", ADDED % "RateLimitMiddleware, per_minute=5", Known.UNKNOWN),
        ("app/api.py", ADDED % "CORSMiddleware", Known.NONE),
    ],
)
def test_a_budget_that_a_program_checks_may_be_its_agents(
    file: str, text: str, found: Known
) -> None:
    deployment = deployment_of({"app/agent.py": AGENT, file: text})
    told = [end for end in deployment.unresolved if "budgets" in end.what]

    assert deployment.agents[0].budget is found
    assert bool(told) is (found is Known.UNKNOWN)


def test_what_imports_the_code_that_checks_may_be_limited() -> None:
    checking = "class Cost:\n    def begin(self):\n        self._enforce_call_budget()\n"
    files = {"app/agent.py": AGENT + ABOVE, "core/cost.py": checking}

    (agent,) = deployment_of(files).agents
    (other,) = deployment_of({**files, "app/agent.py": AGENT}).agents
    (tried,) = deployment_of({**files, "app/agent.py": AGENT, "app/tests/t.py": ABOVE}).agents

    assert agent.budget is Known.UNKNOWN
    assert other.budget is tried.budget is Known.NONE


CREW = """
agents:
  planner:
    role: Planner
    goal: Plan what is asked for
    backstory: Plans.
    llm: {%s}
"""


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("model: llama3, base_url: 'http://localhost:11434'", Known.UNKNOWN),
        ("model: ollama/llama3", Known.UNKNOWN),
        ("model: gpt-5", Known.NONE),
        ("model: llama3, base_url: 'https://models.acme.example'", Known.NONE),
    ],
)
def test_what_answers_on_ones_own_machine_costs_nothing_by_the_call(
    model: str, found: Known
) -> None:
    (agent,) = deployment_of({"config/agents.yaml": CREW % model}).agents

    assert agent.budget is found


LIMITED = (
    "from pydantic_ai import Agent, UsageLimits\n"
    "agent = Agent('openai:gpt-5')\n"
    "answer = agent.run_sync('hi', usage_limits=%s)\n"
)


@pytest.mark.parametrize(
    ("limits", "iterations", "count", "budget"),
    [
        ("UsageLimits(request_limit=10)", Known.SET, 10, Known.SET),
        ("UsageLimits(total_tokens_limit=5000)", Known.SET, 50, Known.SET),
        ("UsageLimits(request_limit=None)", Known.NONE, None, Known.NONE),
        ("UsageLimits(request_limit=None, total_tokens_limit=9)", Known.NONE, None, Known.SET),
        ("UsageLimits()", Known.SET, 50, Known.SET),
    ],
)
def test_limits_of_usage_may_take_away_what_holds_without_them(
    limits: str, iterations: Known, count: int | None, budget: Known
) -> None:
    (agent,) = deployment_of({"agent.py": LIMITED % limits}).agents

    assert (agent.max_iterations, agent.max_iterations_count) == (iterations, count)
    assert agent.budget is budget


CREW_IN_CODE = """
from crewai import LLM, Agent
from langchain_ollama import ChatOllama, OllamaLLM
from langchain_openai import ChatOpenAI

agent = Agent(role="Desk", goal="Answer.", backstory="Careful.", llm=%s)
"""


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("OllamaLLM(model='llama4')", Known.UNKNOWN),
        ("given or ChatOllama(model='llama4')", Known.UNKNOWN),
        ("'ollama/llama4'", Known.UNKNOWN),
        ("'gpt-5'", Known.NONE),
        ("ChatOpenAI(model='gpt-5')", Known.NONE),
        ("ChatOllama(model='llama4') if local else ChatOpenAI(model='gpt-5')", Known.NONE),
        ("chosen", Known.NONE),
    ],
)
def test_nobody_need_pay_for_models_of_ollama_by_the_call(model: str, found: Known) -> None:
    assert deployment_of({"app/crew.py": CREW_IN_CODE % model}).agents[0].budget is found
