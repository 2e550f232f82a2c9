"""
Settings to credentials: what an environment, a set of headers or a list of arguments holds.

A credential's identity is its place (`file#route.to.key`), never its value. The same place seen
through several services stays one credential that several can see.
"""

import re
from collections.abc import Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.aws_pairs import half_left_out
from agentaudit.extract.credentials.made_up import is_made_up
from agentaudit.extract.credentials.own_places import own_place
from agentaudit.extract.credentials.pairing import Found, recognised_among
from agentaudit.extract.credentials.recognition import Recognised
from agentaudit.extract.credentials.redaction import assignment
from agentaudit.extract.credentials.remarks import called_example
from agentaudit.extract.credentials.secret_names import name_words, opens_its_holder, secret_name
from agentaudit.extract.credentials.secret_values import is_composed
from agentaudit.extract.credentials.shown_keys import is_of_apps
from agentaudit.extract.settings import Setting
from agentaudit.extract.stages import TRIED, owner_stage, stage_of_file
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.facts.credentials import Credential, CredentialForm
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.readers.document import Document, Node
from agentaudit.readers.lines import lines_of

HOLDERS = ("agent", "tool_server", "gateway", "ci", "container", "image", "repository")
"""Who can hold a credential, the one that matters most first."""
_ADDRESS = regex(r"^(?:arn:|projects/|/)|\.(?:arn|id|name|secret_id)$")
"""Where a secret is kept, and not the secret: whoever is given it asks for the value himself."""
CREDENTIALS = Budget("credentials", 10_000)
"""Each as often as somebody has it."""
_PROMPT = regex(
    r"^(?:goal|backstory|role_?definition|persona)$"
    r"|(?:^|[_-])(?:system|pre|agent)?[_-]?(?:prompt|instructions?)$|(?:^|_)system[_-]?message$",
    re.IGNORECASE,
)
"""How settings are called, in whatever format, that a model reads before anything else."""
_SEERS = Budget("who sees credentials", 20_000, free=4)
"""Each as often as there are credentials that he sees."""
_TEST_DATA = regex(
    r"(?:^|\.)test_?(?:data|users?|accounts?|credentials?|inputs?)(?:[.\[]|$)", re.IGNORECASE
)
"""What tests type into forms: `test_data.password`."""
_MOST_OF_A_NAME = 20
"""Secrets that a file gives one name; what is beyond are further places of the last."""
_OF_APPLICATIONS = frozenset({"client_secret", "password"})
_OF_MACHINES = ("aws", "private_key")
"""The key of a pair, which lets into machines by SSH: AWS itself knows no key without an id."""
_APART_FROM_THEM = frozenset({"aws", "google"})
"""
Clouds that give nobody a session for a client secret: it is that of an application of OAuth, which
may well be called after a cloud. With Azure it is the key of a service principal.
"""

_BY_KEY_ALONE = regex(r"(?i)custom_?search|cse_|maps|places|geocod|youtube|pagespeed")
"""Services of Google that ask for a key of the API, whoever calls."""


class Holding(Struct, frozen=True, kw_only=True):
    """Who holds the settings, how they are exposed, and who else can see them."""

    holder: str
    exposure: str
    holder_id: FactId = NOBODY
    seen_by: tuple[FactId, ...] = ()
    short_alternative: dict[str, str] = field(default_factory=dict)
    """By provider, or provider and kind: what would replace a static key here."""
    environment: str = ""
    applied: bool = True
    """Whether something runs with what stands there, as containers do with their environment."""
    fixed: bool = False
    """Whether nobody has to give other values, so that `change-me` opens what it is to guard."""
    tested: bool = False
    """Whether it says of itself that tests run with it, whose own keys guard what they made up."""

    def alternative_to(self, found: Recognised, key: str) -> str:
        """What would do without a credential; empty for none."""
        if found.provider == "google" and _BY_KEY_ALONE.search(key):
            return ""
        if found.kind in _OF_APPLICATIONS and found.provider in _APART_FROM_THEM:
            return ""
        if (found.provider, found.kind) == _OF_MACHINES:
            return ""
        general = self.short_alternative.get(found.provider, "")
        return self.short_alternative.get(f"{found.provider} {found.kind}", general)

    def confidence_in(self, key: str, found: Recognised, environment: str) -> Confidence:
        """
        How sure it is that a value is a secret, by what it looks like and by where it stands.

        Names alone say it often enough of what something runs with, and of what a machine drew,
        but seldom of words and numbers in programs, in CI, in text for a model, and where people
        only try things.
        """
        literal = found.form is CredentialForm.LITERAL
        tried = environment in TRIED
        if ((self.applied or found.in_force) and not tried) or not literal:
            return found.confidence
        if found.confidence is not Confidence.LIKELY:
            return found.confidence
        if self.tested and opens_its_holder(key):
            return Confidence.POSSIBLE
        made_up = is_made_up(found.secret)
        named = tried or found.named or self.exposure == "prompt" or made_up
        chosen = named and (made_up or is_composed(found.secret))
        return Confidence.POSSIBLE if chosen else found.confidence


