"""The agent's tools: each call is a program of its own, with a time limit and a bounded answer."""

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from llm import Message, ToolCall

HERE = Path(__file__).parent
TIMEOUT_S = 20.0
MAX_CHARACTERS = 20_000


def _spec(name: str, description: str, *parameters: str) -> Message:
    properties = {
        parameter: {"type": "string", "maxLength": MAX_CHARACTERS} for parameter in parameters
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(parameters),
        "additionalProperties": False,
    }
    function = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function}


SPECS = (
    _spec("search_files", "Find paragraphs in the report files.", "query"),
    _spec("run_python", "Run a Python program and return what it prints.", "code"),
    _spec("summarize", "Return the central sentences of a text.", "text"),
)


class Toolbox:
    """The tools, and the programs they are running now."""

    def __init__(self, corpus: Path) -> None:
        self._corpus = corpus
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._tools: dict[str, Callable[[dict[str, str]], str]] = {
            "search_files": self.search_files,
            "run_python": self.run_python,
            "summarize": self.summarize,
        }

    def call(self, call: ToolCall) -> str:
        """What the tool says; a tool that the agent does not have says so."""
        tool = self._tools.get(call.name)
        return tool(call.arguments) if tool else f"no such tool: {call.name}"

    def search_files(self, arguments: dict[str, str]) -> str:
        return self._run(command("search_files", arguments, self._corpus), "")

    def run_python(self, arguments: dict[str, str]) -> str:
        return self._run(command("run_python", arguments, self._corpus), "")

    def summarize(self, arguments: dict[str, str]) -> str:
        return self._run(command("summarize", arguments, self._corpus), arguments.get("text", ""))

    def close(self) -> None:
        """No program is running any more, and none can be started."""
        with self._lock:
            self._closed = True
            for program in self._running:
                program.kill()

    def _run(self, command: Sequence[str], text: str) -> str:
        with self._lock:
            if self._closed:
                return "the agent is stopping"
            program = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={"LANG": "C.UTF-8"},
            )
            self._running.add(program)
        try:
            output, _ = program.communicate(text, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.communicate()
            output = f"stopped after {TIMEOUT_S:.0f} s"
        finally:
            with self._lock:
                self._running.discard(program)
        return output[:MAX_CHARACTERS]


def command(name: str, arguments: dict[str, str], corpus: Path) -> list[str]:
    """The program of a tool; what it reads from standard input is not part of it."""
    python = [sys.executable, "-I", "-S"]
    match name:
        case "search_files":
            script = str(HERE / "search_files.py")
            return [*python, script, str(corpus), arguments.get("query", "")]
        case "run_python":
            return [*python, "-c", arguments.get("code", "")]
        case _:
            return [*python, str(HERE / "summarize.py")]
