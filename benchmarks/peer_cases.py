"""
What tests of other programs expect of which policy, read from their syntax trees.

Nothing of a checkout is imported or run. Of a test only literals are followed: a policy in a
variable, an object made of it and of nothing else, and an assertion on one of its attributes. A
test that does more, such as configure its program, yields no case.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

PARLIAMENT = "duo-labs+parliament"
CLOUDSPLAINING = "salesforce+cloudsplaining"
CHECKOV = "bridgecrewio+checkov"
SUBJECTS = frozenset({"analyze_policy_string", "PolicyDocument", "StatementDetail"})
WITHOUT_COMMUNITY = frozenset({"ignore_private_auditors"})
ASSERTIONS = frozenset({"assert_equal", "assertListEqual", "assertCountEqual", "assertEqual"})
EVERYWHERE = (range(1, 1 << 31),)
ADDED = "added-"
EXAMPLES = ("example_", "Cloudsplaining_")
ABOUT_IAM = re.compile(r"_(IAM|Cloud[sS]plaining|\w*PolicyDocument|GithubActionsOIDC)")
BLOCK = re.compile(r'^\s*(resource|data)\s+"?([\w-]+)"?\s+"?([\w-]+)"?', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one input, and the name that its file gets."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """What one check of a peer says of one input, or of lines of it."""

    check: str
    name: str
    """The test and its line, or the example and its resource."""
    source: Source
    lines: tuple[range, ...]
    expected: bool
    """Whether the peer finds something."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a test made of a policy: the text, and which sets of checks looked at it."""

    text: str
    community: bool


@dataclass(frozen=True, slots=True)
class _Attribute:
    subject: _Subject
    name: str


@dataclass(frozen=True, slots=True)
class _Expectation:
    line: int
    attribute: _Attribute
    value: object


def all_cases(folder: Path) -> Iterator[Case]:
    """The cases of all known peers whose checkouts are in a folder."""
    yield from parliament_cases(folder / PARLIAMENT)
    yield from cloudsplaining_cases(folder / CLOUDSPLAINING)
    yield from checkov_cases(folder / CHECKOV)


def parliament_cases(checkout: Path) -> Iterator[Case]:
    """One case for each policy and identifier that some test expects."""
    community = sorted(checkout.glob("parliament/community_auditors/tests/test_*.py"))
    tests = [*sorted(checkout.glob("tests/unit/test_*.py")), *community]
    found = [(test, item) for test in tests for item in _expectations(test)]
    optional = {
        name for test, item in found if test in community for name in _texts(item.value)
    } - {name for test, item in found if test not in community for name in _texts(item.value)}
    known = {name for _, item in found for name in _texts(item.value)}
    for test, item in found:
        if item.attribute.name != "finding_ids" or not isinstance(item.value, set):
            continue
        subject = item.attribute.subject
        for name in sorted(known - (set() if subject.community else optional)):
            yield Case(
                f"parliament {name}",
                f"{test.name}:{item.line}",
                Source("policy.json", subject.text),
                EVERYWHERE,
                name in item.value,
            )


def _texts(value: object) -> set[str]:
    return {item for item in value if isinstance(item, str)} if isinstance(value, set) else set()


def cloudsplaining_cases(checkout: Path) -> Iterator[Case]:
    """One case for each assertion on a list of actions, and for each method of escalation."""
    for test in sorted(checkout.glob("test/scanning/test_*.py")):
        for item in _expectations(test):
            if isinstance(item.value, list):
                yield Case(
                    f"cloudsplaining {item.attribute.name}",
                    f"{test.name}:{item.line}",
                    Source("policy.json", item.attribute.subject.text),
                    EVERYWHERE,
                    bool(item.value),
                )
    constants = checkout / "cloudsplaining/shared/constants.py"
    for method, actions in _methods(constants).items():
        yield Case(
            "cloudsplaining allows_privilege_escalation",
            f"method {method}",
            Source("policy.json", _policy({"Effect": "Allow", "Action": actions, "Resource": "*"})),
            EVERYWHERE,
            expected=True,
        )


