"""The text that the agent searches: weekly operations reports, the same on every machine."""

import random
from pathlib import Path

SERVICES = (
    "checkout", "catalogue", "billing", "search", "identity", "delivery", "returns", "pricing",
    "inventory", "notifications", "recommendations", "analytics",
)  # fmt: skip
CAUSES = (
    "a queue that nobody had bounded", "a slow disk on one replica", "an expired certificate",
    "a migration that held a lock", "a cache that was emptied at noon", "a noisy neighbour",
    "retries without a pause", "a feature flag left half way", "a clock that had drifted",
)  # fmt: skip
REMEDIES = (
    "added a limit and an alarm", "moved the replica to a new host", "automated the renewal",
    "split the migration into small steps", "filled the cache before the switch",
    "reserved two cores for the service", "gave every retry a growing pause",
    "removed the flag", "fixed the time source",
)  # fmt: skip
SENTENCES = (
    (
        "The {service} service answered {count} requests in week {week}, most of them within"
        " {latency} milliseconds."
    ),
    "An incident in {service} lasted {minutes} minutes; its cause was {cause}.",
    "Afterwards the team {remedy}, and the error rate of {service} fell to {errors} per million.",
    "Customers noticed {service} first: {tickets} tickets came in before the alarm did.",
    "Capacity for {service} was planned at {count} requests, with {spare} percent to spare.",
    "The review of {service} asked whether {cause} could come back; the team {remedy}.",
    "Between {service} and {other}, {latency} milliseconds were lost to waiting.",
    "Cost of {service} in week {week}: {cost} euros for compute, a third of it idle at night.",
)
REPORTS = 480
PARAGRAPHS_PER_REPORT = 10
SENTENCES_PER_PARAGRAPH = 8


def write_corpus(folder: Path, *, seed: int = 11) -> list[Path]:
    """One text file per report in the folder; what is there already is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)  # noqa: S311, text, not secrets
    paths = []
    for number in range(1, REPORTS + 1):
        path = folder / f"report-{number:03d}.txt"
        text = "\n\n".join(_paragraph(rng, number) for _ in range(PARAGRAPHS_PER_REPORT))
        if not path.exists():
            path.write_text(text + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def _paragraph(rng: random.Random, week: int) -> str:
    service = rng.choice(SERVICES)
    return " ".join(_sentence(rng, service, week) for _ in range(SENTENCES_PER_PARAGRAPH))


def _sentence(rng: random.Random, service: str, week: int) -> str:
    return rng.choice(SENTENCES).format(
        service=service,
        other=rng.choice([name for name in SERVICES if name != service]),
        cause=rng.choice(CAUSES),
        remedy=rng.choice(REMEDIES),
        week=week,
        count=rng.randint(2_000, 900_000),
        latency=rng.randint(4, 900),
        minutes=rng.randint(3, 240),
        errors=rng.randint(1, 400),
        tickets=rng.randint(1, 90),
        spare=rng.randint(5, 60),
        cost=rng.randint(200, 9_000),
    )
