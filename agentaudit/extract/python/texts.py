"""Texts in Python code that may be credentials, under the names that the code gives them."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, partial

from agentaudit.expressions import regex
from agentaudit.extract.credentials.recognition import by_look, recognise
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.nodes import variable_read
from agentaudit.extract.programs.syntax import argument, defaults_of
from agentaudit.extract.python.signing_keys import KEY, signing_keys
from agentaudit.extract.settings import UNNAMED, Setting
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.token_forms import token_in

_SAMPLES = regex(
    r"_?(?:samples?|examples?|dummy|fake|mock|placeholders?|weak|insecure|forbidden|banned)_",
    re.IGNORECASE,
)


def settings_in_code(module: Module) -> Iterator[Setting]:
    """Constants under the names of variables and keywords, then every other text by its look."""
    named = _names_of_values(module)
    prose = {id(node.value) for node in module.of(ast.Expr)}
    stood_in_for = cache(partial(_names_of_defaults, module, named))  # asked for in few files
    signing = signing_keys(module)
    count = Counter[str]()
    for node in module.of(ast.Constant):
        if not isinstance(node.value, str):
            continue
        if id(node) in prose and token_in(node.value) is None:
            continue
        name = named.get(id(node), "")
        in_force = id(node) in signing
        if in_force or _gives_away(name, node.value):
            said = (stood_in_for().get(id(node), name), name)
            telling = (each for each in said if _gives_away(each, node.value))
            key = KEY if in_force else next(telling) or UNNAMED
            count[key] += 1
            yield Setting(
                key=key,
                value=module.node(node, node.value),
                document=module.document,
                route=f"constants.{count[key]}",
                in_force=in_force,
            )


def _gives_away(name: str, value: str) -> bool:
    """Whether a value is a credential under a name, or by its look where it has none."""
    found = recognise(name, value) if name else by_look(value)
    return found is not None and found.form is CredentialForm.LITERAL


def _names_of_values(module: Module) -> dict[int, str]:
    """The name under which a value is assigned, passed, or kept in a dictionary."""
    named: dict[int, str] = {}
    for choice in module.of(ast.BoolOp):
        variable = _variable(choice.values[0])
        named.update({id(value): variable for value in choice.values[1:] if variable})
    for passed in module.of(ast.keyword):
        if passed.arg:
            named[id(passed.value)] = passed.arg
    for assignment in module.of(ast.Assign):
        named[id(assignment.value)] = _name_of(assignment.targets[0], module)
    samples = {id(node.value) for node in module.of(ast.Assign) if _shows_samples(node.targets[0])}
    samples |= {id(node.value) for node in module.of(ast.AnnAssign) if _shows_samples(node.target)}
    for mapping in module.of(ast.Dict):
        if id(mapping) not in samples:
            for key, value in zip(mapping.keys, mapping.values, strict=True):
                named[id(value)] = module.text(key)
    return named


def _names_of_defaults(module: Module, named: Mapping[int, str]) -> Mapping[int, str]:
    """What a value stands in for: a variable of the environment, or what is given or chosen."""
    found: dict[int, str] = {}
    for assignment in module.of(ast.AnnAssign):
        found[id(assignment.value)] = _name_of(assignment.target, module)
    for taken in module.of(ast.arguments):
        found.update({id(default): name for name, default in defaults_of(taken)})
    for either in module.of(ast.BoolOp):
        kept = named.get(id(either)) or found.get(id(either), "")
        name = variable_read(module, either.values[0]) or kept
        found.update({id(value): name for value in either.values[1:] if id(value) not in named})
    for chosen in module.of(ast.IfExp):
        kept = named.get(id(chosen)) or found.get(id(chosen), "")
        found.update({id(value): kept for value in (chosen.body, chosen.orelse)})
    for call in module.of(ast.Call):
        default = argument(call, 1, "default")
        if default is not None and (variable := variable_read(module, call)):
            found[id(default)] = variable
    return found


def _variable(read: ast.expr) -> str:
    """The variable of the environment that JavaScript reads: `process.env.API_KEY`."""
    owner = read.value if isinstance(read, ast.Attribute | ast.Subscript) else None
    if not isinstance(owner, ast.Attribute) or owner.attr != "env":
        return ""
    if isinstance(read, ast.Attribute):
        return read.attr
    key = read.slice if isinstance(read, ast.Subscript) else None
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""


def _name_of(target: ast.expr, module: Module) -> str:
    """A variable's, or the key under which a mapping keeps it: `os.environ["API_KEY"] = …`."""
    if isinstance(target, ast.Subscript):
        return module.text(target.slice)
    if isinstance(target, ast.Attribute):
        return target.attr
    return target.id if isinstance(target, ast.Name) else ""


def _shows_samples(target: ast.expr) -> bool:
    """Whether a mapping is called after what stands for secrets, or what a program turns away."""
    return isinstance(target, ast.Name) and _SAMPLES.match(target.id) is not None
