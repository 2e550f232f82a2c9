"""
Calls by which a program asks a model itself, through no framework, and hands it tools.

As the packages of late 2026 take them: `tools` of OpenAI's, Groq's, Mistral's, Cohere's, Ollama's
and LiteLLM's, also `functions`; Anthropic's `tools`; `toolConfig` of Bedrock's `converse`, or the
body of `invoke_model`; the `config` of Google's `generate_content`.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Call, Module, written_keys
from agentaudit.extract.programs.syntax import descendants, keyword, returned_by
from agentaudit.readers.model_clients import IN_PYTHON, MADE_BY, OF_MADE, client_asked

_TOOLS = ("tools", "toolConfig", "functions")
OWN = "own"
"""The client of a program that keeps those of vendors behind an interface of its own."""
_CONVERSATION = frozenset({"messages", "contents", "history", "conversation"})
_MEASURES = regex(r"(?i)^_*(?:comput|count|estimat|calculat|measur|trim|log|validat|serializ)")
"""What is only told of messages and tools, by the name of its method, and asks no model."""
_NOTHING = regex(r"(?:^|\.)(?:NOT_GIVEN|NotGiven|omit|Omit)$")
_DEEPEST = 4
"""Mappings within each other, and functions that return them."""
SPENDING = frozenset(
    {
        *("max_tokens", "max_completion_tokens", "max_output_tokens", "maxTokens"),
        *("maxOutputTokens", "max_tokens_to_sample", "num_predict", "max_gen_len"),
    }
)
"""What bounds the tokens of an answer."""


class Asked(Struct, frozen=True):
    """A call that asks a model, what it hands over to be called, and whose client it is."""

    call: Call
    client: str
    tools: ast.expr


def asked_models(module: Module, calls: tuple[Call, ...]) -> Iterator[Asked]:
    """Every call of a module that hands tools to a model, by a client of any kind."""
    made = {call.variable: call.name for call in calls if call.variable}
    for call in calls:
        client = whose_client(call, made) or _own_client(call)
        given = _handed(module, call, client) if client else None
        if given is not None and not _is_nothing(module, given):
            yield Asked(call, client, given)


def asked_in_the_dark(module: Module, calls: tuple[Call, ...]) -> Iterator[Call]:
    """Every call of a model by a vendor's client that may hand over tools: `create(**options)`."""
    for call in calls:
        spread = [item.value for item in call.node.keywords if item.arg is None]
        client = client_asked(IN_PYTHON, call.name) if spread else ""
        if not client or _handed(module, call, client) is not None:
            continue
        if not all(_folds(module, each) for each in spread):
            yield call


def _own_client(call: Call) -> str:
    """What stands for a client: a method that is handed messages and tools, both by name."""
    names = {item.arg for item in call.node.keywords}
    own = "." in call.name and "tools" in names and not names.isdisjoint(_CONVERSATION)
    return OWN if own and not _MEASURES.match(call.last) else ""


def whose_client(call: Call, made: Mapping[str, str]) -> str:
    """Whose client a call is of; empty for none."""
    client = client_asked(IN_PYTHON, call.name)
    if not client and call.last in OF_MADE:
        owner = call.name.rpartition(".")[0]
        maker = made.get(owner, owner)
        return next((client for package, client in MADE_BY if maker.startswith(package)), "")
    return client


def _handed(module: Module, call: Call, client: str) -> ast.expr | None:
    """What a call hands over to be called, also within what configures it."""
    found = given(module, call.node, *_TOOLS)
    if found is not None:
        return found
    if client == "google-genai":
        return _within(module, given(module, call.node, "config", "generation_config"))
    if call.last.startswith("invoke_model"):
        body = given(module, call.node, "body")
        if isinstance(body, ast.Call) and module.dotted(body.func) == "json.dumps" and body.args:
            return _within(module, body.args[0])
    return None


def given(module: Module, call: ast.Call, *names: str) -> ast.expr | None:
    """What a call is given by a name, also by a mapping that its function fills beforehand."""
    found = keyword(call, *names)
    if found is not None:
        return filled(module, found)
    for item in call.keywords:
        if item.arg is None:
            found = _entry(module, item.value, names)
            if found is not None:
                return found
    return None


def _within(module: Module, config: ast.expr | None) -> ast.expr | None:
    """The tools of a configuration: an argument of what makes it, or an entry."""
    if config is None:
        return None
    meant = filled(module, config)
    if isinstance(meant, ast.Call):
        return keyword(meant, "tools")
    return _entry(module, config, ("tools",))


