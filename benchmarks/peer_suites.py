"""
Peers' own tests as our input: the tables of docs/peers.md.

    python benchmarks/peer_suites.py FOLDER [--judged FILE]

FOLDER holds checkouts named `owner+name`, as for benchmarks/precision.py. Their tests are parsed
and never run: `peer_cases.py` takes the policies, with what each test expects of them, and
`peer_examples.py` manifests, templates and texts with secrets. Each input is audited alone, as
`agentaudit lint` does. FILE names the rules of ours that stand for a peer's check, and the reason
of each difference. It ends in 1 where a difference has no reason, or a reason has no difference.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from peer_cases import Case, Source, all_cases
from peer_examples import example_cases

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.ours import lint_rules

RULES = lint_rules()
JUDGED = Path(__file__).with_name("peer_suites.yaml")
HEADER = "| check of the peer | our rules | both | only the peer | only we | neither |"


@dataclass(frozen=True, slots=True)
class Judged:
    """Our rules by check of a peer, and the class of a difference by its case."""

    rules: Mapping[str, tuple[str, ...]]
    outside: Mapping[str, str]
    classes: Mapping[str, str]
    """What a class means, by its name."""
    differences: Mapping[str, str]
    """The class of each difference, by `check case`."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One case with what both say of it."""

    case: Case
    ours: bool

    @property
    def key(self) -> str:
        return f"{self.case.check} {self.case.name}"


def main() -> int:
    """Print the tables; 1 where differences and reasons do not match."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=2)[1])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--judged", type=Path, default=JUDGED)
    options = parser.parse_args()
    judged = read_judged(options.judged)
    cases = (*all_cases(options.folder), *example_cases(options.folder))
    if not cases:
        raise SystemExit(f"{options.folder}: no tests of a known peer in it")
    compared = compare(cases, judged)
    print("\n".join((*agreement(compared, judged), "", *reasons(compared, judged))))
    left = tuple(unreasoned(compared, cases, judged))
    print("\n".join(left), file=sys.stderr)
    return 1 if left else 0


def read_judged(file: Path) -> Judged:
    """The judgement of a file; a difference whose class is not explained ends the run."""
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    differences: dict[str, str] = {}
    for name, by_check in said["differences"].items():
        if name not in said["classes"]:
            raise SystemExit(f"{file}: {name}: no class of this name")
        for check, names in by_check.items():
            differences.update({f"{check} {case}": name for case in names})
    return Judged(
        rules={check: tuple(rules) for check, rules in said["rules"].items()},
        outside=said["outside"],
        classes=said["classes"],
        differences=differences,
    )


def compare(cases: Sequence[Case], judged: Judged) -> tuple[Compared, ...]:
    """Every case of a check that rules of ours stand for, with whether one of them fires."""
    found: dict[Source, Sequence[tuple[str, int]]] = {}
    compared: list[Compared] = []
    for case in (case for case in cases if case.check in judged.rules):
        if case.source not in found:
            found[case.source] = tuple(findings_in(case.source))
        ours = _fires(case, judged.rules[case.check], found[case.source])
        compared.append(Compared(case, ours))
    return tuple(compared)


def findings_in(source: Source) -> Iterator[tuple[str, int]]:
    """Rules and lines of what we find in one input, which is a deployment of its own."""
    for finding in lint(deployment_of({source.file: source.text}), RULES).findings:
        yield finding.rule, finding.evidence.line


def _fires(case: Case, rules: Sequence[str], found: Sequence[tuple[str, int]]) -> bool:
    return any(rule in rules and any(line in lines for lines in case.lines) for rule, line in found)


def agreement(compared: Sequence[Compared], judged: Judged) -> Iterator[str]:
    """A row for each check of a peer, and one for all."""
    counts: dict[str, Counter[tuple[bool, bool]]] = {check: Counter() for check in judged.rules}
    for item in compared:
        counts[item.case.check][item.case.expected, item.ours] += 1
    yield HEADER
    yield "|---|---|" + "--:|" * 4
    for check, numbers in counts.items():
        if numbers:
            yield _row(check, ", ".join(judged.rules[check]), numbers)
    yield _row("**all**", "", sum(counts.values(), Counter[tuple[bool, bool]]()))


def _row(check: str, rules: str, counts: Counter[tuple[bool, bool]]) -> str:
    cells = ((True, True), (True, False), (False, True), (False, False))
    return f"| {check} | {rules} | " + " | ".join(str(counts[cell]) for cell in cells) + " |"


def _differences(compared: Sequence[Compared]) -> Iterator[Compared]:
    return (item for item in compared if item.case.expected != item.ours)


def reasons(compared: Sequence[Compared], judged: Judged) -> Iterator[str]:
    """A row for each class of differences."""
    counts: Counter[tuple[str, bool]] = Counter()
    for item in _differences(compared):
        counts[judged.differences.get(item.key, "no reason yet"), item.ours] += 1
    yield "| class | only the peer | only we | what it means |"
    yield "|---|--:|--:|---|"
    for name in sorted({name for name, _ in counts}):
        meaning = judged.classes.get(name, "")
        yield f"| {name} | {counts[name, False]} | {counts[name, True]} | {meaning} |"


def unreasoned(
    compared: Sequence[Compared], cases: Sequence[Case], judged: Judged
) -> Iterator[str]:
    """Differences without a class, classes without their difference, checks nobody mapped."""
    differing = {item.key: item for item in _differences(compared)}
    for key, item in differing.items():
        if key not in judged.differences:
            yield f"no reason: {key}: only {'we' if item.ours else 'the peer'} found it"
    present = {f"{case.check} {case.name}" for case in cases}
    for key in judged.differences:
        if key in present and key not in differing:
            yield f"no difference any more: {key}"
    for check in sorted({case.check for case in cases} - {*judged.rules, *judged.outside}):
        yield f"neither in rules nor outside: {check}"


if __name__ == "__main__":
    sys.exit(main())
