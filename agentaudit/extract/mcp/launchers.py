"""What a command starts: which package, from which registry, in which version."""

from collections.abc import Iterator, Sequence
from itertools import dropwhile, pairwise

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.addresses import on_own_machine
from agentaudit.extract.credentials.redaction import bare_url, cleaned, without_user
from agentaudit.extract.mcp.piped import SHELL, piped_address
from agentaudit.model.evidence import Truth

_NPM = frozenset({"npx", "bunx", "pnpx", "pnpm", "yarn", "npm", "bun"})
_PYPI = frozenset({"uvx", "pipx", "uv"})
_OCI = frozenset({"docker", "podman", "nerdctl"})
_RUNNERS = frozenset({"dlx", "exec", "run", "x", "tool", "create", "init"})
_JOINING = frozenset({"exec", "attach", "start", "compose", "mcp"})
"""What joins containers by name, or starts those of a catalogue: which images, others say."""
_VALUED = frozenset(
    {
        *("-e", "--env", "-v", "--volume", "--mount", "--name", "--network", "-p", "--publish"),
        *("--env-file", "-w", "--workdir", "-u", "--user", "--entrypoint", "--memory", "--cpus"),
        *("--pull", "--platform", "-l", "--label", "--add-host", "-m", "--with", "--python"),
        *("--index-url", "--registry", "--directory", "--project"),
        *("--prefix", "--dir", "--cwd", "-C"),
    }
)
_SECRET = regex(r"(?:token|secret|password|passwd|passphrase|key)$")
"""What is written behind such a flag is neither a package nor shown."""
_INTERPRETERS = frozenset({"python", "python3", "uvicorn"})
_FETCHERS = frozenset({"npx", "bunx", "uvx", "pipx"})
_SCRIPTS = frozenset({"npm", "pnpm", "yarn", "bun"})
_FETCHING = frozenset({"dlx", "exec", "x", "create", "init"})
_FETCHED = frozenset({"--with", "--from", "--with-requirements"})
_PACKAGE = frozenset({"--package", "-p", "--from"})
_EXACT = regex(r"^v?\d+\.\d[\w.+-]*$")
_GIT = regex(r"^git\+|^github:|^https://github\.com/")
_HERE = regex(r"^(?:\.{0,2}/|\.{1,2}$|file:|~/|[A-Za-z]:[\\/])|^\$\{(?:workspaceFolder|PWD)\}")
"""A folder of this machine: what lies there is started, and nothing fetched under a name."""
_COMMIT = regex(r"@[0-9a-f]{40}\b")
_RELEASE = regex(r"^https://github\.com/[^/]+/[^/]+/releases/download/(?=[^/]*\d)[^/]++/[^/]+$")
"""A file of a release that its address names; its owner could put another one there."""
_FIXED = regex(r"/[0-9a-f]{40}(?:/|$)")
"""An address with the hash of a commit."""
_SAID = regex(
    r"\b(?:echo|printf)\s+(?:-\w{1,20}\s+){0,3}(?:\"(?:[^\"\n$`]|\$(?!\())*\"|'[^'\n]*')"
    rf"(?!\s*\|\s*(?:sudo\s+)?{SHELL}\b)"
)
"""Less what a shell runs within the quotes, `echo "$(curl …)"`, or is given: `echo … | sh`."""
_ONLY_ASKED = regex(r"\bcommand\s+-[vV]\s+[^\s;&|]+")
_QUOTES = str.maketrans("\"'", "  ")
_BETWEEN_COMMANDS = regex(r"[;&|\n()`]+|(?<!\S)[{}](?!\S)")
_BEFORE_COMMANDS = regex(
    rf"^(?:exec|sudo|env|command|time|timeout|nohup|xargs|eval|{SHELL}|cmd(?:\.exe)?|/[cC]"
    r"|if|then|elif|else|while|until|do|!|-\w+|\d+[smh]?|[A-Za-z_]\w*=.*)$"
)
"""What stands before the name of a program: `if ! sh -c "timeout 30 npx …"`."""
_LONGEST_LINE = 1_000
LONGEST_SCRIPT = 4_000
"""Of a command for a shell, how much is read."""
_TAG = regex(r":(?P<tag>[\w][\w.-]*)$")
_FLOATING = regex(r"^(?:latest|main|master|edge|stable|nightly|dev|next|.*-latest)$")


