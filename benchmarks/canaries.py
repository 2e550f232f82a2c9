"""
Secrets of every form, wherever files have a text, and in which outputs they are shown.

    python benchmarks/canaries.py [--rounds N] [--only WORD] [--list]

`canaries.yaml` has forms in which people write secrets (`?api_key=…`, `mysql -p'…'`, headers,
sentences) and places of files of every syntax, names of files and broken lines among them. In each
round every place is filled with another form, and every output is made of them: lint in all
formats, its fixes, its baseline, the threat model, the page, and what each of them says besides.
No ten characters that were drawn may be in one of them, not in small letters either. Without
`--rounds`, every place is filled with every form. Ends with 1 where something is shown.
"""

import argparse
import base64
import contextlib
import io
import json
import random
import re
import string
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from typer.testing import CliRunner

from agentaudit.__main__ import tell
from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError
from agentaudit.extract.deployment import deployment_of
from agentaudit.rules.fakes import fake

_HOLE = re.compile(r"@(?P<kind>[a-z]+(?:64)?)(?::(?P<what>\w+))?@")
_PATH, _UNFIT = "token=@random@", ("/", "\n", "@base64@", "@pem@", "private_key", "aws_secret")
"""What is written in names of files instead of a form that may have slashes or lines."""
_LONG = 10
"""Characters of a secret that are in no output by chance."""
_WORDS = ("winter", "hummel", "garden", "falcon", "copper", "window", "meadow", "pepper", "rocket")
_PREFIX = 16
"""Characters at the beginning of a vendor's key, of which some are known to everybody."""
LINT, THREATS = ("sarif", "json", "xml", "md", "txt"), ("sarif", "json", "md", "mmd", "txt")


@dataclass(frozen=True, slots=True)
class Canary:
    """One secret: how it is written, where, and what of it must not be seen."""

    group: str
    form: str
    place: str
    parts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """A file in which the text stands for each `§`, of its path too."""

    number: int
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Round:
    """A folder of files, each with secrets of its own."""

    files: Mapping[str, str]
    canaries: tuple[Canary, ...]

    def seen(self, output: str) -> tuple[Canary, ...]:
        """Those of which something is in an output."""
        runs = set(re.findall(rf"[a-z0-9+/]{{{_LONG},}}", output.lower()))
        shown = {part for run in runs for part in _windows(run)}
        return tuple(canary for canary in self.canaries if canary.parts & shown)


