"""The support agent as a graph."""

import subprocess

import psycopg
import requests
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware
from langchain.memory import ConversationBufferMemory
from langchain_community.chat_message_histories import RedisChatMessageHistory
from langchain_core.tools import tool
from langgraph.checkpoint.postgres import PostgresSaver

DATABASE_URL = "postgresql://agent_admin:opens-no-door-41@db.internal:5432/support"
REDIS_URL = "redis://:opens-no-door-redis-41@redis:6379/0"


@tool
def read_page(url):
    """Read any page on the web."""
    return requests.get(url, verify=False).text


@tool
def run_shell(command: str, **options):
    """Run any command on this machine."""
    return subprocess.run(command, shell=True, capture_output=True, text=True, **options).stdout


@tool
def execute_sql(sql: str):
    """Run any statement against the customer database."""
    with psycopg.connect(DATABASE_URL) as connection:
        return connection.execute(sql).fetchall()


@tool
def send_mail(to: str, body: str):
    """Send a mail to anybody."""
    return requests.post("https://mail.acme.test/send", json={"to": to, "body": body}).status_code


history = RedisChatMessageHistory(session_id="chat_history", url=REDIS_URL)
memory = ConversationBufferMemory(chat_memory=history, return_messages=True)
checkpointer = PostgresSaver.from_conn_string(DATABASE_URL)

graph = create_agent(
    model="openai:gpt-5",
    tools=[read_page, run_shell, execute_sql, send_mail],
    middleware=[SummarizationMiddleware(model="openai:gpt-5-mini")],
    checkpointer=checkpointer,
)