_SHOWN_FIRST = "mcr.microsoft.com/azuredocs/containerapps-helloworld"
"""What `azd` puts in an app of Azure until it deploys the project's own image."""


class Launch(Struct, frozen=True, kw_only=True):
    """What a command starts."""

    package: str = ""
    """Name without version."""
    registry: str = ""
    """npm, pypi, oci, git or empty for what is on the machine already."""
    pinned: Truth = Truth.UNKNOWN
    """Whether the same thing starts tomorrow."""
    mutable: Truth = Truth.UNKNOWN
    """Whether the registry's owner can exchange what the name stands for."""
    own_first: bool = False
    """Whether a project's own copy is started where it has one, whichever version that is."""


def launch_of(command: str, arguments: Sequence[str]) -> Launch:
    """
    What a command line starts, by the conventions of the usual launchers.

    A word that only the rest of the line tells to be a secret names no package.
    """
    launch = _launched(command, arguments)
    line = " ".join((command, *arguments))[:LONGEST_SCRIPT]
    raw, shown = line.replace("\\", "/"), cleaned(line).replace("\\", "/")
    hidden = launch.package in raw and launch.package not in shown
    return replace(launch, package="") if hidden else launch


def _launched(command: str, arguments: Sequence[str]) -> Launch:
    name = command.replace("\\", "/").rpartition("/")[2].removesuffix(".exe").removesuffix(".cmd")
    if name in {"cmd", "sh", "bash"} and arguments:
        rest = [word for word in arguments if word not in {"/c", "-c", "-lc"}]
        piped = _piped(" ".join(rest)[:_LONGEST_LINE])
        if piped is not None:
            return piped
        words = rest[0].split() + list(rest[1:]) if rest else []
        return _launched(words[0], words[1:]) if words else Launch()
    own, laid = _runs_own(name, arguments), _laid_beside(name, arguments)
    if laid:
        return pypi_launch(laid)
    if name in _NPM and not own:
        launch = npm_launch(_packaged(arguments))
        bare = _packaged(arguments) == launch.package and "dlx" not in arguments
        return replace(launch, own_first=bare and name != "pnpx" and launch.registry == "npm")
    if name in _PYPI and not own:
        return pypi_launch(_packaged(arguments))
    if name in _OCI and next(_words(arguments), "") in _JOINING:
        return Launch(package=name)
    if name in _OCI:
        return image_launch(_first_word(arguments))
    programs = {"python", "python3", "node", "deno", "go", "java", "ruby"}
    local = own or "/" in command or name in programs
    return Launch(package=name, pinned=Truth.YES if local else Truth.UNKNOWN)


def fetched_by(words: Sequence[str]) -> Launch | None:
    """What a container fetches when it starts, by its command or a line of a script for a shell."""
    lines = [list(words), *(line.split() for word in words for line in word.split("\n"))]
    for line in lines:
        given = line[1:] if line[:1] == ["exec"] else line
        if given[1:] and given[0] in _FETCHERS:
            return launch_of(given[0], given[1:])
    return None


def fetched_by_shell(script: str) -> Launch | None:
    """
    What a command for a shell fetches and runs, in no fixed version; None where it does not.

    `npx prettier` runs what the project has, where it has that: with `-y`, or a version that
    moves, nobody counts on it. What is printed is not run.
    """
    text = _ONLY_ASKED.sub("", _SAID.sub("", script[:LONGEST_SCRIPT]))
    piped = _piped(text)
    if piped is not None:
        return piped if piped.pinned is Truth.NO else None
    for command in _BETWEEN_COMMANDS.split(text.translate(_QUOTES)):
        words = list(dropwhile(_BEFORE_COMMANDS.match, command.split()))
        if words and _counts_on_registry(words[0], words[1:]):
            launch = launch_of(words[0], words[1:])
            if launch.package and launch.registry and launch.pinned is Truth.NO:
                return launch
    return None


def _piped(script: str) -> Launch | None:
    """What an address answers with, where that is run."""
    address = piped_address(script)
    if not address:
        return None
    fixed = _FIXED.search(address) is not None or on_own_machine(address)
    return _launch(bare_url(address), "", fixed=fixed)


