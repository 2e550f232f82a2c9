"""
Infrastructure that a program declares with the AWS CDK: recognised by its imports, and not read.

What it gives to whom is known once it is rendered (`cdk synth` writes templates of CloudFormation,
which are read). Until then a file that gives rights or deploys agents is named, and never passed
over. Sources: AWS CDK API reference, `aws_cdk` of Python and `aws-cdk-lib` of JavaScript.
"""

import re

from agentaudit.expressions import regex

UNRENDERED = "infrastructure that a program declares; audit what `cdk synth` renders it to"

_PYTHON = regex(r"^[ \t]*(?:from|import)[ \t]+aws_cdk\b", re.MULTILINE)
_JAVASCRIPT = regex(
    r"""^(?:import|\}[ \t]*from|const)\b[^'"\n]{0,400}['"](?:aws-cdk-lib|@aws-cdk/)""", re.MULTILINE
)
_TELLING = regex(r"PolicyStatement|ManagedPolicy|[Bb]edrock")
"""Rights and agents; what else stacks declare says little of an agent."""
_TESTS = regex(r"(?:^|/)(?:tests?|__tests__)/|\.test\.[jt]sx?$|(?:^|/)test_[^/]*\.py$")


def declares_stack(file: str, text: str) -> int | None:
    """Where a file first imports the CDK that gives rights or deploys agents; None of others."""
    if "aws_cdk" not in text and "aws-cdk" not in text:
        return None
    if _TESTS.search(file) or file.endswith(".d.ts") or not _TELLING.search(text):
        return None
    found = (_PYTHON if file.endswith(".py") else _JAVASCRIPT).search(text)
    return found.start() if found is not None else None