def main() -> int:
    """Print what is shown where; 1 where anything is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="so many, not all")
    parser.add_argument("--only", default="", metavar="WORD", help="places with this in their file")
    parser.add_argument("--list", action="store_true", help="every one that is shown")
    asked = parser.parse_args()
    planted, shown = 0, dict[Canary, set[str]]()
    for planting in rounds(asked.rounds, asked.only):
        planted += len(planting.canaries)
        for name, output in outputs(planting.files):
            for canary in planting.seen(output):
                shown.setdefault(canary, set()).add(name)
        print(f"{planted:,} planted, {len(shown):,} shown", file=sys.stderr, flush=True)
    for title, counted in (
        ("form", Counter(f"{each.group}: {each.form}" for each in shown)),
        ("place", Counter(each.place for each in shown)),
        ("output", Counter(name for names in shown.values() for name in names)),
    ):
        print(f"\nby {title}")
        for words, count in counted.most_common():
            print(f"{count:6,}  {words!r}")
    if asked.list:
        for canary, names in shown.items():
            print(f"{canary.place} | {canary.form!r} | {', '.join(sorted(names))}")
    print(f"\n{planted:,} secrets planted, {len(shown):,} shown")
    return 1 if shown else 0


def rounds(count: int = 0, only: str = "") -> Iterator[Round]:
    """So many rounds, spread over the forms; 0 for all."""
    read = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    forms = [(group, form) for group, listed in read["forms"].items() for form in listed]
    places = [Place(number, *entry) for number, entry in enumerate(read["places"])]
    places = [place for place in places if only in place.file]
    shuffled = random.Random(7).sample(forms, len(forms))  # noqa: S311, the same each time
    step = max(len(forms) // count, 1) if count else 1
    for first in range(0, len(forms), step)[: count or None]:
        files, canaries = {}, []
        for place in places:
            group, form = shuffled[(first + place.number) % len(forms)]
            path, text, drawn = _filled(place, form, seed=f"{first} {place.number}")
            files[path] = text
            canaries += [Canary(group, form, told, parts) for told, parts in drawn]
        yield Round(files, tuple(canaries))


def _filled(
    place: Place, form: str, *, seed: str
) -> tuple[str, str, list[tuple[str, frozenset[str]]]]:
    """The path and text of a place with secrets in it, and what of each may not be seen."""
    drawn: list[tuple[str, frozenset[str]]] = []

    def fill(text: str, told: str, *, path: bool = False) -> str:
        pieces = text.split("§")
        for number, piece in enumerate(pieces[:-1]):
            fitting = _PATH if path and any(word in form for word in _UNFIT) else form
            written, parts = _written(fitting, f"{seed} {told} {number}")
            before = "".join(pieces[: number + 1]).rpartition("\n")[2]
            pieces[number] = piece + (written if path else _quoted(written, before))
            drawn.append((f"{place.number} {place.file}: {told} … {piece[-40:]}§", parts))
        return "".join(pieces)

    path = fill(place.file, "path", path=True)
    return f"p{place.number}/{path}", fill(place.text, "text"), drawn


def _quoted(text: str, before: str) -> str:
    """A text as it is written behind what stands on its line."""
    if before.replace('\\"', "").count('"') % 2:
        return json.dumps(text, ensure_ascii=False)[1:-1]
    return text.replace("\n", f"\n{before}") if before.isspace() else text


def _written(form: str, seed: str) -> tuple[str, frozenset[str]]:
    """A form with what is drawn in it, and the parts of that."""
    chance, parts = random.Random(seed), set[str]()  # noqa: S311

    def draw(match: re.Match[str]) -> str:
        value, shown = _drawn(match["kind"], match["what"] or "", chance)
        for run in re.findall(r"[a-z0-9+/]+", value[shown:].lower()):
            parts.update(_windows(run))
        return value

    return _HOLE.sub(draw, form), frozenset(parts)


def _drawn(kind: str, what: str, chance: random.Random) -> tuple[str, int]:
    """What is drawn, and how many of its first characters may be shown."""
    letters = string.ascii_letters + string.digits
    if kind == "key":
        value = fake(what, serial=chance.randrange(10**9))
        return value, value.rfind(".") + 1 if what == "jwt" else min(_PREFIX, len(value) - _LONG)
    if kind == "password":
        first, second = chance.sample(_WORDS, 2)
        end = chance.choice(("", "", "!", "+1"))
        return f"{first.title()}{chance.randrange(10**4, 10**5)}{second}{end}", 0
    if kind == "words":
        words = chance.sample(_WORDS, 3)
        return " ".join(f"{word}{chance.randrange(10**4, 10**5)}" for word in words), 0
    if kind == "pem":
        return fake("private_key", serial=chance.randrange(10**9)).replace("\\n", "\n"), _PREFIX
    if kind == "basic":
        secret = f"agent:{chance.choice(_WORDS)}{chance.randrange(10**9)}"
        return base64.b64encode(secret.encode()).decode(), 8
    alphabet = {"hex": "0123456789abcdef", "base64": letters + "+/"}.get(kind, letters)
    usual = {"hex": 32, "base64": 43}.get(kind, 24)
    value = "".join(chance.choices(alphabet, k=int(what or usual)))
    return f"{value}=" if kind == "base64" else value, 0


def _windows(run: str) -> Iterator[str]:
    return (run[at : at + _LONG] for at in range(len(run) - _LONG + 1))


def outputs(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Whatever is said of a folder of such files, and by what."""
    yield "facts", repr(deployment_of(files))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made, "audited")
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield from _commands(folder, Path(made, "outputs"))


def _commands(folder: Path, out: Path) -> Iterator[tuple[str, str]]:
    out.mkdir()
    lint = [f"-o{out}/lint.{ending}" for ending in LINT]
    yield "lint", _said("lint", folder, *lint, f"--json={out}/findings.json")
    yield "lint --write-baseline", _said("lint", folder, f"--write-baseline={out}/baseline")
    yield "lint -v", _said("-v", "lint", folder)
    for name in ("github", "gitlab"):
        yield f"lint --format {name}", _said("lint", folder, "--format", name)
    yield "lint --fix", _said("lint", folder, "--fix")
    yield "lint --fix --yes", _said("lint", folder, "--fix", "--yes", "--allow-dirty")
    for ending in THREATS:
        threats = f"-o{out}/threats.{ending}"
        yield "threat-model", _said("threat-model", folder, threats, f"--json={out}/threats.json")
    yield "report", _said("report", out, f"-o{out}/report.html", f"--json={out}/report.json")
    for path in sorted(out.iterdir()):
        yield path.name, path.read_text(encoding="utf-8")
    for path in sorted(folder.glob("*/*")):
        if path.name in ("agentaudit.yaml", "pyproject.toml"):
            yield "lint with its configuration", _said("lint", path.parent)
        elif path.name == "agentaudit-accept.yaml":
            yield "lint --accept", _said("lint", path.parent.parent, f"--accept={path}")
        elif path.name == "rule.yaml":
            yield "lint --rules", _said("lint", path.parent, f"--rules={path.parent}")
            yield "rules test", _said("rules", "test", path.parent)


def _said(*arguments: object) -> str:
    """What a command says on both streams, an error among it."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    error, told = done.exception, io.StringIO()
    if isinstance(error, AgentAuditError):
        with contextlib.redirect_stderr(told):
            tell(error)
    elif error is not None and not isinstance(error, SystemExit):
        raise error
    return f"{done.stdout}\n{done.stderr}\n{told.getvalue()}"


if __name__ == "__main__":
    sys.exit(main())
