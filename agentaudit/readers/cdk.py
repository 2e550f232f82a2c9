"""
Infrastructure that a program declares with the AWS CDK: recognised by its imports, and not read.

What it gives to whom is known once it is rendered (`cdk synth` writes templates of CloudFormation,
which are read). Until then a file that gives rights or deploys agents is named, and never passed
over. Sources: AWS CDK API reference, in each of its languages.
"""

import re

from agentaudit.expressions import regex

UNRENDERED = "infrastructure that a program declares; audit what `cdk synth` renders it to"

_PYTHON = regex(r"^[ \t]*(?:from|import)[ \t]+aws_cdk\b", re.MULTILINE)
_COMPILED = regex(
    r"^[ \t]*(?:using[ \t]+Amazon\.CDK\b|import[ \t]+(?:static[ \t]+)?software\.amazon\.awscdk\b"
    r"""|(?:import[ \t]+)?(?:\w+[ \t]+)?"github\.com/aws/aws-cdk-go/awscdk\b)""",
    re.MULTILINE,
)
_JAVASCRIPT = regex(
    r"""^(?:import|\}[ \t]*from|const)\b[^'"\n]{0,400}['"](?:aws-cdk-lib|@aws-cdk/)""", re.MULTILINE
)
_TELLING = regex(r"PolicyStatement|ManagedPolicy|[Bb]edrock")
"""Rights and agents; what else stacks declare says little of an agent."""
_TESTS = regex(
    r"(?:^|/)(?:tests?|__tests__)/|\.test\.[jt]sx?$|(?:^|/)test_[^/]*\.py$|_test\.go$"
    r"|Tests?\.(?:cs|java)$"
)
_WORDS = ("aws_cdk", "aws-cdk", "Amazon.CDK", "awscdk")
_BY_ENDING = {
    ".py": _PYTHON,
    ".cs": _COMPILED,
    ".java": _COMPILED,
    ".kt": _COMPILED,
    ".go": _COMPILED,
}


def declares_stack(file: str, text: str) -> int | None:
    """Where a file first imports the CDK that gives rights or deploys agents; None of others."""
    if not any(word in text for word in _WORDS):
        return None
    if _TESTS.search(file) or file.endswith(".d.ts") or not _TELLING.search(text):
        return None
    ending = file[file.rfind(".") :]
    found = _BY_ENDING.get(ending, _JAVASCRIPT).search(text)
    return found.start() if found is not None else None
