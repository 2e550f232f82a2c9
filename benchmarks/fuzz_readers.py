"""
Coverage-guided fuzzing of every reader, extractor and rule, and of what shows what they find.

    pip install atheris
    python benchmarks/fuzz_readers.py [--seconds 600] [--found FOLDER] [--seeds FOLDER]

An input is a few files, as `fuzz_inputs.py` tells them apart. They are decoded and read, their
facts are joined, every rule and threat query asks them, fixes are sought, and all of it is written
as JSON, SARIF and whatever else there is; a configuration among them is read as that of lint, and a
trace of another program as one that is imported. Whatever is raised is a crash, and an input that
takes more than five seconds of CPU a hang; each is named once, by its place in our source, and is
kept in FOLDER, as is what was learned on the way, where the next run begins. Inputs are mutated as
bytes, and as words: one is left out, said again, or is one of another file. They begin as the
examples of the rules, the sample deployments and what is in --seeds, as `fuzz_seeds.py` writes it.
Ends in 77 where something was found.
"""

import argparse
import importlib
import pkgutil
import random
import re
import sys
import time
import traceback
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import mkdtemp

try:
    import atheris
except ImportError:
    sys.exit("this needs a fuzzer: pip install atheris")

with atheris.instrument_imports(include=["agentaudit"]):
    from agentaudit import extract, readers
    from agentaudit.errors import InputError
    from agentaudit.extract.deployment import deployment_in
    from agentaudit.linting.fixing import Audited, fixes_of
    from agentaudit.linting.linter import lint
    from agentaudit.readers.decoding import SourceText, decoded
    from agentaudit.readers.files import FoundFiles, read_files
    from agentaudit.readers.syntax import syntax_of
    from agentaudit.readers.traces.formats import FORMATS, format_of
    from agentaudit.readers.traces.notes import Notes, Speed
    from agentaudit.readers.traces.rows import rows_of
    from agentaudit.report.formats.github import render_github
    from agentaudit.report.formats.gitlab import render_gitlab
    from agentaudit.report.formats.junit import render_junit
    from agentaudit.report.formats.markdown_findings import render_markdown
    from agentaudit.report.formats.sarif import render_sarif
    from agentaudit.report.formats.threat_markdown import render_threat_markdown
    from agentaudit.report.tables.findings import render_table
    from agentaudit.rules.configuration import find_configuration
    from agentaudit.rules.configured import TOML_NAME, YAML_NAME
    from agentaudit.rules.fakes import texts_of
    from agentaudit.rules.fixes import sources_in
    from agentaudit.rules.limits import Limits
    from agentaudit.rules.ours import lint_rules, threat_rules
    from agentaudit.store.artifacts import to_json
    from agentaudit.threats.model import threat_model

    for package in (readers, extract):  # some are loaded only where a file of theirs is there
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)

from fuzz_inputs import BETWEEN, TRACES, files_in  # what it imports is instrumented by now
from hangs import LONGEST_CPU_S, Hang, heed_limits, place_of, timed

RULES = lint_rules([])
QUERIES = threat_rules()
SAMPLES = Path(__file__).parents[1] / "sample_configs"
TODAY = date(2026, 1, 1)
SPEED = Speed(prompt=1000, generated=10)
WRITTEN = Path(mkdtemp(prefix="agentaudit-fuzz-"))
"""Where files are that are read by their path."""
PIECES = re.compile(r"\w+|[ \t]+|\n[ \t]*|[^\w\s]")
INSTEAD = (
    *("", " ", "null", "{}", "[]", "[null]", "0", "-1", "1e999", "9" * 400, "*", "${", "é", '"'),
    *("\n- ", "'", "()", "(", "]", "}", "true", "\\ud800", "\ud7ff", "\x00", "\ufeff", "&a", "*a"),
    *("<<: *a", "!Ref", "~", "%{", "#", "/*", "'''", "\\", "..", "{{", "$", "not", "-----BEGIN"),
)
LONGEST_BYTES = 16_000


class Found:
    """What was found, once for each place, and the words that inputs are mixed from."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder = folder
        self.until = time.monotonic() + seconds
        self.places: set[str] = set()
        self.words: list[str] = list(INSTEAD)

    def keep(self, error: BaseException, data: bytes) -> None:
        """Name it and keep its input, unless its place is known."""
        place = place_of(error)
        if place in self.places:
            return
        self.places.add(place)
        kept = self.folder / f"found-{len(self.places):03}"
        kept.write_bytes(data)
        told = "".join(traceback.format_exception(error, limit=-6))
        kept.with_suffix(".txt").write_text(told, encoding="utf-8", errors="replace")
        print(f"FOUND {place}: {kept}", flush=True)


def main() -> None:
    """Fuzz until the time is up."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--found", type=Path, help="where inputs are kept; a new folder by default")
    parser.add_argument("--seeds", type=Path, help="more inputs to begin with")
    options = parser.parse_args()
    folder = options.found or Path(mkdtemp(prefix="agentaudit-fuzz-"))
    seeds = folder / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(dict.fromkeys(_first())):
        (seeds / f"{number:04}").write_bytes(text.encode(errors="replace"))
    learned = folder / "learned"
    learned.mkdir(exist_ok=True)
    print(f"inputs are kept in {folder}")
    settings = (
        f"-max_total_time={options.seconds + 60}",
        f"-artifact_prefix={folder}/",
        f"-max_len={LONGEST_BYTES}",
        "-timeout=600",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
    )
    found = Found(folder, options.seconds)
    begun = [seeds, *([options.seeds] if options.seeds else [])]
    for file in (file for each in begun for file in sorted(each.iterdir())):
        found.words += PIECES.findall(file.read_text(encoding="utf-8", errors="replace"))
    heed_limits()
    atheris.Setup(
        [sys.argv[0], *settings, str(learned), *map(str, begun)],
        lambda data: once(data, found),
        custom_mutator=lambda data, most, seed: mutated(data, most, seed, found.words),
    )
    atheris.Fuzz()


