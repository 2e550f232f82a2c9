"""
What `agentaudit lint` says of repositories that others wrote: the tables of docs/precision.md.

    python benchmarks/precision.py FOLDER [--verdicts FILE] [--least medium]

FOLDER holds a checkout in each of its folders, named `owner+name`, and beside it a text file
`owner+name.commit` that names its commit. The findings of medium severity and above were read by
hand with the files around them; FILE keeps what came of that, by fingerprint. Findings that nobody
read are counted as such, and named; so are wrong ones that are still found. Nothing of a checkout
is run, and its own configuration of lint is not read.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import yaml

LINT = (sys.executable, "-m", "agentaudit", "lint", "--no-config", "--format", "json", ".")
VERDICTS = Path(__file__).with_name("precision_verdicts.yaml")
SEVERITIES = ("critical", "high", "medium", "low", "info")
WORDS = ("right", "arguable", "wrong")
NOT_OURS = "not a deployment format"


class _Place(TypedDict):
    file: str
    line: int


class _Said(TypedDict):
    rule: str
    severity: str
    fingerprint: str
    evidence: _Place


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a run."""

    rule: str
    severity: str
    fingerprint: str
    place: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What one run said of one repository."""

    repository: str
    commit: str
    exit_code: int
    cpu_s: float
    coverage: Mapping[str, int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader decided of one finding; `mended` says what was changed for a wrong one."""

    rule: str
    word: str
    mended: str


Verdicts = Mapping[tuple[str, str], Verdict]
"""By repository and fingerprint."""