def _exposure(setting: Setting, found: Recognised, holding: Holding) -> str:
    """How it is exposed: to a model, too, where its file has it in what tells an agent its task."""
    sure = found.form is CredentialForm.LITERAL and found.confidence is Confidence.CERTAIN
    if not sure or holding.exposure != "file" or _PROMPT.search(setting.key) is None:
        return holding.exposure
    alone = " " not in setting.value.raw and setting.document.syntax != "javascript"
    return holding.exposure if alone else "prompt"


def add_credentials(
    collector: Collector, settings: Iterable[Setting], holding: Holding
) -> tuple[Credential, ...]:
    """Every credential among the settings, added; the halves of an AWS key pair are one."""
    added: list[Credential] = []
    for found in recognised_among(tuple(settings), fixed=holding.fixed):
        file = found.setting.document.file
        start = Evidence(file=file, line=1, column=1, end_line=1, end_column=1)
        what = f"credentials beyond {CREDENTIALS.most:,}"
        if not collector.affords(CREDENTIALS, 1, (start, what, "what they open is not known")):
            break
        added.append(_add(collector, found, holding))
    return tuple(added)


def _add(collector: Collector, found: Found, holding: Holding) -> Credential:
    setting, recognised = found.setting, found.recognised
    environment = holding.environment or stage_of_file(setting.document.file)
    places = (
        _place(setting, recognised.secret),
        *(_place(other) for other in found.others),
        *setting.via,
    )
    digest = collector.digest(recognised.secret) if recognised.secret else ""
    fact = Credential(
        id=_identity(collector, setting, places[0], digest),
        name=setting.key,
        evidence=tuple(dict.fromkeys(places)),
        confidence=_confidence(setting, recognised, holding, environment),
        environment=environment,
        provider=recognised.provider,
        kind=recognised.kind,
        form=recognised.form,
        lifetime=recognised.lifetime,
        ttl_s=recognised.ttl_s,
        holder=holding.holder,
        holder_id=holding.holder_id,
        exposure=_exposure(setting, recognised, holding),
        variable=setting.key,
        admin=recognised.admin,
        default_value=recognised.default_value,
        digest=digest,
        belongs_to=owner_stage(setting, recognised),
        unused_channel="" if _ADDRESS.search(setting.content) else setting.channel,
        short_alternative=""
        if found.elsewhere
        else holding.alternative_to(recognised, setting.key),
    )
    merged = _held(collector, collector.add(fact), fact)
    what = f"who sees {merged.name}"
    end = (fact.evidence[0], what, "more may take it than are named")
    room = collector.affords(_SEERS, len(holding.seen_by), end)
    for seer in holding.seen_by if room else holding.seen_by[:1]:
        collector.link(EdgeKind.VISIBLE_TO, merged.id, seer, *fact.evidence)
    return merged