def _first() -> Iterator[str]:
    """Every example of a rule, and every folder of samples: file by file, and together."""
    together = [texts_of(one) for rule in RULES for one in (*rule.rule.matching, *rule.rule.other)]
    for name in ("risky", "hardened"):
        files = {source.file: source.text for source in read_files([SAMPLES / name]).texts}
        together += [{file: text} for file, text in files.items()]
    for texts in together:
        yield BETWEEN.join(f"{file}\n{text}" for file, text in texts.items())


def once(data: bytes, found: Found) -> None:
    """One input; what it brings to light is kept, and told at the end."""
    if found.places and time.monotonic() > found.until:
        raise SystemExit(f"{len(found.places)} found, see {found.folder}")
    try:
        timed(lambda: audit(data), longest_s=LONGEST_CPU_S)
    except (Exception, Hang) as error:  # noqa: BLE001, whatever is raised is what is sought
        found.keep(error, data)


def audit(data: bytes) -> None:
    """Files, read and asked as `lint` and `threat-model` do, and what was found shown."""
    files = dict(files_in(data))
    for name, content in files.items():
        if name in TRACES:
            import_trace(name, content)
        elif name in (YAML_NAME, TOML_NAME):
            configure(name, content)
    known = ((file, content) for file, content in files.items() if file not in TRACES)
    read = [decoded(content, file, syntax_of(file)) for file, content in known]
    sources = tuple(each for each in read if isinstance(each, SourceText))
    unread = tuple(each for each in read if not isinstance(each, SourceText))
    found = FoundFiles(root=".", texts=sources, coverage=unread)
    deployment = deployment_in(found, today=TODAY)
    result = lint(deployment, RULES)
    to_json(result)
    if zlib.crc32(data) % 4:  # what follows takes longer than all that was before
        return
    audited = Audited(
        deployment=deployment,
        rules=RULES,
        sources=sources_in({each.file: each.text for each in sources}, deployment),
        limits=Limits(),
    )
    render_sarif(result, fixes_of(result, audited))
    render_table(result, width=100)
    for render in (render_github, render_gitlab, render_junit, render_markdown):
        render(result)
    model = threat_model(deployment, QUERIES)
    to_json(model)
    render_threat_markdown(model)


def configure(name: str, content: bytes) -> None:
    """What a repository may say of lint."""
    path = WRITTEN / name
    path.write_bytes(content)
    with suppress(InputError):
        find_configuration(WRITTEN, lambda _: ())
    path.unlink()


def import_trace(name: str, content: bytes) -> None:
    """What another program recorded, in the format that it is in, or in any of ours."""
    path = WRITTEN / name
    path.write_bytes(content)
    with suppress(InputError):
        form = format_of(rows_of(path)) or FORMATS[sorted(FORMATS)[len(content) % len(FORMATS)]]
        deque(form.spans(rows_of(path), Notes(speed=SPEED)), maxlen=0)
    path.unlink()


def mutated(data: bytes, most: int, seed: int, words: list[str]) -> bytes:
    """The input with other bytes, or with other words."""
    drawn = random.Random(seed)  # noqa: S311, nothing is secret
    if drawn.random() < 1 / 3:
        return bytes(atheris.Mutate(data, most))
    pieces = PIECES.findall(data.decode(errors="replace")) or [""]
    for _ in range(drawn.choice((1, 1, 2, 4))):
        at = drawn.randrange(len(pieces) + 1)
        end = min(len(pieces), at + drawn.choice((0, 1, 1, 3, 20)))
        match drawn.randrange(4):
            case 0:
                pieces[at:end] = [drawn.choice(words)]
            case 1:
                pieces[at:at] = pieces[at:end]
            case 2:
                begin = drawn.randrange(len(pieces) + 1)
                pieces[at:end] = pieces[begin : begin + drawn.choice((1, 5, 40))]
            case _:
                pieces[at:end] = [drawn.choice(INSTEAD)]
    return "".join(pieces).encode(errors="replace")[:most]


if __name__ == "__main__":
    main()