def _methods(file: Path) -> Mapping[str, list[str]]:
    """The methods that the peer's own test walks through: a literal in its source."""
    if not file.exists():
        return {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "PRIVILEGE_ESCALATION_METHODS":
            value = _literal(getattr(node, "value", None))
            if isinstance(value, dict):
                return {str(method): list(actions) for method, actions in value.items()}
    raise SystemExit(f"{file}: no literal PRIVILEGE_ESCALATION_METHODS")


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _expectations(test: Path) -> Iterator[_Expectation]:
    """The assertions of a file whose subject and value are literals."""
    for function in ast.walk(ast.parse(test.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test"):
            known: dict[str, object] = {}
            for statement in function.body:
                yield from _step(statement, known)


def _step(statement: ast.stmt, known: dict[str, object]) -> Iterator[_Expectation]:
    """Follow one statement: what it names, or what it asserts."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            known[name] = _value(value, known)
        case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])):
            yield from _asserted(statement.lineno, left, right, known)
        case ast.Expr(value=ast.Call(func=function, args=[left, right])) if (
            _called(function) in ASSERTIONS
        ):
            yield from _asserted(statement.lineno, left, right, known)
        case _:
            pass


def _asserted(
    line: int, left: ast.expr, right: ast.expr, known: Mapping[str, object]
) -> Iterator[_Expectation]:
    values = (_value(left, known), _value(right, known))
    for one, other in (values, values[::-1]):
        if isinstance(one, _Attribute) and other is not None:
            yield _Expectation(line, one, other)


def _called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _value(node: ast.expr, known: Mapping[str, object]) -> object:
    """A literal, a subject or an attribute of one; None for all else."""
    match node:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Attribute(value=value, attr=attribute):
            subject = _value(value, known)
            return _Attribute(subject, attribute) if isinstance(subject, _Subject) else None
        case ast.Call(func=ast.Attribute(value=value, attr=attribute), args=[], keywords=[]):
            subject = _value(value, known)
            return _Attribute(subject, attribute) if isinstance(subject, _Subject) else None
        case ast.Call(func=function, args=[argument], keywords=keywords):
            return _made(_called(function), _value(argument, known), keywords)
        case _:
            return _literal(node)


def _made(name: str, given: object, keywords: list[ast.keyword]) -> object:
    """What a call of one argument makes of it; options of a peer leave nothing to compare."""
    options = {item.arg: _literal(item.value) for item in keywords}
    if name == "set" and isinstance(given, list):
        return set(given)
    community = options.pop("include_community_auditors", False) is True
    if name not in SUBJECTS or options.keys() - WITHOUT_COMMUNITY:
        return None
    if isinstance(given, str):
        return _Subject(given, community)
    if isinstance(given, dict):
        document = _policy(given) if name == "StatementDetail" else json.dumps(given)
        return _Subject(document, community)
    return None


def _literal(node: ast.expr | None) -> object:
    try:
        return ast.literal_eval(node) if node is not None else None
    except ValueError:
        return None


def checkov_cases(checkout: Path) -> Iterator[Case]:
    """One case for each Terraform resource about IAM that a test names as passing or failing."""
    root = checkout / "tests/terraform"
    for kind in ("data", "resource"):
        for test in sorted((root / "checks" / kind / "aws").glob("test_*.py")):
            name, passing, failing = named_resources(test)
            if ABOUT_IAM.search(name):
                yield from _resources(test.with_name(name), test.stem[5:], passing, failing)
    for expected in sorted((root / "graph/checks/resources").glob("*IAM*/expected.yaml")):
        said = yaml.safe_load(expected.read_text(encoding="utf-8"))
        folder = expected.parent
        yield from _resources(folder, folder.name, set(said["pass"]), set(said["fail"]))


def named_resources(test: Path) -> tuple[str, set[str], set[str]]:
    """The folder of examples that a test names, and the resources that pass and fail."""
    tree = ast.parse(test.read_text(encoding="utf-8"))
    folders = (text.strip("/") for text in texts_in(tree))
    folder = next((name for name in folders if name.startswith(EXAMPLES)), "")
    sets: dict[str, object] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            sets.setdefault(node.targets[0].id, _literal(node.value))
    return (
        folder,
        _texts(sets.get("passing_resources")),
        _texts(sets.get("failing_resources")),
    )


def texts_in(tree: ast.AST) -> Iterator[str]:
    """The literal texts of a test."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _resources(folder: Path, check: str, passing: set[str], failing: set[str]) -> Iterator[Case]:
    """The named resources of a folder; a document that nothing uses gets a policy that does."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.tf")))
    text += "".join(_uses(text))
    lines = _blocks(text)
    for address in sorted(passing | failing):
        if address in lines:
            yield Case(
                f"checkov {check}",
                f"{folder.parts[-3]} {address}",
                Source("main.tf", text),
                tuple(lines[address]),
                address in failing,
            )


def _uses(text: str) -> Iterator[str]:
    """A resource for each document that no resource uses: a role where it says who assumes it."""
    for match in BLOCK.finditer(text):
        name = match[3]
        if match[2] != "aws_iam_policy_document" or f"aws_iam_policy_document.{name}.json" in text:
            continue
        body = text[match.end() :].split("\ndata ", maxsplit=1)[0]
        trust = "sts:AssumeRoleWithWebIdentity" in body
        kind, key = (
            ("aws_iam_role", "assume_role_policy") if trust else ("aws_iam_policy", "policy")
        )
        yield (
            f'\nresource "{kind}" "{ADDED}{name}" {{\n'
            f"  {key} = data.aws_iam_policy_document.{name}.json\n}}\n"
        )


def _blocks(text: str) -> Mapping[str, list[range]]:
    """The lines of each resource and document, from its first to that of the next."""
    starts = [(text.count("\n", 0, match.end()) + 1, match) for match in BLOCK.finditer(text)]
    ends = [line for line, _ in starts[1:]] + [text.count("\n") + 2]
    blocks: dict[str, list[range]] = {}
    for (line, match), end in zip(starts, ends, strict=True):
        kind, name = match[2], match[3]
        if name.startswith(ADDED):
            kind, name = "aws_iam_policy_document", name.removeprefix(ADDED)
        blocks.setdefault(f"{kind}.{name}", []).append(range(line, end))
    return blocks