def _counts_on_registry(name: str, arguments: Sequence[str]) -> bool:
    """Whether a launcher fetches what it starts, whatever is installed already."""
    words = set(arguments)
    if name in _PYPI:
        return name == "uvx" or not _runs_own(name, arguments)
    if name in _OCI:
        return "run" in words and "/" in _first_word(arguments)
    if name not in _NPM:
        return False
    moves = "@" in _packaged(arguments)[1:]
    return moves or "dlx" in words or (name == "npx" and not words.isdisjoint({"-y", "--yes"}))


def _runs_own(name: str, arguments: Sequence[str]) -> bool:
    """Whether a package manager starts a script of its own project, and fetches nothing."""
    given = list(_words(arguments))
    if name == "uv":
        fetched = _FETCHED & {word.partition("=")[0] for word in arguments}
        return "run" in given and not fetched and "tool" not in given[: given.index("run")]
    return name in _SCRIPTS and not _FETCHING & set(given[:1])


def _laid_beside(name: str, arguments: Sequence[str]) -> str:
    """
    The package that `uv run --with` fetches for a program: the first in no fixed version, if any.

    `uv run --with shop-mcp==1.2.0 python serve.py` runs nothing that is called `python`.
    """
    given = [after for flag, after in pairwise(arguments) if name == "uv" and flag == "--with"]
    program = _first_word(arguments).partition("[")[0]
    if not given or not (program in _INTERPRETERS or program.endswith(".py")):
        return ""
    return next((each for each in given if pypi_launch(each).pinned is Truth.NO), given[0])


def npm_launch(specification: str) -> Launch:
    """`name@version`; only an exact version starts the same thing tomorrow."""
    name, _, version = specification[1:].partition("@")
    return _versioned(specification, "npm", specification[:1] + name, version)


def pypi_launch(specification: str) -> Launch:
    """`name==version` or `name@version`."""
    name, _, version = specification.replace("==", "@").partition("@")
    return _versioned(specification, "pypi", name.partition("[")[0], version)


def _versioned(specification: str, registry: str, name: str, version: str) -> Launch:
    """A package of a registry, unless a folder of this machine or a repository is meant."""
    if _HERE.match(specification):
        return Launch(package=specification, pinned=Truth.YES)
    if _GIT.match(specification):
        return _git_launch(specification)
    return _launch(_shown(specification, name), registry, fixed=bool(_EXACT.match(version)))


def _launch(package: str, registry: str, *, fixed: bool) -> Launch:
    """What is fetched: one that is fixed starts the same tomorrow, and nobody can exchange it."""
    return Launch(
        package=package,
        registry=registry,
        pinned=Truth.YES if fixed else Truth.NO,
        mutable=Truth.NO if fixed else Truth.YES,
    )


def image_launch(image: str) -> Launch:
    """An image: a digest cannot change, a version's tag could, `latest` will."""
    if cleaned(image) != image:
        return Launch(registry="oci")
    name, _, digest = image.partition("@")
    tag = _TAG.search(name)
    floating = tag is None or _FLOATING.match(tag["tag"]) is not None
    stand_in = name.startswith(_SHOWN_FIRST)
    unresolved = "$" in image or "{{" in image or "=" in image or stand_in
    pinned = Truth.YES if digest or not floating else Truth.NO
    return Launch(
        package=name[: tag.start()] if tag else name,
        registry="oci",
        pinned=Truth.UNKNOWN if unresolved or not image else pinned,
        mutable=Truth.NO if digest else Truth.YES,
    )


def _git_launch(specification: str) -> Launch:
    if _RELEASE.match(specification):
        return Launch(package=specification, registry="git", pinned=Truth.YES, mutable=Truth.YES)
    name = _shown(specification, specification.partition("@")[0])
    return _launch(name, "git", fixed=bool(_COMMIT.search(specification)))


def _shown(specification: str, name: str) -> str:
    """The name of a package; an address without what proves who asks there: `https://user:…@`."""
    return without_user(specification, "").partition("@")[0] if "://" in specification else name


def _packaged(arguments: Sequence[str]) -> str:
    """The package that npx, uvx and their kind are given."""
    for position, word in enumerate(arguments[:-1]):
        if word in _PACKAGE:
            return arguments[position + 1]
    return _first_word([word for word in arguments if word not in _RUNNERS])


def _first_word(arguments: Sequence[str]) -> str:
    """The first word that is no subcommand."""
    return next((word for word in _words(arguments) if word not in _RUNNERS), "")


def _words(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments that are neither flags nor the values of flags."""
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _VALUED or _SECRET.search(word) is not None
        else:
            yield word
