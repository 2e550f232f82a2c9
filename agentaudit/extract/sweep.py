"""
What no extractor of a platform claimed: credentials anywhere else in the files.

A value is taken by its look in every syntax, and by its name where names mean settings. Files that
are examples or tests lower the confidence of a name, never that of a key with a valid form.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import chain, islice

from msgspec.structs import replace

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.registry_logins import written_logins
from agentaudit.extract.credentials.assignments import assigned_settings, assigns_secrets
from agentaudit.extract.credentials.holdings import CREDENTIALS, Holding, add_credentials
from agentaudit.extract.credentials.own_places import own_place
from agentaudit.extract.credentials.recognition import by_look, may_show, recognise
from agentaudit.extract.credentials.repetitions import not_again, only_there
from agentaudit.extract.credentials.script_keys import script_settings
from agentaudit.extract.credentials.search_keys import only_searches
from agentaudit.extract.credentials.variable_files import holds_variables, used_by_resources
from agentaudit.extract.documents import Documents
from agentaudit.extract.dotenv import TEMPLATE
from agentaudit.extract.kubernetes.objects import kubernetes_objects, settings_of_object
from agentaudit.extract.named_texts import named_texts
from agentaudit.extract.secret_files import secret_of_file
from agentaudit.extract.sectioned_names import settings_within
from agentaudit.extract.settings import UNNAMED, Setting
from agentaudit.extract.switched_off import Switches
from agentaudit.extract.terraform.overlay import withheld
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.readers.decoding import SEARCHED_ONLY
from agentaudit.readers.document import Document
from agentaudit.readers.planned_parts import Plan

_EXAMPLE = regex(
    r"(?:^|/)(?:(?:[\w-]{1,40}-)?tests?|__tests__|fixtures?|examples?|samples?|docs?|templates?|testdata)/"
    r"|\.(?:example|sample|template|dist)(?:\.|$)|\.env[_-](?:example|sample|template)$|[_-](?:example|sample)\.(?:json|toml|ya?ml)$|(?:^|/)test_|\.(?:test|spec)\.\w{2,3}$",
    re.IGNORECASE,
)
_COMPOSING = ("join", "format", "replace", "upper", "lower", "base64decode", "%{")
_QUOTED_WITHIN = regex(r'\$\{(?:(?!\$\{)[^}\n"])*+"')
_REPEATING = frozenset({"plan", "text"})
"""What repeats others: a plan its sources, a guide the settings and other guides."""
_TREE = "tree-0.1"
"""The CDK writes all constructs of its templates a second time, into a tree beside them."""
_NAMED = frozenset({"yaml", "json", "toml", "dotenv", "properties", "ini", "script"})
_SCRIPTED = frozenset({"yaml", "json", "hcl"})
_LONGEST_PART = 300
_HOST = regex(r"://([\w-]{1,63}(?:\.[\w-]{1,63}){0,8})(?=[./]|:\d)")
"""The name of a host in an address, and no user's: `//bard:80`, `//bard.models/v1`."""
_MOST = CREDENTIALS.most + 10
"""Settings of a file: some more than the credentials that are told, so that the rest is open."""
_MOST_ASSIGNED = 30_000
"""Values that scripts within a file assign to names of secrets, whether they are some or not."""
_CODE = frozenset({"python", "javascript"})
"""What is swept before, while there are trees of it."""
_Place = tuple[str, int, int]


def extract_sweep(documents: Documents, collector: Collector) -> None:
    """Credentials at places where none is known yet; those in code were found before."""
    written = (document for document in documents if document.syntax not in _CODE)
    sweep(sorted(written, key=_repeats), {}, collector)


def sweep(
    documents: Iterable[Document], in_code: Mapping[str, Iterable[Setting]], collector: Collector
) -> None:
    """Credentials in some documents, where none is known; by file the texts of those with code."""
    claimed = _claimed(collector)
    agents = by_folder(collector.of(Agent))
    documents = tuple(documents)
    switches = Switches(documents)
    used = used_by_resources(collector)
    for document in documents:
        _add_service_account_keys(document, collector, claimed)
        found = _unclaimed(document, claimed, in_code.get(document.file), collector)
        told = only_there(found, collector) if _repeats(document) else not_again(found)
        if holds_variables(document.file):
            told = (each for each in told if collector.digest(_secret(each)) not in used)
        settings = islice(told, _MOST)
        for credential in add_credentials(collector, settings, _holding(document, agents)):
            tried = _EXAMPLE.search(document.file) and _tried(document, credential)
            if tried or (credential.default_value and switches.leave_out(credential.evidence[0])):
                collector.update(replace(credential, confidence=Confidence.POSSIBLE))
        if isinstance(document.tree, Plan):
            collector.problems.extend(document.tree.problems)


