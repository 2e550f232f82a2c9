"""Requests built of calls and sent by a last one, as clients of Supabase and Google have them."""

import pytest

from agentaudit.extract.deployment import deployment_of

TOOL = """\
from pydantic_ai import Agent, RunContext

desk = Agent("openai:gpt-5")


@desk.tool
async def use(ctx: RunContext, user: str) -> str:
    return str(BUILT.execute())
"""


@pytest.mark.parametrize(
    ("built", "effects"),
    [
        ('ctx.deps.db.from_("pages").select("url").eq("user", user)', {"read"}),
        ('ctx.deps.db.table("pages").insert({"user": user})', {"write"}),
        ('ctx.deps.db.table("pages").update({"user": user}).eq("id", 1)', {"write"}),
        ('ctx.deps.db.table("pages").delete().eq("user", user)', {"delete"}),
        ("ctx.deps.mail.users().messages().list(userId=user)", {"read"}),
        ("ctx.deps.mail.users().messages().send(userId=user)", {"send"}),
        ('ctx.deps.db.rpc("match_pages", {"user": user})', set()),
    ],
)
def test_what_they_do_is_told_by_the_calls_they_are_built_of(built: str, effects: set[str]) -> None:
    (tool,) = deployment_of({"agent.py": TOOL.replace("BUILT", built)}).tools

    assert set(tool.effects) == effects


def test_a_statement_that_is_handed_over_may_do_anything() -> None:
    text = TOOL.replace("BUILT.execute()", "ctx.deps.db.execute(user)")
    (tool,) = deployment_of({"agent.py": text}).tools

    assert "delete" in tool.effects
