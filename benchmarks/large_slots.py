"""
What takes longer than its text is long, or very long: files full of one thing, wherever a text is.

    python benchmarks/large_slots.py [WORD ...]

`large_slots.yaml` has places where a file has a text (a command of Compose, a name in Terraform, a
line of a notebook) and what such a text may be full of: quotes, brackets, beginnings of templates.
Each place is filled with each at 100,000 and 200,000 characters. Told is where the longer one takes
more than a tenth of a second of CPU and three times as long as the shorter, where a file as long as
its reader takes would go beyond five seconds at that pace, and whatever is raised. WORD picks
places by their files. Ends with 1 where something is told.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import yaml
from hangs import LONGEST_CPU_S, Hang, heed_limits, place_of, timed
from large_kinds import Kind

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.ours import lint_rules

RULES = lint_rules([])
SHORT, LONG = 100_000, 200_000
QUICK_S, FASTER = 0.1, 3


def main() -> int:
    """Print what grows too fast; 1 where something does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("words", nargs="*", metavar="WORD")
    words = parser.parse_args().words
    heed_limits()
    told = asked = 0
    for name, kind in filled():
        if words and not any(word in kind.file for word in words):
            continue
        asked += 1
        found = _judged(kind)
        if found:
            told += 1
            print(f"{name}: {found}", flush=True)
    print(f"{asked:,} places filled, {told:,} told")
    return 1 if told else 0


def filled() -> Iterator[tuple[str, Kind]]:
    """Each place, full of each thing, and what that is called."""
    read = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    for slot in read["slots"]:
        before = slot["head"].rpartition("\n")[2]
        for name, piece in read["pieces"].items():
            repeated = piece
            if slot["head"].startswith("{"):
                repeated = json.dumps(piece)[1:-1]
            elif before.isspace():  # a block of YAML
                repeated = piece.replace("\n", f"\n{before}")
            shown = f"{slot['file']}, {name} behind {slot['head'][-30:]!r}"
            yield shown, Kind(repeated=repeated, **slot)


def _judged(kind: Kind) -> str:
    """What is wrong with the time that a place takes; empty where nothing is."""
    took = []
    for size in (SHORT, LONG):
        files = {kind.file: kind.text(size)}
        try:
            cpu_s, _ = timed(partial(_lint, files), longest_s=LONGEST_CPU_S)
        except (Exception, Hang) as error:  # noqa: BLE001, whatever is raised is what is sought
            return f"{place_of(error)}, of {size:,} characters"
        took.append(cpu_s)
    short_s, long_s = took
    whole_s = long_s * kind.most / LONG
    if whole_s < LONGEST_CPU_S and not (long_s > QUICK_S and long_s > FASTER * short_s):
        return ""
    return f"{short_s:.2f} s, {long_s:.2f} s, {whole_s:.0f} s at {kind.most:,} if it goes on so"


def _lint(files: Mapping[str, str]) -> None:
    lint(deployment_of(files), RULES)


if __name__ == "__main__":
    sys.exit(main())
