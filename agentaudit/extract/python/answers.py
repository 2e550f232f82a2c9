"""
What programs run of a model's answers: `exec(reply.choices[0].message.content)`, with no tool.

An answer is what a client of a model returns, or a chain or an agent by its usual name, and what
functions of the repository make of one. Where it is handed to a shell or evaluated, the function
around that is a tool of the model as any other, whatever nobody calls it.
"""

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import imported_files, modules
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, returned_by
from agentaudit.extract.python.callees import function_called
from agentaudit.extract.python.effects import effects_in, run_places
from agentaudit.extract.python.execution import Execution
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.model_clients import IN_PYTHON, client_asked

_ASKED = regex(
    r"(?i)(?:^|[._])(?:llm|chat_?model|model|chain|agent|chat_?bot|gpt|gemini|claude|openai)(?:_?\d)?"
    r"\.(?:a?invoke|a?predict|a?run|run_sync|a?generate|generate_content(?:_async)?|a?complete"
    r"|completion|a?chat|a?ask|a?call|inference|kickoff|generate_code)$"
    r"|(?:^|\.)(?:Chat)?Completion\.a?create$|(?:^|\.)completions\.create$"
)
"""Chains and agents by what they are called, and the client of OpenAI before its first version."""
_RUNS = ("exec(", "eval(", "subprocess", "os.system(", "os.popen(", "exec_run(", "run_cell(")
_DEEPEST = 6
"""Functions that return what others return."""


class _Answers(Struct):
    """Which functions of the repository return what a model answered, each asked once."""

    documents: Documents
    _known: dict[int, bool] = field(default_factory=dict)

    def words(self, module: Module, function: FunctionDef, depth: int = 0) -> Execution | None:
        """A function with the calls in it that return an answer; None of one without any."""
        calls = (node for node in descendants(function) if isinstance(node, ast.Call))
        answers = frozenset(id(call) for call in calls if self._returned_by(module, call, depth))
        if not answers:
            return None
        return Execution(module, function, frozenset(), is_tool=False, answers=answers)

    def _returned_by(self, module: Module, call: ast.Call, depth: int) -> bool:
        name = module.dotted(call.func)
        if client_asked(IN_PYTHON, name) or _ASKED.search(name):
            return True
        found = function_called(self.documents, module, call.func) if depth < _DEEPEST else None
        return found is not None and self._answers(*found, depth + 1)

    def _answers(self, module: Module, function: FunctionDef, depth: int) -> bool:
        """Whether a function returns an answer."""
        if id(function) not in self._known:
            self._known[id(function)] = False  # what leads back here adds nothing
            if module.may_be_read(function) and module.affords_within(function):
                words = self.words(module, function, depth)
                self._known[id(function)] = words is not None and any(
                    map(words.depends, returned_by(function))
                )
        return self._known[id(function)]


def _running(documents: Documents) -> frozenset[str]:
    """The files that run something, and those that import one."""
    known = modules(documents)
    runs = {file for file, module in known.items() if holds_word(module.document.text, _RUNS)}
    imports = documents.once(imported_files) if runs else {}
    return frozenset(
        runs.union(file for file, taken in imports.items() if not runs.isdisjoint(taken))
    )


def add_run_answers(documents: Documents, collector: Collector) -> None:
    """
    The functions that run what a model answers, where no tool that is known does.

    Each is a tool of the agents whose loop asks their model in that function.
    """
    answers, seen = _Answers(documents), documents.once(run_places)
    agents = by_folder(collector.of(Agent))
    for file, module in modules(documents).items():
        if file in documents.once(_running):
            for function in (*module.functions, _of_module(module)):
                tool = _tool(answers, module, function, seen)
                if tool is not None:
                    collector.add(tool)
                    for agent in _asking(module, function, agents.get(file, ())):
                        collector.link(EdgeKind.INVOKES, agent.id, tool.id, tool.evidence[0])


def _asking(module: Module, function: FunctionDef, agents: Sequence[Agent]) -> Iterator[Agent]:
    """The agents of a file whose models are asked in one function, or in none."""
    own = function if function.lineno else None
    for agent in agents if module.affords(len(agents)) else ():
        if module.function_at(agent.evidence[0].line) is own:
            yield agent


def _tool(
    answers: _Answers, module: Module, function: FunctionDef, seen: set[Evidence]
) -> Tool | None:
    """The tool that a function is which runs answers, for places that are not told yet."""
    words = answers.words(module, function)
    if words is None:
        return None
    found = effects_in(answers.documents, words)
    ran = tuple(place for place in dict.fromkeys(found.ran) if place not in seen)
    if not ran:
        return None
    seen.update(ran)
    key = f"{module.document.file}#answers.{function.name}"
    tool = Tool(
        id=fact_id("tool", function.name, key), name=function.name, evidence=ran, typed=Truth.YES
    )
    return found.told_of(tool)


def _of_module(module: Module) -> FunctionDef:
    """What a module does by itself, as a function of no lines."""
    own = [each for each in module.tree.body if not isinstance(each, FunctionDef | ast.ClassDef)]
    taken = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    name = module.document.file.rpartition("/")[2].partition(".")[0]
    made = ast.FunctionDef(name=name, args=taken, body=own, decorator_list=[])
    made.lineno = made.end_lineno = made.col_offset = made.end_col_offset = 0
    return made
