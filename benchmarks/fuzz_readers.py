"""
Coverage-guided fuzzing of every reader, extractor and rule, from the examples of the rules.

    pip install atheris
    python benchmarks/fuzz_readers.py [--seconds 600] [--found FOLDER]

An input is the name of a file, a line break, and its text; a name that is none of ours becomes one
of them. It is read, its facts are joined, every rule asks them, and the findings are written as
JSON, as `agentaudit lint` does. Whatever is raised is a crash, and an input that takes
more than five seconds a hang; both are kept in FOLDER, as is what was learned on the way, where the
next run begins. Ends with 0 when the time is up and nothing was found.
"""

import argparse
import sys
import zlib
from pathlib import Path
from tempfile import mkdtemp

try:
    import atheris
except ImportError:
    sys.exit("this needs a fuzzer: pip install atheris")

with atheris.instrument_imports(include=["agentaudit"]):
    from agentaudit.extract.deployment import deployment_of
    from agentaudit.linting.linter import lint
    from agentaudit.rules.fakes import texts_of
    from agentaudit.rules.ours import lint_rules
    from agentaudit.store.artifacts import to_json

    RULES = lint_rules([])
    FILES = sorted(
        {
            (path, text)
            for rule in RULES
            for example in (*rule.rule.matching, *rule.rule.other)
            for path, text in texts_of(example).items()
        }
    )
    """Every file that an example of a rule is made of."""
    deployment_of(dict(FILES))  # loads what is loaded when a file of its kind is there

NAMES = sorted({path for path, _ in FILES})
LONGEST_BYTES = 8_000


def main() -> None:
    """Fuzz until the time is up or something is found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--found", type=Path, help="where inputs are kept; a new folder by default")
    options = parser.parse_args()
    folder = options.found or Path(mkdtemp(prefix="agentaudit-fuzz-"))
    seeds = folder / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, (path, text) in enumerate(FILES):
        (seeds / f"{number:04}").write_text(f"{path}\n{text}", encoding="utf-8")
    learned = folder / "learned"
    learned.mkdir(exist_ok=True)
    print(f"inputs are kept in {folder}")
    settings = (
        f"-max_total_time={options.seconds}",
        f"-artifact_prefix={folder}/",
        f"-max_len={LONGEST_BYTES}",
        "-timeout=5",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
    )
    atheris.Setup([sys.argv[0], *settings, str(learned), str(seeds)], audit)
    atheris.Fuzz()


def audit(data: bytes) -> None:
    """One file, read and audited by every rule, its findings written."""
    name, _, text = data.decode(errors="replace").partition("\n")
    if name not in NAMES:
        name = NAMES[zlib.crc32(name.encode(errors="replace")) % len(NAMES)]
    result = lint(deployment_of({name: text}), RULES)
    to_json(result)


if __name__ == "__main__":
    main()