def _repeats(document: Document) -> bool:
    """Whether a document says again what others say."""
    if document.syntax in _REPEATING:
        return True
    tree = document.file.rpartition("/")[2] == "tree.json"
    return tree and document.root.text_at("version") == _TREE


def _tried(document: Document, credential: Credential) -> bool:
    """Whether tests and examples may only try it: made up, or the default of a product's own."""
    copied = document.syntax == "dotenv" and TEMPLATE.search(document.file) is not None
    default = credential.default_value and (copied or document.syntax in _CODE)
    return default or credential.confidence is Confidence.LIKELY


def _unclaimed(
    document: Document, claimed: set[_Place], code: Iterable[Setting] | None, collector: Collector
) -> Iterator[Setting]:
    """Each place once, and only where nobody has found a credential; a value may hold several."""
    named = document.syntax in _NAMED or holds_variables(document.file)
    by_name = (named and not _speaks_of_others(document)) or code is not None
    hosts = cache(partial(_hosts, document.text))  # asked for in few files
    here: tuple[_Place | None, str] = (None, "")
    every = _settings(document, code or (), by_name=by_name)
    written = ((setting, by_name) for setting in every)
    told = chain(secret_of_file(document), _assigned(document, claimed, collector))
    assigned = ((setting, True) for setting in told)
    for setting, named in chain(assigned, written):
        place = (document.file, setting.value.line, setting.value.column)
        beside = setting.text is not None and here == (place, setting.key)
        if (place in claimed and not beside) or not _counts(setting, by_name=named):
            continue
        if setting.content in hosts() and by_look(setting.content) is None:
            continue
        if not _holds_claimed(setting, claimed):
            claimed.add(place)
            yield setting
            here = place, setting.key


def _hosts(text: str) -> frozenset[str]:
    """The hosts that a file names, by which no key is called: `api_key: bard` for `//bard:80`."""
    whole = frozenset(_HOST.findall(text))
    return whole | {host.partition(".")[0] for host in whole}


def _holds_claimed(setting: Setting, claimed: set[_Place]) -> bool:
    """Whether a part of a text is known: the value of `- NAME=value` in a list of Compose."""
    node = setting.value
    end = min(node.end_column, node.column + _LONGEST_PART)
    if node.line < node.end_line:
        own = own_place(setting, _secret(setting))
        return own is not node and (setting.document.file, own.line, own.column) in claimed
    return any(
        (setting.document.file, node.line, column) in claimed
        for column in range(node.column + 1, end + 1)
    )


def _holding(document: Document, agents: Mapping[str, Sequence[Agent]]) -> Holding:
    """What an agent's own code holds, the agent holds; anything else lies in the repository."""
    code = document.syntax in _CODE
    own = agents.get(document.file, ()) if code else ()
    applied = not code  # which has samples and defaults
    if not own:
        return Holding(holder="repository", exposure="file", applied=applied)
    ids = tuple(agent.id for agent in own)
    return Holding(holder="agent", exposure="file", holder_id=ids[0], seen_by=ids, applied=applied)


def _claimed(collector: Collector) -> set[_Place]:
    return {
        (place.file, place.line, place.column)
        for credential in collector.of(Credential)
        for place in credential.evidence
    }


def _counts(setting: Setting, *, by_name: bool) -> bool:
    """References are no finding by themselves: only a literal gives something away."""
    if only_searches(setting):
        return False
    if setting.document.syntax == "python":
        return True
    found = recognise(setting.key, setting.content) if by_name else by_look(setting.content)
    return found is not None and found.form is CredentialForm.LITERAL


def _speaks_of_others(document: Document) -> bool:
    """Whether names are fields of an interface or steps of a workflow, and no settings."""
    described = any(
        document.roots[0].child(key) for key in ("openapi", "swagger", "smithy", "jobs")
    )
    return described or ".github/workflows/" in document.file


