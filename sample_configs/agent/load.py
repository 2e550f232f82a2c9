"""
Load on the agent, bounded in time and number; a summary as JSON at the end.

    python load.py http://127.0.0.1:8001 --seconds 12 --concurrency 4 --mix 0.5

Closed loop by default: each of so many users asks again as soon as it is answered. With --rate,
open loop: requests arrive at random at that rate, whether or not the agent keeps up.
"""

import argparse
import http.client
import json
import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SERVICES = ("checkout", "billing", "search", "identity", "delivery", "pricing")
RESEARCH = (
    "Which incidents hit {one}, and what was their cause?",
    "How long did incidents of {one} last on average?",
    "Compare {one} with {other} by the causes of their incidents.",
    "What is the trend of tickets about {one}?",
)
CHAT = (
    "Why did {one} feel slow on Monday?",
    "Should we buy more machines for {one}?",
    "Explain to a customer what happened to {one}.",
)
MOST_USERS = 64
TIMEOUT_S = 60.0


@dataclass
class Tally:
    """What happened so far; shared by all users."""

    latencies_s: dict[str, list[float]] = field(default_factory=dict)
    errors: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, latency_s: float, *, ok: bool) -> None:
        with self.lock:
            if ok:
                self.latencies_s.setdefault(kind, []).append(latency_s)
            else:
                self.errors += 1


def questions(rng: random.Random, research_share: float) -> Iterator[tuple[str, str]]:
    """An endless sequence of (type, question)."""
    while True:
        kind = "research" if rng.random() < research_share else "chat"
        one, other = rng.sample(SERVICES, 2)
        yield (
            kind,
            rng.choice(RESEARCH if kind == "research" else CHAT).format(one=one, other=other),
        )


def ask(url: str, kind: str, question: str, session: str) -> bool:
    """Whether the agent answered."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    body = json.dumps({"type": kind, "question": question, "session": session})
    try:
        connection.request("POST", "/run", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
    except OSError:
        return False
    else:
        return response.status == http.HTTPStatus.OK
    finally:
        connection.close()


def user(number: int, asked: argparse.Namespace, tally: Tally, end: float) -> None:
    """One user of the closed loop."""
    rng = random.Random(asked.seed * 1000 + number)  # noqa: S311, a workload, not a secret
    for kind, question in questions(rng, asked.mix):
        begun = time.monotonic()
        if begun >= end:
            return
        ok = ask(asked.url, kind, question, f"user-{number}")
        tally.add(kind, time.monotonic() - begun, ok=ok)
        if not ok:
            time.sleep(0.1)


def arrivals(asked: argparse.Namespace, tally: Tally, end: float) -> list[threading.Thread]:
    """The open loop: a thread per request; one too many at once counts as an error."""
    rng = random.Random(asked.seed)  # noqa: S311, a workload, not a secret
    threads: list[threading.Thread] = []

    def one(kind: str, question: str, session: str) -> None:
        begun = time.monotonic()
        ok = ask(asked.url, kind, question, session)
        tally.add(kind, time.monotonic() - begun, ok=ok)

    for number, (kind, question) in enumerate(questions(rng, asked.mix)):
        time.sleep(min(rng.expovariate(asked.rate), max(end - time.monotonic(), 0)))
        if time.monotonic() >= end:
            break
        threads = [thread for thread in threads if thread.is_alive()]
        if len(threads) >= MOST_USERS:
            tally.add(kind, 0.0, ok=False)
            continue
        session = f"user-{number % MOST_USERS}"
        threads.append(threading.Thread(target=one, args=(kind, question, session), daemon=True))
        threads[-1].start()
    return threads


def summary(tally: Tally, seconds: float) -> dict[str, object]:
    """Requests, errors, throughput, and the latency of each type."""
    done = sum(len(latencies) for latencies in tally.latencies_s.values())
    return {
        "requests": done,
        "errors": tally.errors,
        "per_second": round(done / seconds, 2),
        "types": {
            kind: {"requests": len(values), "p50_s": _at(values, 0.5), "p99_s": _at(values, 0.99)}
            for kind, values in sorted(tally.latencies_s.items())
        },
    }


def _at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 3)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Load on the agent.")
    parser.add_argument("url", help="of the agent, on this machine")
    parser.add_argument("--seconds", type=float, default=12.0, help="at most 600")
    parser.add_argument("--concurrency", type=int, default=4, help=f"users, at most {MOST_USERS}")
    parser.add_argument("--rate", type=float, help="requests per second (open loop)")
    parser.add_argument("--mix", type=float, default=0.5, help="share of research requests")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    asked.seconds = min(asked.seconds, 600.0)
    asked.concurrency = min(max(asked.concurrency, 1), MOST_USERS)
    if urlsplit(asked.url).hostname not in {"127.0.0.1", "::1", "localhost"}:
        parser.error("this load is for an agent on this machine only")
    return asked


def main() -> None:
    asked = options()
    tally = Tally()
    begun = time.monotonic()
    end = begun + asked.seconds
    if asked.rate:
        threads = arrivals(asked, tally, end)
    else:
        threads = [
            threading.Thread(target=user, args=(number, asked, tally, end), daemon=True)
            for number in range(asked.concurrency)
        ]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    json.dump(summary(tally, time.monotonic() - begun), sys.stdout)
    print()


if __name__ == "__main__":
    main()
