"""What the repository's own configuration switched off, as findings and suppressions."""

import posixpath
import re
from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from fnmatch import translate
from functools import cache, partial

from msgspec.structs import replace

from agentaudit.extract.credentials.redaction import plain
from agentaudit.linting.fingerprints import fingerprint
from agentaudit.linting.gathering import in_order
from agentaudit.model.evidence import Confidence
from agentaudit.model.finding import (
    Family,
    Finding,
    LintResult,
    RuleSummary,
    Severity,
    Suppression,
)
from agentaudit.rules.configured import Narrowing, PathIgnore

NARROWED = RuleSummary(
    id="narrowed-lint",
    title="The audited repository decides what is found in it",
    family=Family.LOGGING,
    severity=Severity.INFO,
    why=(
        "A file in the repository that is audited chooses what counts. That is right for a team's"
        " own repository, and a way to hide for one that is not."
    ),
    fix="Read what the file switches off, or run with --no-config.",
    references=("cwe:CWE-693",),
)
_LONGEST = 300


def narrowed(
    result: LintResult,
    narrowings: Sequence[Narrowing],
    ignored: Sequence[PathIgnore],
    *,
    folder: str,
) -> LintResult:
    """
    The result with findings in ignored paths marked as suppressed, and one about all of it.

    `folder` is the root of the audit as the configuration sees it. Patterns are of whole names
    from the folder of the configuration, `*` also across folders.
    """
    families: Mapping[str, str] = {rule.id: rule.family.value for rule in result.rules}
    patterns = [(re.compile(translate(item.pattern)), item) for item in ignored]
    matching = cache(partial(_matching, patterns, folder))
    findings = [_marked(item, families, matching) for item in result.findings]
    insort(findings, _about(narrowings), key=in_order)
    rules = sorted((*result.rules, NARROWED), key=lambda rule: rule.id)
    return replace(result, findings=tuple(findings), rules=tuple(rules))


def _matching(
    patterns: Sequence[tuple[re.Pattern[str], PathIgnore]], folder: str, file: str
) -> Sequence[tuple[frozenset[str], PathIgnore]]:
    """What is ignored in a file, and of which rules and families."""
    named = posixpath.normpath(posixpath.join(folder, file))
    return [(frozenset(item.names), item) for pattern, item in patterns if pattern.match(named)]


def _marked(
    finding: Finding,
    families: Mapping[str, str],
    matching: Callable[[str], Sequence[tuple[frozenset[str], PathIgnore]]],
) -> Finding:
    if finding.suppression is not None:
        return finding
    names = {finding.rule, families.get(finding.rule, "")}
    for ignored_names, item in matching(finding.evidence.file):
        if not names.isdisjoint(ignored_names):
            reason = f"the configuration ignores it in {plain(item.pattern)}"
            return replace(
                finding,
                suppression=Suppression(kind="configuration", reason=reason, evidence=item.at),
            )
    return finding


def _about(narrowings: Sequence[Narrowing]) -> Finding:
    told = plain("; ".join(item.told for item in narrowings))[:_LONGEST]
    first, *others = (item.at for item in narrowings)
    return Finding(
        rule=NARROWED.id,
        title=NARROWED.title,
        family=NARROWED.family,
        severity=NARROWED.severity,
        confidence=Confidence.CERTAIN,
        message=f"This run was configured by {posixpath.basename(first.file)}: {told}.",
        evidence=first,
        related=tuple(others),
        subject=f"configuration:{first.file}",
        fingerprint=fingerprint(NARROWED.id, first.file),
    )
