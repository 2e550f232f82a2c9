"""
Infrastructure that a program declares with the CDK, SST or Pulumi: recognised by its imports.

Of stacks in TypeScript and Python the statements of policies are read. What else it gives,
and to whom, is known once it is rendered: `cdk synth` writes templates of CloudFormation, `cdktf
synth` Terraform, and Pulumi manifests where `renderYamlToDirectory` is set. Until then files that
give rights or deploy agents are named, and never passed over. Sources: the AWS CDK API reference,
in each of its languages; "CDK for Terraform"; Pulumi, "Languages & SDKs".
"""

import re

from agentaudit.expressions import holds_word, regex

UNRENDERED = "infrastructure that a program declares; audit what it renders (`cdk synth`, …)"

_WORDS = ("cdk", "CDK", "pulumi", "sst.aws.")
_PYTHON = regex(r"^[ \t]*(?:from|import)[ \t]+(?:aws_cdk|cdktf|pulumi)(?:\b|_)", re.MULTILINE)
_COMPILED = regex(
    r"^[ \t]*(?:using[ \t]+Amazon\.CDK\b|import[ \t]+(?:static[ \t]+)?software\.amazon\.awscdk\b"
    r"""|(?:import[ \t]+)?(?:\w+[ \t]+)?"github\.com/aws/aws-cdk-go/awscdk\b)""",
    re.MULTILINE,
)
_JAVASCRIPT = regex(
    r"""^(?:import|\}[ \t]*from|const)\b[^'"\n]{0,400}['"](?:aws-cdk-lib|@?cdktf['"/]|@aws-cdk/"""
    r"""|@pulumi/)|^[^\n]{0,200}\bnew sst\.aws\.\w{1,60}\(""",
    re.MULTILINE,
)
_TELLING = regex(
    r"PolicyStatement|ManagedPolicy|\bStatement['\"]?:|\bpermissions:|[Bb]edrock|RolePolicy|RoleBinding|ClusterRole"
    r"|(?:OPENAI|ANTHROPIC|GEMINI|LITELLM|OPENROUTER)_(?:API_|MASTER_)?KEY|[Ll]ite[Ll][Ll][Mm]|vllm"
)
"""Rights, agents and their models; what else stacks declare says little of an agent."""
TESTS = regex(
    r"(?:^|/)(?:tests?|__tests__|src/\w*test)/|Tests?/|\.test\.[jt]sx?$|(?:^|/)test_[^/]*\.py$"
    r"|_test\.(?:go|rb|exs)$|_spec\.rb$|Tests?\.(?:cs|java|kt|php|swift)$"
)
"""Tests of programs: they deploy nothing, so nothing that is not read of them is missed."""
_BY_ENDING = {".py": _PYTHON, **dict.fromkeys((".cs", ".java", ".kt", ".go"), _COMPILED)}


def declares_stack(file: str, text: str) -> int | None:
    """Where a file that gives rights or deploys agents imports what declares; None of others."""
    if not holds_word(text, _WORDS):
        return None
    if TESTS.search(file) or file.endswith(".d.ts") or not _TELLING.search(text):
        return None
    ending = file[file.rfind(".") :]
    found = _BY_ENDING.get(ending, _JAVASCRIPT).search(text)
    return found.start() if found is not None else None
