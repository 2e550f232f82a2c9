"""
Artifacts: frozen values as versioned JSON, `{"agentaudit": 1, "kind": "profile", …}`.

HTML is made from these files, so nothing is only in a page. Reading is strict: an artifact is an
input like any other, and every problem is an InputError that names the place.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from agentaudit.errors import InputError, Problem
from agentaudit.store.framing import is_recording
from agentaudit.store.inert import inert

if TYPE_CHECKING:
    from agentaudit.model.accuracy import SelfTest
    from agentaudit.model.comparison import Comparison
    from agentaudit.model.decision import Report
    from agentaudit.model.finding import LintResult
    from agentaudit.model.fleet import Fleet
    from agentaudit.model.profile import Profile
    from agentaudit.model.results import Simulation
    from agentaudit.model.sweep import Sweep
    from agentaudit.model.threat import ThreatModel
    from agentaudit.model.validation import Validation

FORMAT_VERSION = 1
LARGEST_BYTES = 256 * 1024 * 1024
_TOGETHER = 50
_END = b"\n  ]"

Artifact: TypeAlias = (
    "Profile | Simulation | Sweep | Validation | LintResult | ThreatModel | Report | Comparison"
    " | Fleet | SelfTest"
)

KINDS: Mapping[str, tuple[str, str]] = {
    "profile": ("profile", "Profile"),
    "simulation": ("results", "Simulation"),
    "sweep": ("sweep", "Sweep"),
    "validation": ("validation", "Validation"),
    "findings": ("finding", "LintResult"),
    "threats": ("threat", "ThreatModel"),
    "report": ("decision", "Report"),
    "comparison": ("comparison", "Comparison"),
    "fleet": ("fleet", "Fleet"),
    "selftest": ("accuracy", "SelfTest"),
}
"""
The word in `kind`, which is also the usual file name; the module of the model and its class.

They are loaded when asked for: all of them take longer than a small run of lint.
"""


def type_of(kind: str) -> "type[Artifact]":
    """The class of one kind of artifact."""
    module, name = KINDS[kind]
    found: type[Artifact] = getattr(import_module(f"agentaudit.model.{module}"), name)
    return found


def to_json(artifact: Artifact) -> bytes:
    """The artifact as JSON: sorted keys, two spaces, a newline at the end."""
    return b"".join(json_pieces(artifact))


def json_pieces(artifact: Artifact) -> Iterator[bytes]:
    """The same in pieces: to make a large one whole takes twice its length for a moment."""
    kind = next(word for word, (_, name) in KINDS.items() if name == type(artifact).__name__)
    body = msgspec.structs.asdict(artifact)
    before = b"{"
    for name, value in sorted({"agentaudit": FORMAT_VERSION, "kind": kind, **body}.items()):
        yield before + f'\n  "{name}": '.encode()
        yield from _listed(value) if isinstance(value, tuple) and value else (_within(value),)
        before = b","
    yield b"\n}\n"


def _listed(values: tuple[object, ...]) -> Iterator[bytes]:
    """A list with its brackets, some of its values at a time."""
    before = b"["
    for first in range(0, len(values), _TOGETHER):
        some = _within(values[first : first + _TOGETHER])
        yield before + some.removeprefix(b"[").removesuffix(_END)
        before = b","
    yield _END


def _within(value: object) -> bytes:
    """A value as it stands in the artifact."""
    compact = msgspec.json.encode(value, order="sorted")
    return inert(msgspec.json.format(compact, indent=2)).replace(b"\n", b"\n  ")


def write_artifact(artifact: Artifact, path: Path) -> None:
    """
    The artifact at `path`, whole or not at all: a crash never leaves half a file.

    Raises UsageError when it cannot be written there.
    """
    from agentaudit.store.placing import write_whole  # with `tempfile`; most runs write none

    write_whole(path, json_pieces(artifact), overwrite=True)


def read_artifact(path: Path) -> Artifact:
    """
    The artifact at `path`.

    Raises InputError when the file cannot be read, is no artifact, is of another version, or does
    not hold what its kind promises.
    """
    try:
        with path.open("rb") as file:
            text = None if is_recording(file) else file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise _problem(path, f"cannot be read: {error.strerror}") from error
    if text is None:
        made = f"agentaudit trace show {quote(str(path))} --json profile.json"
        raise _problem(path, f"is a recording; `{made}` makes an artifact of it")
    if len(text) > LARGEST_BYTES:
        raise _problem(path, f"is larger than {LARGEST_BYTES // 2**20} MiB")
    return from_json(text, path)


def from_json(text: bytes, path: Path) -> Artifact:
    """The artifact in `text`; `path` is for messages."""
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _problem(path, f"is no JSON: {error}") from error
    if not isinstance(body, dict) or "agentaudit" not in body:
        raise _problem(path, 'is no artifact of agentaudit: the key "agentaudit" is missing')
    if body["agentaudit"] != FORMAT_VERSION:
        raise _problem(
            path, f"has format {body['agentaudit']!r}; this release reads {FORMAT_VERSION}"
        )
    return _converted(body, path)


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one kind of artifact, with what every artifact begins with."""
    made: dict[str, Any] = msgspec.json.schema(type_of(kind))
    body = made["$defs"][KINDS[kind][1]]
    begun = {"agentaudit": {"const": FORMAT_VERSION}, "kind": {"const": kind}}
    body["properties"] = {**begun, **body["properties"]}
    body["required"] = [*begun, *body.get("required", ())]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _converted(body: dict[str, Any], path: Path) -> Artifact:
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise _problem(path, f"has kind {kind!r}; known kinds are {', '.join(KINDS)}")
    try:
        return msgspec.convert(body, type_of(kind))
    except msgspec.ValidationError as error:
        raise _problem(path, f"is no valid {kind} artifact: {error}") from error
    except ValueError as error:
        raise _problem(path, f"is no valid {kind} artifact: {error}") from error


def _problem(path: Path, message: str) -> InputError:
    return InputError(Problem(file=str(path), message=message))
