"""
What takes longer than its text is long: deployments with one or two of their pieces said again.

    python benchmarks/growth.py --seeds FOLDER [--seconds 600] [--seed 0] [--found FOLDER]
        [--padded]

Seeds are what `fuzz_seeds.py` writes: every deployment that a test reads. In a round one piece of
one of them (an entry of a mapping, an element of a list, a block of lines), or two of its pieces,
are said 100 times and 400 times, with other names or with the same. What then grows faster than
its text is grown further, until a file is longer than what is read or an audit or a threat model
takes more than five seconds of CPU; such are told, each place once, and kept. With --padded a
long text stands beside the pieces, all on one line of JSON or YAML, and what both take together is
told where that is a second more than what each takes. Ends with 1 where there are some.
"""

import argparse
import gc
import math
import random
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from fuzz_inputs import BETWEEN
from grown_deployments import Grown, grow
from hangs import LONGEST_CPU_S, Hang, heed_limits, our_frames, timed

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.deployment import FileStatus
from agentaudit.model.threat import ThreatRules
from agentaudit.readers.files import MAX_BYTES
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.ours import lint_rules, threat_rules
from agentaudit.threats.model import threat_model

FEW, MORE = 100, 400
MOST = 200_000
"""Times that a piece is said again."""
PADDINGS = ("a", " #", "token ", "=", "\\'", "KEY=", "://", "{}", "é ", "\n")
PADDED = 2_000_000
TOGETHER_S = 1.0
"""What makes up a text beside them, its characters, and what it may cost that they stand there."""


@dataclass(slots=True)
class Hunt:
    """What is asked, and what was found up to now, by its place."""

    folder: Path
    rules: Sequence[CompiledRule] = field(default_factory=lambda: lint_rules([]))
    queries: ThreatRules = field(default_factory=threat_rules)
    places: set[str] = field(default_factory=set)

    def audit(self, texts: Mapping[str, str]) -> tuple[float, bool]:
        """The CPU seconds of the dearer of both commands, and whether all files were read."""
        gc.collect()
        read_s, deployment = timed(lambda: deployment_of(texts), longest_s=LONGEST_CPU_S)
        left_s = max(LONGEST_CPU_S - read_s, 0.1)
        lint_s, _ = timed(lambda: lint(deployment, self.rules), longest_s=left_s)
        threat_s, _ = timed(lambda: threat_model(deployment, self.queries), longest_s=left_s)
        whole = all(
            file.status is not FileStatus.FAILED and file.file in texts
            for file in deployment.coverage
        )
        return read_s + max(lint_s, threat_s), whole

    def raised(self, error: BaseException, told: str, texts: Mapping[str, str]) -> None:
        """Keep what was raised, by its place in our source."""
        frames = our_frames(error)
        names = [f"{file}:{frame.name}" for file, frame in frames]
        where = ", ".join(f"{frame.name}:{frame.lineno}" for _, frame in frames[-3:])
        place = f"{type(error).__name__} in {' > '.join(names[1:4])}"
        self.keep(place, f"{where}: {told}", texts)

    def keep(self, place: str, told: str, texts: Mapping[str, str]) -> None:
        """Name what was found, and keep its input, unless its place is known."""
        if place in self.places:
            return
        self.places.add(place)
        kept = self.folder / f"found-{len(self.places):03}"
        kept.write_text(BETWEEN.join(f"{file}\n{text}" for file, text in texts.items()))
        size = sum(map(len, texts.values()))
        print(f"FOUND {place} … {told}, {size:,} characters: {kept}", flush=True)


def main() -> int:
    """Grow until the time is up; 1 where something takes too long."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("--seeds", type=Path, required=True, help="what fuzz_seeds.py wrote")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--found", type=Path, help="where inputs are kept; a new folder by default")
    parser.add_argument("--padded", action="store_true", help="with a long text on the same line")
    options = parser.parse_args()
    hunt = Hunt(options.found or Path(mkdtemp(prefix="agentaudit-growth-")))
    hunt.folder.mkdir(parents=True, exist_ok=True)
    heed_limits()
    gc.disable()
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    drawn = random.Random(options.seed)  # noqa: S311, nothing is secret
    seeds = sorted(options.seeds.iterdir())
    until = time.monotonic() + options.seconds
    rounds = 0
    while time.monotonic() < until:
        seed = drawn.choice(seeds).read_text(encoding="utf-8", errors="replace")
        grown = grow(seed, drawn)
        if grown is not None:
            rounds += 1
            if options.padded:
                pad(hunt, grown, drawn.choice(PADDINGS))
            else:
                pursue(hunt, grown)
    print(f"{rounds:,} rounds, {len(hunt.places)} found, inputs in {hunt.folder}")
    return 1 if hunt.places else 0


def pursue(hunt: Hunt, grown: Grown) -> None:
    """Said a few times, said more often and, where that grows faster than its text, further."""
    times = FEW
    texts = grown.texts(times)
    try:
        few_s, few_whole = hunt.audit(texts)
        times = MORE
        texts = grown.texts(times)
        more_s, whole = hunt.audit(texts)
        steepness = math.log(max(more_s, 1e-3) / max(few_s, 1e-3), MORE / FEW)
        room = min(MAX_BYTES / max(len(text), 1) for text in texts.values())
        if not (few_whole and whole) or more_s * room ** max(steepness, 1) < LONGEST_CPU_S:
            return
        while whole and times < MOST:
            times *= 4
            texts = grown.texts(times)
            if max(map(len, texts.values())) > MAX_BYTES:
                return
            _, whole = hunt.audit(texts)
    except (Exception, Hang) as error:  # noqa: BLE001, whatever is raised is what is sought
        hunt.raised(error, f"{grown.told}, {times:,} times", texts)


def pad(hunt: Hunt, grown: Grown, piece: str) -> None:
    """Said often and beside a long text, against both apart."""
    padding = piece * (PADDED // len(piece))
    if grown.texts(1, padding) == grown.texts(1):  # what grows is neither JSON nor YAML
        return
    told = f"{grown.told}, beside {piece!r}"
    texts = grown.texts(MORE)
    try:
        bare_s, _ = hunt.audit(texts)
        texts = grown.texts(1, padding)
        padded_s, whole = hunt.audit(texts)
        if not whole:
            return
        texts = grown.texts(MORE, padding)
        both_s, _ = hunt.audit(texts)
    except (Exception, Hang) as error:  # noqa: BLE001, whatever is raised is what is sought
        hunt.raised(error, told, texts)
        return
    if both_s > bare_s + padded_s + TOGETHER_S:
        hunt.keep(told, f"{both_s:.1f} s, not {bare_s + padded_s:.1f}", texts)


if __name__ == "__main__":
    sys.exit(main())
