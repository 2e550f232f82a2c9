"""
Search over files, as a program: `search_files.py FOLDER QUERY` prints the best lines as JSON.

Every file is read and every paragraph scored (BM25), as somebody's grep-like tool would.
"""

import json
import math
import re
import sys
from collections import Counter
from pathlib import Path

K1, B = 1.5, 0.75  # the usual constants of BM25
BEST = 14
WORD = re.compile(r"[a-z]{3,}")


def search(folder: Path, query: str) -> list[dict[str, str]]:
    """The best paragraphs for the query, with their files; none when no word of it occurs."""
    wanted = set(WORD.findall(query.lower()))
    paragraphs: list[tuple[str, str, Counter[str]]] = []
    seen_in: Counter[str] = Counter()
    for path in sorted(folder.glob("*.txt")):
        for text in path.read_text(encoding="utf-8").split("\n\n"):
            words = Counter(WORD.findall(text.lower()))
            seen_in.update(words.keys() & wanted)
            paragraphs.append((path.name, text, words))
    length = sum(words.total() for _, _, words in paragraphs) / max(len(paragraphs), 1)
    rarity = {
        word: math.log(1 + (len(paragraphs) - seen_in[word] + 0.5) / (seen_in[word] + 0.5))
        for word in wanted
    }
    scored = [(_score(words, rarity, length), name, text) for name, text, words in paragraphs]
    best = sorted((entry for entry in scored if entry[0] > 0), reverse=True)[:BEST]
    return [{"source": name, "text": text} for _, name, text in best]


def _score(words: Counter[str], rarity: dict[str, float], mean_length: float) -> float:
    norm = K1 * (1 - B + B * words.total() / mean_length)
    return sum(
        weight * words[word] * (K1 + 1) / (words[word] + norm) for word, weight in rarity.items()
    )


if __name__ == "__main__":
    json.dump(search(Path(sys.argv[1]), sys.argv[2]), sys.stdout)