def _settings(document: Document, code: Iterable[Setting], *, by_name: bool) -> Iterator[Setting]:
    if isinstance(document.tree, Plan):
        yield from _planned_settings(document, document.tree)
    elif document.syntax in SEARCHED_ONLY:
        code = tuple(code)
        told = (each for each in code if each.key != UNNAMED)
        names = {(each.value.line, _secret(each)): each.key for each in told}
        yield from script_settings(document, names)  # also of comments, and of what is broken
    elif document.syntax not in {"markdown", "python"}:
        yield from _written_settings(document, by_name=by_name)
    yield from code


def _secret(setting: Setting) -> str:
    """What of a setting is secret: a text may say more."""
    found = recognise(setting.key, setting.content)
    return found.secret if found is not None else ""


def _assigned(document: Document, claimed: set[_Place], collector: Collector) -> Iterator[Setting]:
    """What scripts assign within values that nobody has claimed yet."""
    if document.syntax in _SCRIPTED and assigns_secrets(document):
        nodes = (node for root in document.roots for _, node, _ in named_texts(root))
        texts = (node for node in nodes if (document.file, node.line, node.column) not in claimed)
        found = assigned_settings(document, texts)
        yield from islice(found, _MOST_ASSIGNED)
        for beyond in islice(found, 1):
            what = f"what scripts in its values assign after {_MOST_ASSIGNED:,}"
            place = evidence(document, beyond.value)
            collector.leave_unread(place, what, "secrets may stand there")


def _written_settings(document: Document, *, by_name: bool) -> Iterator[Setting]:
    """What stands in a document's nodes; where nothing can be found, they are not even made."""
    if _may_hold(document, "Secret"):
        for item in kubernetes_objects(Documents({document.file: document})):
            if item.kind == "Secret":
                yield from settings_of_object(item)
    if document.syntax == "json" and '"auths"' in document.text:
        yield from written_logins(document)
    shows = _shows(document)
    if shows or by_name:
        for index, root in enumerate(document.roots):
            yield from settings_within(document, root, f"[{index}]", shows=shows)


def _shows(document: Document) -> bool:
    """Whether a text of the file may look like a credential: as it is written, or put together."""
    text = document.text
    if may_show(text) or "\\" in text or "PRIVATE" in text:
        return True
    composed = document.syntax == "hcl" and holds_word(text, _COMPOSING)
    return composed or (document.syntax == "hcl" and _QUOTED_WITHIN.search(text) is not None)


def _may_hold(document: Document, word: str) -> bool:
    """Whether a text may have this word among its keys and values."""
    return word in document.text or "\\" in document.text


def _planned_settings(document: Document, plan: Plan) -> Iterator[Setting]:
    """What a plan shows of its resources; only those that may hold a credential are read."""
    for resource in plan.resources:
        if by_look(plan.text[resource.part.start : resource.part.end]) is None:
            continue
        node = plan.node(resource.part)
        values = node.get("values")
        if values is not None:
            shown = withheld(values, node.get("sensitive_values"))
            route = f"{resource.module}.{'.'.join(resource.key)}{resource.index}"
            yield from settings_within(document, shown, route, shows=True)


def _add_service_account_keys(
    document: Document, collector: Collector, claimed: set[_Place]
) -> None:
    """A Google service account's key file: one credential, not one for each of its fields."""
    if document.syntax not in {"json", "yaml"} or not _may_hold(document, "private_key"):
        return
    for root in document.roots:
        for node in root.walk():
            key = node.child("private_key")
            if key is None or node.text_at("type") != "service_account":
                continue
            place = (document.file, key.line, key.column)
            if place in claimed:
                continue
            claimed.add(place)
            if by_look(key.text or "") is None:
                continue  # a name in the place of the key, or where it is kept
            collector.add(
                Credential(
                    id=fact_id("credential", "service account key", f"{document.file}#{key.line}"),
                    name="service account key",
                    evidence=(evidence(document, key, "private_key=…"),),
                    provider="google",
                    kind="service_account_key",
                    form=CredentialForm.LITERAL,
                    lifetime=Lifetime.STATIC,
                    holder="repository",
                    exposure="file",
                    digest=collector.digest(key.text or ""),
                )
            )
