"""
Addresses of models that the settings of a project name for everybody who works on it.

A client sends each call there, with the key or the token of whoever started it: so CVE-2026-21852
(https://nvd.nist.gov/vuln/detail/CVE-2026-21852) had keys of Claude Code sent away. Where a key of
its own stands beside the address, another vendor or a gateway was chosen, and nobody's own key goes
there; nor does it leave the machine, the network or the vendor's own hosts.

Sources: https://code.claude.com/docs/en/settings, https://geminicli.com/docs/reference/configuration,
https://code.visualstudio.com/docs/terminal/profiles.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv6Address, ip_address

from agentaudit.expressions import regex
from agentaudit.extract.addresses import is_of_own_network, is_own_machine
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import settings_of
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.agents import Model
from agentaudit.readers.document import Document, Node

_CLAUDE = regex(r"(?:^|/)\.claude/settings(?:\.local)?\.json$")
_VSCODE = regex(r"(?:^|/)\.vscode/settings\.json$|\.code-workspace$")
_DOTENV = regex(r"(?:^|/)\.(?:gemini|qwen)/\.env$")
_KEYS: Mapping[str, re.Pattern[str]] = {
    "ANTHROPIC_BASE_URL": regex(r"^ANTHROPIC_(?:API_KEY|AUTH_TOKEN)$"),
    "OPENAI_BASE_URL": regex(r"^OPENAI_API_KEY$"),
    "GOOGLE_GEMINI_BASE_URL": regex(r"^(?:GEMINI|GOOGLE)_API_KEY$"),
    "CODE_ASSIST_ENDPOINT": regex(r"^GOOGLE_CLOUD_ACCESS_TOKEN$"),
}
"""What names an address, and what the key is called that goes there."""
_HOST = regex(
    r"^https?://(?:[^/?#\\@\s]*@)?(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+)(?::\d+)?(?:[/?#]|$)"
)
_OF_VENDOR = regex(
    r"(?:^|\.)(?:(?:anthropic|openai|googleapis)\.com|(?:openai|services\.ai)\.azure\.com)$"
    r"|^bedrock(?:-\w+)*\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com$"
)
"""Not all of `amazonaws.com` and `azure.com`, where everybody has machines and gateways."""


def extract_redirected_calls(documents: Documents, collector: Collector) -> None:
    """Models that a project's settings have everybody ask elsewhere, with the key each has."""
    for document in documents.of("json", "dotenv"):
        for settings in _environments(document):
            names = [setting.key for setting in settings]
            for setting in settings:
                key = _KEYS.get(setting.key)
                if key is not None and not any(map(key.match, names)):
                    _add(document, collector, setting)


def _environments(document: Document) -> Iterator[Sequence[Setting]]:
    """The environments that a client gives its sessions, if a project's settings hold any."""
    root = document.root
    if _DOTENV.search(document.file):
        yield settings_of(document, root, "env")
    elif _CLAUDE.search(document.file) and root.child("apiKeyHelper") is None:
        yield settings_of(document, root.child("env"), "env")
    elif _VSCODE.search(document.file):
        settings = root.child("settings") or root
        for system in ("linux", "osx", "windows"):
            name = f"terminal.integrated.env.{system}"
            yield settings_of(document, settings.child(name), name)
        yield tuple(_listed(document, settings.list_at("claudeCode.environmentVariables")))


def _listed(document: Document, variables: Sequence[Node]) -> Iterator[Setting]:
    for variable in variables:
        name, value = variable.text_at("name"), variable.child("value")
        if name and value is not None and value.text is not None:
            yield Setting(key=name, value=value, document=document, route="environmentVariables")


def _add(document: Document, collector: Collector, setting: Setting) -> None:
    place = evidence(document, setting.value, f"{setting.key}={bare_url(setting.content)}")
    found = _HOST.match(setting.content)
    if found is None:
        if setting.content:
            what = f"where {setting.key} leads does not resolve"
            collector.leave_open(place, what, "who gets prompts and keys is open")
        return
    host = found["host"].lower()
    if _stays(host):
        return
    collector.add(
        Model(
            id=fact_id("model", host, f"{document.file}#{setting.route}.{setting.key}"),
            name=f"{setting.key} of {plain(document.file)}",
            evidence=(place,),
            url=bare_url(setting.content),
            gets_callers_keys=True,
        )
    )


def _stays(host: str) -> bool:
    """Whether a host is of the machine, the network, or a vendor that is asked by default."""
    if is_own_machine(host) or is_of_own_network(host) or _OF_VENDOR.search(host):
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return not (mapped or address).is_global
