"""
The scripted mind behind the model server: what a small ReAct model would answer.

Equal conversations get equal answers. The plan depends on the question, and on what tools say.
"""

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

Message = dict[str, object]

CHARACTERS_PER_TOKEN = 4
STOP_WORDS = frozenset(("about", "does", "from", "have", "that", "the", "there", "what", "which"))
ASKS_FOR_NUMBERS = re.compile(r"average|estimate|how (many|long|much)|trend", re.IGNORECASE)
ASKS_TO_COMPARE = re.compile(r"compare (\w+) (?:with|and|to) (\w+)", re.IGNORECASE)
PROGRAM = """\
import random, statistics
figures = {figures}
rng = random.Random(7)
means = sorted(
    statistics.fmean(rng.choices(figures, k=len(figures))) for _ in range(6000)
)
print(f"mean {{statistics.fmean(figures):.1f}}, between {{means[150]:.1f}} and {{means[5849]:.1f}}")
"""
SENTENCES = (
    "The short answer is that the service is fine.",
    "The longer one begins with how its load is spread over the week.",
    "Most of what you see at noon is waiting, not work.",
    "If you look at the night, the same machines stand idle.",
    "So before you buy more of them, move what can wait.",
    "Begin with the reports, which nobody reads before nine.",
    "Then look at the tail: one slow request in a hundred decides how it feels.",
    "I would measure again after a week.",
)


@dataclass(frozen=True, slots=True)
class Thought:
    """What the model says next: text, or a tool and its arguments."""

    text: str = ""
    tool: str = ""
    arguments: dict[str, str] | None = None

    @property
    def tokens(self) -> int:
        """Length of what is generated; a tool call's long argument is mostly copied."""
        argument = json.dumps(self.arguments) if self.arguments else ""
        return max(8, len(self.text) // CHARACTERS_PER_TOKEN + min(len(argument) // 8, 12))


def next_thought(messages: Sequence[Message], *, has_tools: bool) -> Thought:
    """The model's next message in this conversation."""
    asked = max(i for i, message in enumerate(messages) if message.get("role") == "user")
    question = str(messages[asked].get("content", ""))
    if not has_tools:
        return _talk(question, messages)
    results = [message for message in messages[asked + 1 :] if message.get("role") == "tool"]
    return _research(question, results)


def _research(question: str, results: Sequence[Message]) -> Thought:
    """Search; search again if asked to compare; compute if asked for numbers; then summarise."""
    done = [str(result.get("name")) for result in results]
    texts = [str(result.get("content")) for result in results]
    queries = _queries(question)
    if len(done) < len(queries):
        return Thought(tool="search_files", arguments={"query": queries[len(done)]})
    found = _found(texts[: len(queries)])
    if not found:
        return Thought(text=f"The reports say nothing about this: {question}")
    if ASKS_FOR_NUMBERS.search(question) and "run_python" not in done:
        return Thought(tool="run_python", arguments={"code": _program(found)})
    if "summarize" not in done:
        return Thought(tool="summarize", arguments={"text": found})
    computed = texts[done.index("run_python")].strip() if "run_python" in done else ""
    central = texts[-1].strip().split(". ")[0].removesuffix(".")
    return Thought(text=" ".join(("In short:", f"{central}.", computed)).strip())


def _queries(question: str) -> list[str]:
    compared = ASKS_TO_COMPARE.search(question)
    if compared:
        return [f"incident {service} cause" for service in compared.groups()]
    words = [word for word in re.findall(r"[a-z]{4,}", question.lower()) if word not in STOP_WORDS]
    return [" ".join(words)]


def _found(texts: Sequence[str]) -> str:
    paragraphs = []
    for text in texts:
        try:
            paragraphs += [str(entry["text"]) for entry in json.loads(text)]
        except (ValueError, TypeError, KeyError):
            continue  # the tool failed; the model works with what the others found
    return "\n".join(paragraphs)


def _program(text: str) -> str:
    figures = [int(figure) for figure in re.findall(r"\d+", text)][:200]
    return PROGRAM.format(figures=figures or [0])


def _talk(question: str, messages: Sequence[Message]) -> Thought:
    """A long draft; of three drafts the review sends one back."""
    if question.startswith("Review"):
        conversation = json.dumps(messages[:-1], sort_keys=True)
        verdict = "REVISE" if zlib.crc32(conversation.encode()) % 3 == 0 else "OK"
        return Thought(text=f"{verdict}. {' '.join(SENTENCES[:3])}")
    first = zlib.crc32(question.encode()) % len(SENTENCES)
    rounds = 12 + first
    chosen = (SENTENCES[(first + offset) % len(SENTENCES)] for offset in range(rounds))
    return Thought(text=" ".join(chosen))
