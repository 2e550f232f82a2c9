"""
Extractive summarising, as a program: text on standard input, the central sentences on output.

LexRank: sentences vote for sentences that resemble them, and the votes of central ones count more.
"""

import math
import re
import sys
from collections import Counter

DAMPING = 0.85
ROUNDS = 60
KEPT = 2
MOST_SENTENCES = 110
Vector = dict[str, float]


def summarize(text: str, *, kept: int = KEPT) -> str:
    """The most central sentences, in the order of the text."""
    sentences = re.findall(r"[^.!?]+[.!?]", " ".join(text.split()))[:MOST_SENTENCES]
    if len(sentences) <= kept:
        return " ".join(sentence.strip() for sentence in sentences)
    ranks = _ranks([_vector(sentence) for sentence in sentences])
    best = sorted(range(len(sentences)), key=lambda index: -ranks[index])[:kept]
    return " ".join(sentences[index].strip() for index in sorted(best))


def _vector(sentence: str) -> Vector:
    counts = Counter(re.findall(r"[a-z0-9]+", sentence.lower()))
    norm = math.sqrt(sum(count * count for count in counts.values())) or 1.0
    return {word: count / norm for word, count in counts.items()}


def _likeness(one: Vector, other: Vector) -> float:
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())


def _ranks(vectors: list[Vector]) -> list[float]:
    votes = []
    for vector in vectors:
        row = [_likeness(vector, other) for other in vectors]
        total = sum(row) or 1.0
        votes.append([share / total for share in row])
    count = len(vectors)
    ranks = [1.0 / count] * count
    for _ in range(ROUNDS):
        ranks = [
            (1 - DAMPING) / count
            + DAMPING * sum(rank * row[index] for rank, row in zip(ranks, votes, strict=True))
            for index in range(count)
        ]
    return ranks


if __name__ == "__main__":
    print(summarize(sys.stdin.read()))
