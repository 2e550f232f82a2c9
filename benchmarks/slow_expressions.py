"""
Every expression of ours, held against texts made of its own parts: what takes the square of a text.

    python benchmarks/slow_expressions.py [WORD ...] [--characters 16000]

From what an expression repeats without a bound, texts are made that nearly match: what stands
before it, its body many times, both many times, and something that never fits. Told is what takes
more than a tenth of a second for so few characters, with its place in our source; whether texts as
long as a file get there is a reader's to see. WORD picks expressions by their files. Ends with 1
where one is told that `slow_expressions.yaml` does not know, which says of each why it is harmless.
"""

import argparse
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from re import _constants as names  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import FrameType
from typing import Any

import yaml
from hangs import Hang, heed_limits, timed

import agentaudit
from agentaudit import expressions

SLOW_S, LONGEST_S = 0.1, 2.0
SUSPECT_S, SHORT = 0.002, 2_000
"""A text of so many characters that takes no longer is not tried at length."""
MANY = 300
"""Times that a part is repeated at the least, for it to count as without a bound."""
_LETTERS = [*map(chr, range(32, 127)), "\n", "\t", "é"]
_PREFERRED = "a1 -_./:=\"'\\${}()[]\n"
_NAME = re.compile(r"\s*\"?(\w+)\"?\s*[:=]")
_ENDS = ("", "\x00", "\n\x00", "!")
_OF_ITSELF = {"flags", "groupindex", "groups", "pattern"}
"""What an expression says without a text."""
_Parsed = Any
"""What the standard library's parser of expressions makes of one: its types are nobody's to use."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One of ours, and where it stands."""

    source: str
    flags: int
    place: str


