"""
The same agent on asyncio: one thread, many requests, tools as awaited subprocesses.

    python async_server.py --model http://127.0.0.1:8000/v1 --data /tmp/agent --port 0
"""

import argparse
import asyncio
import json
import re
import signal
from asyncio.subprocess import PIPE, STDOUT
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from agent import MAX_TURNS, REVIEW, REVISE, Agent, Answer, Task, opening, parts, result_of
from lifetime import end_when_told
from llm import Message, ModelError, ToolCall
from server import MAX_BODY, RequestError, as_json, options, task_of
from tools import MAX_CHARACTERS, SPECS, TIMEOUT_S, command

READ_TIMEOUT_S = 60.0


class AsyncAgent:
    """Answers tasks in one event loop. What blocks (model, store, index) waits in a thread."""

    def __init__(self, agent: Agent, corpus: Path) -> None:
        self._agent = agent
        self._corpus = corpus

    async def run(self, task: Task) -> Answer:
        turns = await asyncio.to_thread(self._agent.recall, task)
        passages = await asyncio.to_thread(self._agent.retrieve, task)
        messages = opening(task, turns, passages)
        work = self.research if task.kind == "research" else self.chat
        answer = await work(messages)
        await asyncio.to_thread(self._agent.remember, task, answer)
        return answer

    async def research(self, messages: list[Message]) -> Answer:
        used: list[str] = []
        for turn in range(1, MAX_TURNS + 1):
            reply = await asyncio.to_thread(self._agent.think, messages, SPECS)
            if not reply.tool_calls:
                return Answer(reply.text, turn, tuple(used))
            messages.append(reply.message)
            results = await asyncio.gather(*(self.act(call) for call in reply.tool_calls))
            messages += map(result_of, reply.tool_calls, results)
            used += [call.name for call in reply.tool_calls]
        return Answer("I could not finish within my turns.", MAX_TURNS, tuple(used))

    async def chat(self, messages: list[Message]) -> Answer:
        draft = await asyncio.to_thread(self._agent.think, messages)
        messages += [draft.message, {"role": "user", "content": REVIEW}]
        review = await asyncio.to_thread(self._agent.think, messages)
        if not review.text.startswith("REVISE"):
            return Answer(draft.text, 2, ())
        messages += [review.message, {"role": "user", "content": REVISE}]
        final = await asyncio.to_thread(self._agent.think, messages)
        return Answer(final.text, 3, ())

    async def act(self, call: ToolCall) -> str:
        words = command(call.name, call.arguments, self._corpus)
        program = await asyncio.create_subprocess_exec(
            *words, stdin=PIPE, stdout=PIPE, stderr=STDOUT, env={"LANG": "C.UTF-8"}
        )
        text = call.arguments.get("text", "")
        try:
            output, _ = await asyncio.wait_for(program.communicate(text.encode()), TIMEOUT_S)
        except TimeoutError:
            return f"stopped after {TIMEOUT_S:.0f} s"
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        return output.decode()[:MAX_CHARACTERS]


async def handle(
    agent: AsyncAgent, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One request on one connection; the least of HTTP that a client needs."""
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"(?im)^content-length: *(\d{1,6})\s*$", head)
            body = await reader.readexactly(min(int(length[1]), MAX_BODY)) if length else b""
        status, answer = await respond(agent, head.split(" ", 2)[:2], body)
        text = json.dumps(answer).encode()
        first = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        fields = f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n"
        writer.write((first + "Content-Type: application/json\r\n" + fields).encode() + text)
        await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, OSError):
        pass  # the client went away
    finally:
        writer.close()


async def respond(
    agent: AsyncAgent, line: list[str], body: bytes
) -> tuple[HTTPStatus, dict[str, object]]:
    match line:
        case ["GET", "/health"]:
            return HTTPStatus.OK, {"status": "ok"}
        case ["POST", "/run"]:
            try:
                return HTTPStatus.OK, as_json(await agent.run(task_of(body)))
            except RequestError as error:
                return HTTPStatus.BAD_REQUEST, {"error": str(error)}
            except ModelError as error:
                return HTTPStatus.BAD_GATEWAY, {"error": str(error)}
        case _:
            return HTTPStatus.NOT_FOUND, {"error": "GET /health or POST /run"}


async def serve(agent: AsyncAgent, asked: argparse.Namespace) -> None:
    """The agent answers until the process is told to stop."""
    end_when_told(with_input=asked.with_input)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(handle(agent, reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", asked.port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()
    for task in tasks:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    asked = options()
    model, tools, retriever, memory = parts(asked.data, asked.model)
    agent = Agent(model=model, tools=tools, retriever=retriever, memory=memory)
    asyncio.run(serve(AsyncAgent(agent, asked.data / "corpus"), asked))


if __name__ == "__main__":
    main()