def filled(module: Module, node: ast.expr) -> ast.expr:
    """What a name was given last before it is used, in the function that uses it."""
    if not isinstance(node, ast.Name):
        return node
    meant = module.meant(node)
    return meant if meant is not node else (_assigned(module, node) or node)


def _assigned(module: Module, name: ast.Name) -> ast.expr | None:
    function = module.function_around(name)
    assigned = module.once(_assignments).get(name.id, ())
    found = [
        each
        for each in (assigned if module.affords(len(assigned)) else ())
        if each.lineno <= name.lineno and module.function_around(each) is function
    ]
    return found[-1].value if found else None


def _assignments(module: Module) -> Mapping[str, Sequence[ast.Assign]]:
    """What a module gives each name, from the top down."""
    found: dict[str, list[ast.Assign]] = {}
    for each in module.of(ast.Assign):
        for item in each.targets:
            if isinstance(item, ast.Name):
                found.setdefault(item.id, []).append(each)
    return found


def _entry(
    module: Module, mapping: ast.expr, names: tuple[str, ...], depth: int = 0
) -> ast.expr | None:
    """An entry of a mapping: written out with it, set afterwards, or of a mapping within it."""
    meant = filled(module, mapping)
    if depth > _DEEPEST:
        return None
    found, inner = None, list[ast.expr]()
    if isinstance(meant, ast.Call) and module.dotted(meant.func) == "dict":
        found = keyword(meant, *names)
    elif isinstance(meant, ast.Call):
        inner += _returned(module, meant)
    elif isinstance(meant, ast.Dict):
        entries = dict(written_keys(module, meant))
        found = next((entries[name] for name in names if name in entries), None)
        inner += _spread(meant)
    found = found or _set_afterwards(module, mapping, names)
    for each in inner if found is None and module.affords(len(inner)) else ():
        found = found or _entry(module, each, names, depth + 1)
    return found


def _spread(mapping: ast.Dict) -> Sequence[ast.expr]:
    """The mappings whose entries it has: `{**these}`."""
    pairs = zip(mapping.keys, mapping.values, strict=True)
    return [value for key, value in pairs if key is None]


def _folds(module: Module, mapping: ast.expr, depth: int = 0) -> bool:
    """Whether all entries of a mapping can be read."""
    meant = filled(module, mapping)
    if isinstance(meant, ast.Dict):
        inner = _spread(meant)
    elif isinstance(meant, ast.Call) and module.dotted(meant.func) == "dict":
        return not meant.args and all(item.arg is not None for item in meant.keywords)
    else:
        inner = _returned(module, meant) if isinstance(meant, ast.Call) else ()
        if not inner:
            return False
    deep = depth > _DEEPEST or not module.affords(len(inner))
    return not deep and all(_folds(module, each, depth + 1) for each in inner)


def _returned(module: Module, call: ast.Call) -> Sequence[ast.expr]:
    """What a function of the module may return, or a method of the class that calls it."""
    function = module.own_function(call.func)
    if function is None or not module.affords_within(function):
        return ()
    return tuple(returned_by(function))


def _set_afterwards(module: Module, mapping: ast.expr, names: tuple[str, ...]) -> ast.expr | None:
    """What is put into a mapping after it was made: `options["tools"] = …`."""
    if not isinstance(mapping, ast.Name):
        return None
    function, assigned = module.function_around(mapping), module.of(ast.Assign)
    for each in assigned if module.affords(len(assigned)) else ():
        match each.targets:
            case [ast.Subscript(value=ast.Name(id=name), slice=key)] if (
                name == mapping.id
                and module.text(key) in names
                and module.function_around(each) is function
            ):
                return each.value
            case _:
                pass
    return None


def _is_nothing(module: Module, tools: ast.expr) -> bool:
    """Whether no tools are handed over after all."""
    if isinstance(tools, ast.List | ast.Tuple) and not tools.elts:
        return True
    return module.value(tools) is None or _NOTHING.search(module.dotted(tools)) is not None


def bounds_answers(module: Module, call: ast.Call) -> bool:
    """Whether a call says how long an answer may get, be it in what configures it."""
    values = [item.value for item in call.keywords if isinstance(item.value, ast.Name)]
    every = [call, *(filled(module, value) for value in values)]
    nodes = [node for each in every for node in descendants(each)]
    if not module.affords(len(nodes)):
        return False
    names: set[object] = {node.arg for node in nodes if isinstance(node, ast.keyword)}
    keys = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return not SPENDING.isdisjoint(names | keys)