def main() -> int:
    """Print what takes the square; 1 where something new does."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    arguments.add_argument("words", nargs="*", metavar="WORD", help="files with this in their path")
    arguments.add_argument("--characters", type=int, default=16_000, help="of each text")
    options = arguments.parse_args()
    known = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    heed_limits()
    new = asked = 0
    for each in _ours():
        if options.words and not any(word in each.place for word in options.words):
            continue
        asked += 1
        found = slowest(each, options.characters)
        if found is None:
            continue
        seconds, text = found
        why = known.get(f"{each.place.partition(':')[0]} {_variable(each)}", "")
        new += not why
        told = f"{each.place}: {seconds:.1f} s for {text[:60]!r} … {text[-20:]!r}"
        print(f"{told}: {why or 'NEW'}", flush=True)
    print(f"{asked:,} expressions, {new} new")
    return 1 if new else 0


def slowest(expression: Expression, characters: int) -> tuple[float, str] | None:
    """The dearest text for an expression, with its seconds; None where none takes long."""
    compiled = re.compile(expression.source, expression.flags)
    asks = _asks(expression, compiled)
    parsed = parser.parse(expression.source, expression.flags)
    best: tuple[float, str] | None = None
    for text, short in dict.fromkeys(_texts(parsed, characters)):
        if _seconds(asks, short) < SUSPECT_S:
            continue
        seconds = _seconds(asks, text)
        if seconds > SLOW_S and (best is None or seconds > best[0]):
            best = seconds, text
        if best is not None and best[0] >= LONGEST_S:
            break
    return best


def _asks(expression: Expression, compiled: re.Pattern[str]) -> Callable[[str], object]:
    """How an expression is asked: from the beginning of a text alone where its file asks so."""
    name, text = _variable(expression), _source(expression)
    asked = set(re.findall(rf"\b{name}\.(\w+)", text)) - _OF_ITSELF if name else set()
    if asked and asked <= {"match", "fullmatch"}:
        return lambda said: [getattr(compiled, each)(said) for each in asked]
    return lambda said: [None for _ in compiled.finditer(said)]


def _source(expression: Expression) -> str:
    file = expression.place.partition(":")[0]
    return (Path(agentaudit.__file__).parent / file).read_text(encoding="utf-8")


def _variable(expression: Expression) -> str:
    """What an expression is called where it is made; empty where that has no name."""
    line = expression.place.partition(":")[2]
    named = _NAME.match(_source(expression).split("\n")[int(line) - 1]) if line else None
    return named[1] if named is not None else ""


def _seconds(asks: Callable[[str], object], text: str) -> float:
    try:
        return timed(lambda: asks(text), longest_s=LONGEST_S)[0]
    except Hang:
        return LONGEST_S


def _texts(parsed: _Parsed, characters: int) -> Iterator[tuple[str, str]]:
    """Texts of a length that an expression may find hard, each with a short one like it."""
    for before, body, after in _repeats(parsed, ""):
        for piece in body:
            for repeated in (piece, before + piece, piece + after, before + piece + after, before):
                if not repeated:
                    continue
                for end in _ENDS:
                    long, short = (
                        before + repeated * (length // len(repeated)) + end
                        for length in (characters, SHORT)
                    )
                    yield long, short


def _repeats(parsed: _Parsed, before: str) -> Iterator[tuple[str, Sequence[str], str]]:
    """Each repetition: what stands before it, what it may repeat, what follows it."""
    items = list(parsed)
    for at, (kind, value) in enumerate(items):
        if kind in (names.MAX_REPEAT, names.MIN_REPEAT, names.POSSESSIVE_REPEAT):
            least, most, body = value
            after = _sample(items[at + 1 :])
            if most is names.MAXREPEAT or most >= MANY:
                yield before, _samples(body), after
            yield from _repeats(body, before)
            before += _sample(body) * max(least, 1 if at == 0 else least)
            continue
        for within in _within(kind, value):
            yield from _repeats(within, before)
        before += _one(kind, value)


def _within(kind: object, value: _Parsed) -> Sequence[_Parsed]:
    """The parts of a group, of a choice or of what is looked at."""
    if kind is names.BRANCH:
        return list(value[1])
    if kind is names.SUBPATTERN:
        return [value[3]]
    if kind in (names.ASSERT, names.ASSERT_NOT):
        return [value[1]]
    return [value] if kind is names.ATOMIC_GROUP else []


def _samples(parsed: _Parsed) -> Sequence[str]:
    """Some texts that a repeated part matches, one for each way that it may begin."""
    items = list(parsed)
    if len(items) == 1 and items[0][0] is names.BRANCH:
        return [text for branch in items[0][1][1] for text in _samples(branch)][:12]
    if len(items) == 1 and items[0][0] is names.SUBPATTERN:
        return _samples(items[0][1][3])
    if len(items) == 1 and items[0][0] in (names.IN, names.ANY, names.NOT_LITERAL):
        return _letters(*items[0])[:10]
    return [_sample(items)]


def _sample(parsed: Iterable[Any]) -> str:
    """One text that a part matches, or nearly."""
    return "".join(_one(kind, value) for kind, value in parsed)


def _one(kind: object, value: _Parsed) -> str:
    if kind is names.LITERAL:
        return chr(int(value))
    if kind in (names.IN, names.ANY, names.NOT_LITERAL):
        return next(iter(_letters(kind, value)), "")
    if kind in (names.MAX_REPEAT, names.MIN_REPEAT, names.POSSESSIVE_REPEAT):
        return _sample(value[2]) * min(int(value[0]), 100)
    if kind in (names.ASSERT, names.ASSERT_NOT):
        return ""
    return next(map(_sample, _within(kind, value)), "")


def _letters(kind: object, value: _Parsed) -> list[str]:
    """Characters that one place of an expression takes, the most common ones first."""
    if kind is names.ANY:
        found = [letter for letter in _LETTERS if letter != "\n"]
    elif kind is names.NOT_LITERAL:
        found = [letter for letter in _LETTERS if letter != chr(value)]
    else:
        negated = value[0][0] is names.NEGATE
        found = [letter for letter in _LETTERS if _is_one_of(letter, value) is not negated]
    return sorted(found, key=lambda letter: (_PREFERRED.find(letter) % 99, letter))


def _is_one_of(letter: str, members: Iterable[Any]) -> bool:
    return any(_is_member(letter, kind, value) for kind, value in members)


def _is_member(letter: str, kind: object, value: _Parsed) -> bool:
    if kind is names.LITERAL:
        return letter == chr(value)
    if kind is names.RANGE:
        return int(value[0]) <= ord(letter) <= int(value[1])
    if kind is not names.CATEGORY:
        return False
    told = {
        names.CATEGORY_DIGIT: letter.isdigit(),
        names.CATEGORY_SPACE: letter.isspace(),
        names.CATEGORY_WORD: letter.isalnum() or letter == "_",
    }
    opposite = {
        names.CATEGORY_NOT_DIGIT: names.CATEGORY_DIGIT,
        names.CATEGORY_NOT_SPACE: names.CATEGORY_SPACE,
        names.CATEGORY_NOT_WORD: names.CATEGORY_WORD,
    }
    return told[value] if value in told else not told[opposite[value]]


def _ours() -> Sequence[Expression]:
    """All expressions of our modules, also those that are compiled late."""
    found: list[tuple[Callable[[], str], int, str]] = []
    compile_now, late = re.compile, expressions.Late.__init__

    def compile_noted(source: Any, flags: int = 0) -> re.Pattern[str]:  # noqa: ANN401, or bytes
        if not isinstance(source, bytes):
            found.append((lambda: source, int(flags), _place()))
        return compile_now(source, flags)

    def late_noted(self: expressions.Late, source: Callable[[], str], flags: int = 0) -> None:
        found.append((source, int(flags), _place()))
        late(self, source, flags)

    re.compile = compile_noted  # type: ignore[assignment]
    expressions.Late.__init__ = late_noted  # type: ignore[method-assign]
    try:
        for module in pkgutil.walk_packages(agentaudit.__path__, "agentaudit."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    finally:
        re.compile = compile_now
        expressions.Late.__init__ = late  # type: ignore[method-assign]
    told = [(written(), flags, place) for written, flags, place in found if place]
    tokens = importlib.import_module("agentaudit.readers.token_forms").TOKENS
    forms = [(form.expression, 0, "readers/token_forms.py") for form in tokens]
    once = {(source, flags): place for source, flags, place in (*told, *forms)}
    return [
        Expression(source, flags, place)
        for (source, flags), place in sorted(once.items(), key=lambda item: item[1])
    ]


def _place() -> str:
    """Where in our source an expression is made; empty where it is not ours."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001, who asks is the place
    while frame is not None and frame.f_code.co_filename == expressions.__file__:
        frame = frame.f_back
    file = frame.f_code.co_filename if frame is not None else ""
    ours = file.startswith(str(Path(agentaudit.__file__).parent))
    return f"{file.rpartition('/agentaudit/')[2]}:{frame.f_lineno}" if ours and frame else ""


if __name__ == "__main__":
    sys.exit(main())
