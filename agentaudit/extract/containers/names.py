"""What the names of containers and of images end in, and which of them are gateways."""

import re
from collections.abc import Iterable, Sequence

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.settings import Setting

_GATEWAY = {
    "gateway": r"(?:ai|llm|mcp|models?|tools?|agents?)-?gateway",
    "proxy": r"(?:ai|llm|models?)-proxy",
    "router": r"(?:ai|llm|models?)-?router",
    "forge": r"(?:mcp-)?context-?forge",
    "portkey": r"portkey(?:ai)?",
    **{name: name for name in ("litellm", "kong", "bifrost", "toolhive", "proxyrunner", "vmcp")},
}
_GATEWAY_NAME = regex(
    rf"(?:^|-)(?:{'|'.join(_GATEWAY.values())})(?:-(?:proxy|gateway|database|non-root|extproc))?$"
)
"""
What a name ends in that is a gateway of models or tools: `mcp-gateway`, and no `kong-jwks-updater`.

An `mcp-proxy` has its servers speak over HTTP, and hands them what it is given: it is one of them.
"""
ANY_GATEWAY = "gateway"
"""What a gateway of whatever is called by."""
_TAG = regex(r"[:@].*$", re.DOTALL)
_SEPARATED = regex(r"[^a-z0-9]+")
_MANNER = regex(
    r"v?\d+|apps?|bots?|services?|servers?|svc|api|backend|runtime|workers?|deployment|pods?|container"
    r"|dev|prod|production|staging|test|local|main"
)
"""Last words of names that say how something runs, and not what: `agent-service`."""

_OWN_NAME = "AGENT_NAME"
"""What tells a container how it is called says nothing of what it does."""
_HOST_NAMES = frozenset({"${hostname}", "$hostname", "$(hostname)", "$$hostname"})
"""What a shell, or Docker, puts in place of them: the name of the container."""
_PREPARING = regex(
    r"(?:^|[-_.])(?:migrat(?:e|ions?)|(?:db|database)-?(?:init|seed(?:er)?|setup)|init-?db)$"
    r"|(?:^|[-_.](?=db|data|schema|sql|index|vector))(?:(?:db|data(?:base)?|schema|sql|index|vector)[-_]?)?migrator$",
    re.IGNORECASE,
)
"""How names end of what makes the tables of others, with their settings, and then ends."""


def prepares_data(name: str) -> bool:
    """Whether a container is called after what it does to a database before others start."""
    return _PREPARING.search(name) is not None


def names_gateway(subject: str) -> bool:
    """Whether a name, or an image, in small letters is that of a gateway of models or tools."""
    return holds_word(subject, tuple(_GATEWAY)) and _GATEWAY_NAME.search(_core(subject)) is not None


def is_gateway(host: str) -> bool:
    """Whether a host is called as a gateway is: `litellm.llm.svc.cluster.local`."""
    return names_gateway(host.partition(".")[0].lower())


def called(image: str) -> str:
    """The name of an image, without where it is kept and which of them it is."""
    return _TAG.sub("", image.rpartition("/")[2]).lower()


def head(name: str) -> str:
    """The word that a name ends in, before what says where and how it runs."""
    return next(reversed(_words(name)), "")


def _words(name: str) -> Sequence[str]:
    words = [word for word in _SEPARATED.split(name.lower()) if word]
    while len(words) > 1 and _MANNER.fullmatch(words[-1]):
        words.pop()
    return words


def _core(subject: str) -> str:
    """The words of a name, or of an image, before what says where and how it runs."""
    path, _, name = subject.rpartition("/")
    core = "-".join(_words(_TAG.sub("", name)))
    # `portkeyai/gateway`: whose it is says what for.
    return f"{path.rpartition('/')[2]}-{core}" if core == ANY_GATEWAY and path else core


def names_itself(setting: Setting, names: Iterable[str]) -> bool:
    """Whether a container is told how it is called, in whatever letters."""
    if setting.key != _OWN_NAME:
        return False
    told = _plain_name(setting.content)
    return told in _HOST_NAMES or any(told == _plain_name(name) for name in names)


def _plain_name(name: str) -> str:
    return name.lower().replace("_", "-").replace(" ", "-")
