"""
The agent: a ReAct loop for research, draft and review for chat.

Every kind of work is one method (`recall`, `retrieve`, `think`, `act`, `remember`), so that the
loop reads as what it is, and so that a variant can do one of them in another way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from corpus import write_corpus
from llm import ChatModel, Message, Reply, ToolCall
from memory import Memory, Turn
from retrieval import Passage, Retriever
from tools import SPECS, Toolbox

Kind = Literal["research", "chat"]
MAX_TURNS = 8
SYSTEM = {
    "research": "Answer from the reports. Use the tools; stop when you can answer.",
    "chat": "Answer the customer in a friendly, complete way.",
}
REVIEW = "Review your answer. Say OK when it is good, REVISE when it must be written again."
REVISE = "Write the answer again, better."


@dataclass(frozen=True, slots=True)
class Task:
    """What a user asks, in which session, and which way of working it needs."""

    kind: Kind
    question: str
    session: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the user gets, and what it took."""

    text: str
    model_calls: int
    tools: tuple[str, ...]


class Agent:
    """Answers tasks; safe to use from many threads at once."""

    def __init__(
        self, *, model: ChatModel, tools: Toolbox, retriever: Retriever, memory: Memory
    ) -> None:
        self.model = model
        self.tools = tools
        self.retriever = retriever
        self.memory = memory

    def run(self, task: Task) -> Answer:
        turns = self.recall(task)
        passages = self.retrieve(task)
        messages = opening(task, turns, passages)
        answer = self.research(messages) if task.kind == "research" else self.chat(messages)
        self.remember(task, answer)
        return answer

    def research(self, messages: list[Message]) -> Answer:
        """Think and act in turn until the model answers, or until it has had its turns."""
        used: list[str] = []
        for turn in range(1, MAX_TURNS + 1):
            reply = self.think(messages, SPECS)
            if not reply.tool_calls:
                return Answer(reply.text, turn, tuple(used))
            messages.append(reply.message)
            for call in reply.tool_calls:
                messages.append(result_of(call, self.act(call)))
                used.append(call.name)
        return Answer("I could not finish within my turns.", MAX_TURNS, tuple(used))

    def chat(self, messages: list[Message]) -> Answer:
        """A draft, a review of it, and a second version where the review asks for one."""
        draft = self.think(messages)
        messages += [draft.message, {"role": "user", "content": REVIEW}]
        review = self.think(messages)
        if not review.text.startswith("REVISE"):
            return Answer(draft.text, 2, ())
        messages += [review.message, {"role": "user", "content": REVISE}]
        return Answer(self.think(messages).text, 3, ())

    def recall(self, task: Task) -> list[Turn]:
        return self.memory.recall(task.session)

    def retrieve(self, task: Task) -> list[Passage]:
        return self.retriever.search(task.question)

    def think(self, messages: Sequence[Message], tools: Sequence[Message] = ()) -> Reply:
        return self.model.complete(messages, tools)

    def act(self, call: ToolCall) -> str:
        return self.tools.call(call)

    def remember(self, task: Task, answer: Answer) -> None:
        self.memory.remember(task.session, task.question, answer.text)


def opening(task: Task, turns: Sequence[Turn], passages: Sequence[Passage]) -> list[Message]:
    """The conversation as the model first sees it."""
    system = [SYSTEM[task.kind]]
    system += [f"[{passage.source}] {passage.text}" for passage in passages]
    messages: list[Message] = [{"role": "system", "content": "\n".join(system)}]
    for turn in turns:
        messages.append({"role": "user", "content": turn.question})
        messages.append({"role": "assistant", "content": turn.answer})
    return [*messages, {"role": "user", "content": task.question}]


def result_of(call: ToolCall, text: str) -> Message:
    """The message that brings a tool's result back to the model."""
    return {"role": "tool", "tool_call_id": call.id, "name": call.name, "content": text}


def parts(data: Path, model_url: str) -> tuple[ChatModel, Toolbox, Retriever, Memory]:
    """What an agent is made of, with its corpus, index and memory in the folder `data`."""
    corpus = data / "corpus"
    documents = write_corpus(corpus)
    return (
        ChatModel(model_url),
        Toolbox(corpus),
        Retriever(data / "index.sqlite", documents),
        Memory(data / "memory.sqlite"),
    )