def main() -> int:
    """Print the tables; 1 where findings are unread or known to be wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=2)[1])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verdicts", type=Path, default=VERDICTS)
    parser.add_argument("--least", choices=SEVERITIES, default="medium", help="least severity")
    options = parser.parse_args()
    audits = tuple(audit(checkout) for checkout in checkouts(options.folder))
    verdicts = read_verdicts(options.verdicts)
    counted = SEVERITIES[: SEVERITIES.index(options.least) + 1]
    print("\n".join((*repository_table(audits), "", *rule_table(audits, verdicts, counted))))
    left = tuple(open_findings(audits, verdicts, counted))
    print("\n".join(left), file=sys.stderr)
    return 1 if left else 0


def checkouts(folder: Path) -> tuple[Path, ...]:
    """The checkouts in a folder, by name."""
    found = tuple(sorted(item for item in folder.glob("*") if item.is_dir()))
    if not found:
        raise SystemExit(f"{folder}: no folder with a checkout in it")
    return found


def audit(checkout: Path) -> Audit:
    """What lint says of one checkout, and the CPU seconds it took."""
    before = _cpu_of_children_s()
    run = subprocess.run(LINT, cwd=checkout, env=_environment(), capture_output=True, check=False)
    cpu_s = _cpu_of_children_s() - before
    try:
        said = json.loads(run.stdout)
    except ValueError as error:
        raise SystemExit(f"{checkout}: lint ended with {run.returncode}: {run.stderr!r}") from error
    named = checkout.with_name(f"{checkout.name}.commit")
    return Audit(
        repository=checkout.name.replace("+", "/", 1),
        commit=named.read_text().strip() if named.exists() else "",
        exit_code=run.returncode,
        cpu_s=cpu_s,
        coverage=_counts(_coverage(said["coverage"])),
        findings=tuple(_finding(item) for item in said["findings"] if not item.get("suppressed")),
    )


def _environment() -> dict[str, str]:
    """The program of this interpreter, whatever folder it runs in."""
    return {**os.environ, "PYTHONSAFEPATH": "1"}


def _cpu_of_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _coverage(files: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, int]]:
    """How files were read, and how many; those of no format of ours are told together."""
    for file in files:
        number, told, _ = file["reason"].partition(" files: ")
        count = int(number.replace(",", "")) if told else 1
        yield ("passed over" if file["reason"].endswith(NOT_OURS) else file["status"]), count


def _counts(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, count in pairs:
        counts[name] += count
    return counts


def _finding(item: _Said) -> Finding:
    place = item["evidence"]
    return Finding(
        rule=item["rule"],
        severity=item["severity"],
        fingerprint=item["fingerprint"],
        place=f"{place['file']}:{place['line']}",
    )


def read_verdicts(file: Path) -> Verdicts:
    """The verdicts of a file: groups of fingerprints with one reason."""
    groups = yaml.safe_load(file.read_text(encoding="utf-8"))
    found: dict[tuple[str, str], Verdict] = {}
    for group in groups:
        if group["verdict"] not in WORDS or not group["reason"]:
            raise SystemExit(f"{file}: {group['rule']}: a verdict is one of {WORDS}, with a reason")
        verdict = Verdict(group["rule"], group["verdict"], group.get("mended", ""))
        for repository, fingerprints in group["findings"].items():
            for fingerprint in fingerprints:
                if (repository, fingerprint) in found:
                    raise SystemExit(f"{file}: {repository} {fingerprint} has two verdicts")
                found[repository, fingerprint] = verdict
    return found


def repository_table(audits: Sequence[Audit]) -> Iterator[str]:
    """A row for each repository."""
    yield (
        "| repository | commit | files read | not read | passed over | CPU s | exit |"
        " critical | high | medium | low | info |"
    )
    yield "|---|---|" + "--:|" * 10
    for item in audits:
        counts = Counter(finding.severity for finding in item.findings)
        unread = sum(item.coverage.values()) - item.coverage["read"] - item.coverage["passed over"]
        numbers = (item.coverage["read"], unread, item.coverage["passed over"])
        yield (
            f"| {item.repository} | `{item.commit[:10]}` | "
            + " | ".join(f"{number:,}" for number in numbers)
            + f" | {item.cpu_s:.1f} | {item.exit_code} | "
            + " | ".join(str(counts[severity]) for severity in SEVERITIES)
            + " |"
        )


def rule_table(
    audits: Sequence[Audit], verdicts: Verdicts, severities: Sequence[str]
) -> Iterator[str]:
    """A row for each rule, and one for all: what is found now, and what was wrong before."""
    now: dict[str, Counter[str]] = {}
    for item, finding in _counted(audits, severities):
        verdict = verdicts.get((item.repository, finding.fingerprint))
        word = verdict.word if verdict is not None else "unread"
        now.setdefault(finding.rule, Counter())[word] += 1
    gone = _gone(audits, verdicts, severities)
    yield "| rule | found | right | arguable | wrong | unread | wrong before |"
    yield "|---|" + "--:|" * 6
    for rule in sorted({*now, *gone}):
        yield _row(rule, now.get(rule, Counter()), gone[rule])
    total = sum(now.values(), Counter[str]())
    yield _row("**all**", total, gone.total())
    before = total["wrong"] + gone.total()
    yield ""
    yield f"Right among right and wrong: {_share(total['right'], total['wrong'])} now, "
    yield f"{_share(total['right'], before)} before mending. With every arguable one counted as"
    yield f"wrong: {_share(total['right'], total['wrong'] + total['arguable'])} now,"
    yield f"{_share(total['right'], before + total['arguable'])} before."


def _row(rule: str, counts: Counter[str], gone: int) -> str:
    words = (counts["right"], counts["arguable"], counts["wrong"], counts["unread"])
    return f"| {rule} | {counts.total()} | " + " | ".join(map(str, (*words, gone))) + " |"


def _share(right: int, wrong: int) -> str:
    return f"{right / (right + wrong):.1%}" if right + wrong else "of nothing"


def _gone(audits: Sequence[Audit], verdicts: Verdicts, severities: Sequence[str]) -> Counter[str]:
    """Wrong findings that are no longer found in the repositories at hand, by rule."""
    found = {
        (item.repository, finding.fingerprint) for item, finding in _counted(audits, severities)
    }
    present = {item.repository for item in audits}
    return Counter(
        verdict.rule
        for (repository, fingerprint), verdict in verdicts.items()
        if verdict.word == "wrong"
        and repository in present
        and (repository, fingerprint) not in found
    )


def _counted(audits: Sequence[Audit], severities: Sequence[str]) -> Iterator[tuple[Audit, Finding]]:
    for item in audits:
        for finding in item.findings:
            if finding.severity in severities:
                yield item, finding


def open_findings(
    audits: Sequence[Audit], verdicts: Verdicts, severities: Sequence[str]
) -> Iterator[str]:
    """Findings that nobody read, and wrong ones that are still there."""
    for item, finding in _counted(audits, severities):
        verdict = verdicts.get((item.repository, finding.fingerprint))
        if verdict is None or verdict.word == "wrong":
            said = "unread" if verdict is None else "wrong, and found"
            yield f"{said}: {item.repository} {finding.place} {finding.rule} {finding.fingerprint}"


if __name__ == "__main__":
    sys.exit(main())
