"""The support agent as a graph: typed tools behind a gateway, and a memory that ends."""

from typing import Literal

from acme_support import ArticleList, TicketState, gateway
from langchain.agents import create_agent
from langchain.agents.middleware import (
    HumanInTheLoopMiddleware,
    ModelCallLimitMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
    ToolCallLimitMiddleware,
)
from langchain_core.tools import tool
from langgraph.checkpoint.redis import RedisSaver

Topic = Literal["billing", "delivery", "returns", "account"]
MINUTES_PER_DAY = 24 * 60


@tool
def find_article(topic: Topic, year: int) -> ArticleList:
    """The reviewed help articles about a topic."""
    return gateway.find_article(topic=topic, year=year)


@tool
def update_ticket(ticket_number: int, state: TicketState) -> TicketState:
    """Move a ticket of this customer to another state. A colleague approves it."""
    return gateway.update_ticket(ticket_number=ticket_number, state=state)


checkpointer = RedisSaver(
    "redis://memory:6379/0",
    ttl={"default_ttl": MINUTES_PER_DAY, "refresh_on_read": False},
)

graph = create_agent(
    model="bedrock_converse:anthropic.claude-sonnet-4-5-20250929-v1:0",
    tools=[find_article, update_ticket],
    middleware=[
        SummarizationMiddleware(
            model="bedrock_converse:anthropic.claude-haiku-4-5-20251001-v1:0",
            trigger=("tokens", 8_000),
            keep=("messages", 20),
        ),
        ModelCallLimitMiddleware(thread_limit=100, run_limit=12),
        ToolCallLimitMiddleware(thread_limit=50, run_limit=8),
        HumanInTheLoopMiddleware(interrupt_on={"update_ticket": True}),
        PIIMiddleware("email", strategy="redact"),
    ],
    checkpointer=checkpointer,
).with_config(recursion_limit=25)