def _confidence(
    setting: Setting, found: Recognised, holding: Holding, environment: str
) -> Confidence:
    """How sure it is that a value is a secret, also by what is written over it."""
    told = holding.confidence_in(setting.key, found, environment)
    if found.form is CredentialForm.LITERAL and is_of_apps(setting, found):
        return Confidence.POSSIBLE
    if found.kind == "access_key" and half_left_out(setting.document, setting.value):
        return Confidence.POSSIBLE
    chosen = told is Confidence.LIKELY and is_composed(found.secret)
    made = chosen or (found.kind, found.provider) == ("private_key", "")
    if found.form is not CredentialForm.LITERAL or not made:
        return told
    tried = _TEST_DATA.search(setting.route) is not None
    example = tried or called_example(setting.document, setting.value.line)
    return Confidence.POSSIBLE if example else told


def _held(collector: Collector, known: Credential, new: Credential) -> Credential:
    """The credential with the holder that matters more of two, and the secret that one has."""
    if new.digest and not known.digest:
        places = tuple(dict.fromkeys((*new.evidence, *known.evidence)))
        known, new = replace(new, evidence=places), known
        collector.update(known)
    if HOLDERS.index(new.holder) < HOLDERS.index(known.holder):
        known = replace(
            known,
            holder=new.holder,
            holder_id=new.holder_id,
            exposure=new.exposure,
            short_alternative=new.short_alternative or known.short_alternative,
        )
        collector.update(known)
    return known


def _identity(collector: Collector, setting: Setting, place: Evidence, digest: str) -> FactId:
    """
    Of the place: its file, the route of keys to it, and its own.

    A file may set one name to one secret after the other, as stages of a Dockerfile do: each is
    one, which none before it says anything of. A reference is one with the secret of its name.
    """
    natural_key = f"{setting.document.file}#{setting.route}.{setting.key}"
    for number in range(1, _MOST_OF_A_NAME + 1):
        own = f"{natural_key} {number}" if number > 1 else natural_key
        found = fact_id("credential", setting.key, own)
        known = collector.facts.get(found)
        if not isinstance(known, Credential) or not known.digest or not digest:
            break
        if known.digest == digest or known.evidence[0] == place:
            break
    return found


def _place(setting: Setting, secret: str = "") -> Evidence:
    node = own_place(setting, secret)
    if setting.form is not None:
        return evidence(setting.document, node, f"{setting.key}=(reference)")
    shown = assignment(setting.shown or setting.key, setting.content)
    return evidence(setting.document, node, shown)


def part_of(document: Document, node: Node, key: str, value: str) -> Node:
    """The node of the value in a scalar `KEY=value`, placed where the value begins if it can be."""
    lines = lines_of(document.text)
    line = lines[node.line - 1] if node.line <= len(lines) else ""
    end = node.end_column if node.end_line == node.line else len(line)
    at = line.find(f"{key}=", node.column - 1, end)
    column = at + len(key) + 2 if at >= 0 else node.column
    return node.changed(raw=value, column=column, end_column=max(node.end_column, column))


def settings_of(
    document: Document, block: Node | None, route: str, *, channel: str = ""
) -> tuple[Setting, ...]:
    """A mapping of names to scalars, or a sequence of `NAME=value`, as settings."""
    if block is None:
        return ()
    if block.entries:
        return tuple(
            Setting(key=key, value=value, document=document, route=route, channel=channel)
            for key, value in block.items()
            if value.text is not None
        )
    found = []
    for element in block.elements:
        key, mark, value = (element.text or "").partition("=")
        if mark and name_words(key):
            part = part_of(document, element, key, value)
            found.append(
                Setting(key=key, value=part, document=document, route=route, channel=channel)
            )
    return tuple(found)


def add_shown_parameter(collector: Collector, document: Document, key: Node) -> None:
    """A parameter of a template that asks for a secret, and shows it to whoever may look."""
    name = secret_name(key.raw)
    if name is None:
        return
    collector.add(
        Credential(
            id=fact_id("credential", key.raw, f"{document.file}#Parameters.{key.raw}"),
            name=key.raw,
            evidence=(evidence(document, key, key.raw),),
            provider=name.provider,
            kind=name.kind,
            form=CredentialForm.UNKNOWN,
            lifetime=name.lifetime,
            holder="repository",
            exposure="parameter",
            variable=key.raw,
        )
    )
