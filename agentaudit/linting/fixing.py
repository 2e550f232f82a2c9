"""
Fixes of findings: what each rule's autofix would change, and what of it holds when asked again.

A fix is kept only if, in the files as they would be, its finding is gone and no other has come.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from agentaudit.errors import RefusedError
from agentaudit.linting.redaction import shown_subject
from agentaudit.model.autofix import Fix
from agentaudit.model.deployment import FACT_KINDS, Deployment
from agentaudit.model.facts.fact import Fact
from agentaudit.model.finding import Finding, LintResult
from agentaudit.rules.cel import bind
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.fixes import (
    EditedFiles,
    Edits,
    Sources,
    changes_of,
    edited_files,
    edits_for,
    together,
)
from agentaudit.rules.limits import Limits
from agentaudit.rules.whole import Whole, whole_of

Asking = Callable[[Mapping[str, str]], LintResult]
"""Lints the audit once more, with other texts in place of some files."""
_ROUNDS = 8
_MOST_READ = 4_000_000
"""Characters of one file, all of which is gone through for each of its fixes."""


class Audited(Struct, frozen=True, kw_only=True):
    """What was linted, as fixes need it."""

    deployment: Deployment
    rules: Sequence[CompiledRule]
    sources: Sources
    limits: Limits


class Plan(Struct, frozen=True, kw_only=True):
    """What `--fix` would write."""

    files: EditedFiles
    fixed: tuple[Finding, ...]
    refused: tuple[tuple[Finding, str], ...]
    """Findings whose rule has a fix that cannot be made here, and why."""
    without: tuple[Finding, ...]
    """Findings whose rule has none."""


class _Candidate(Struct, frozen=True):
    finding: Finding
    edits: Edits


class _Known(Struct, frozen=True):
    """What is asked for every finding, answered once."""

    audited: Audited
    rules: Mapping[str, CompiledRule]
    """Those that have a fix."""
    facts: Mapping[str, Fact]
    whole: Whole
    read: Counter[str]
    """Characters that were gone through, by file."""


def fixes_of(result: LintResult, audited: Audited) -> tuple[Fix, ...]:
    """The fix of every open finding that has one here."""
    known = _known(audited)
    fixable = (finding for finding in result.open_findings if finding.rule in known.rules)
    return tuple(fix for finding in fixable if (fix := _fix(finding, known)) is not None)


def _fix(finding: Finding, known: _Known) -> Fix | None:
    sources = known.audited.sources
    autofix = known.rules[finding.rule].rule.autofix
    try:
        edits = _candidate(finding, known).edits
        changes = changes_of(_proven(edits, known), sources)
    except RefusedError:
        return None
    return Fix(
        rule=finding.rule,
        fingerprint=finding.fingerprint,
        says=autofix.says if autofix else "",
        changes=changes,
    )


def planned(
    result: LintResult, audited: Audited, again: Asking, wanted: Iterable[Finding] | None = None
) -> Plan:
    """
    What can be fixed of the open findings, or of those wanted, all of it together.

    Whether a fix brings another finding is asked beside all of the result.
    """
    known = _known(audited)
    keys = _keys(result.open_findings if wanted is None else wanted)
    chosen = [item for item in result.open_findings if _key(item) in keys]
    refused: dict[Finding, str] = {}
    candidates: list[_Candidate] = []
    for finding in chosen:
        if finding.rule not in known.rules:
            continue
        try:
            candidate = _candidate(finding, known)
            _proven(candidate.edits, known)
        except RefusedError as error:
            refused[finding] = str(error)
        else:
            candidates.append(candidate)
    files, held = _held(candidates, result, again, sources=audited.sources, refused=refused)
    return Plan(
        files=files,
        fixed=tuple(candidate.finding for candidate in held),
        refused=tuple(refused.items()),
        without=tuple(item for item in chosen if item.rule not in known.rules),
    )


def _held(
    candidates: Sequence[_Candidate],
    result: LintResult,
    again: Asking,
    *,
    sources: Sources,
    refused: dict[Finding, str],
) -> tuple[EditedFiles, Sequence[_Candidate]]:
    """The most of the fixes that hold together; why the others do not is noted in `refused`."""
    for _ in range(_ROUNDS):
        if not candidates:
            break
        try:
            files = edited_files(together(item.edits for item in candidates), sources)
        except RefusedError as error:
            refused.update({item.finding: str(error) for item in candidates[1:]})
            candidates = candidates[:1]
            continue
        after = again({file: edit.document.text for file, edit in files.items()})
        failed = _failed(candidates, result, after)
        if not failed:
            return files, candidates
        refused.update(failed)
        candidates = [item for item in candidates if item.finding not in failed]
    refused.update({item.finding: "the fixes do not hold together" for item in candidates})
    return {}, ()


def _failed(
    candidates: Sequence[_Candidate], before: LintResult, after: LintResult
) -> Mapping[Finding, str]:
    """The findings that are not gone, or whose files have a finding that was not there before."""
    known, left = _keys(before.findings), _keys(after.findings)
    if after.incomplete and not before.incomplete:
        return {item.finding: "a file would not be read whole any more" for item in candidates}
    failed = {
        item.finding: "the finding would still be there"
        for item in candidates
        if _key(item.finding) in left
    }
    for finding in (finding for finding in after.findings if _key(finding) not in known):
        for item in _suspects(candidates, finding):
            failed.setdefault(item.finding, f"it would bring another finding, {finding.rule}")
    return failed


def _suspects(candidates: Sequence[_Candidate], finding: Finding) -> Sequence[_Candidate]:
    """
    Whose edits may have brought a finding.

    Those about the same subject; else those in its file, else in the others that it names.
    """
    same = [item for item in candidates if item.finding.subject == finding.subject]
    if same:
        return same
    for places in ((finding.evidence,), finding.related):
        files = {place.file for place in places}
        found = [item for item in candidates if files & set(item.edits)]
        if found:
            return found
    return candidates


def _proven(edits: Edits, known: _Known) -> EditedFiles:
    """Each file after its edits, each of which is proven by reading the file again."""
    for file, wanted in edits.items():
        _count(file, len(wanted), known)
    return edited_files(edits, known.audited.sources)


def _count(file: str, times: int, known: _Known) -> None:
    """A file is gone through some more times; RefusedError where those before were enough."""
    source = known.audited.sources.texts.get(file)
    known.read[file] += times * len(source.text) if source is not None else 0
    if known.read[file] > _MOST_READ:
        raise RefusedError(f"{file} is too long for so many fixes")


def _candidate(finding: Finding, known: _Known) -> _Candidate:
    rule, fact = known.rules[finding.rule], known.facts.get(finding.subject)
    autofix = rule.rule.autofix
    if fact is None or autofix is None:
        raise RefusedError("what it is about has no name that may be shown")
    subject = bind(rule.rule.applies_to, fact, known.whole, known.audited.limits)
    if not rule.may_fix(subject):
        raise RefusedError("the fix is right only under conditions that do not hold here")
    for file in dict.fromkeys(place.file for place in fact.evidence):
        _count(file, 1, known)
    return _Candidate(finding, edits_for(autofix, fact, known.audited.sources))


def _known(audited: Audited) -> _Known:
    facts = (
        fact for kind in FACT_KINDS.values() for fact in getattr(audited.deployment, kind.field)
    )
    return _Known(
        audited,
        rules={rule.rule.id: rule for rule in audited.rules if rule.rule.autofix is not None},
        facts={shown_subject(fact): fact for fact in facts},
        whole=whole_of(audited.deployment),
        read=Counter(),
    )


def _keys(findings: Iterable[Finding]) -> frozenset[tuple[str, str]]:
    return frozenset(map(_key, findings))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.fingerprint
