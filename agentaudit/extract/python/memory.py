"""Memory that Python code constructs: what bounds it by its arguments and defaults."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Call, Module, written_keys
from agentaudit.extract.programs.syntax import argument, keyword, splatted
from agentaudit.extract.python.conversations import ends_with_call
from agentaudit.extract.python.frameworks import is_of_framework
from agentaudit.extract.python.limits import bounded, count
from agentaudit.extract.python.memory_chosen import chosen_elsewhere
from agentaudit.extract.python.memory_compacted import chosen_by_program, compacted
from agentaudit.extract.python.memory_forms import CONSTRUCTORS, FORMS, PERSISTENT, Form
from agentaudit.extract.python.memory_keys import is_one_conversation, key_of, keyed
from agentaudit.extract.python.session_keys import SessionKeys
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore


def memories(
    module: Module, calls: Iterable[Call], documents: Documents | None = None
) -> Iterator[tuple[MemoryStore, Call]]:
    """
    Every memory that the module's calls construct, with the call that does it.

    What another one wraps to compact it is compacted, and lives as long as before. What is made
    where a store of one's own was given none says little: who makes that one chooses.
    """
    calls, keys = tuple(calls), SessionKeys(module, documents)
    used = _Used(module, calls)
    shortened, chosen = compacted(module, calls), chosen_elsewhere(module, calls)
    for call in calls:
        path, name = call.name, call.last
        if name in CONSTRUCTORS and "." in path:
            path = path.rpartition(".")[0]
            name = path.rpartition(".")[2]
        form = FORMS.get(name)
        if form is None or not is_of_framework(module, path) or _covers(call.node, form):
            continue
        if form.aside and used.passed_as(call) <= form.aside:
            continue
        speaks = any(word in module.document.text for word in form.speaks)
        if used.only_prepares(call, form) or not speaks:
            continue
        form = _running(used, call, _placed(module, call.node, form))
        store = _retrieved(used, call, form, _store(keys, call, (name, form)))
        if id(call.node) in shortened or call.variable in shortened:
            store = replace(store, compaction=Known.SET)
        store = _of_run(form, store, documents)
        if id(call.node) in chosen:
            store = left_open(store)
        yield keyed(keys, store, form), call


def _of_run(form: Form, store: MemoryStore, documents: Documents | None) -> MemoryStore:
    """A session of OpenAI's Agents SDK, of which runs may choose what the model gets."""
    if not form.settings or store.compaction is not Known.NONE or documents is None:
        return store
    chosen = store.evidence[0].file in documents.once(chosen_by_program)
    return replace(store, compaction=Known.UNKNOWN) if chosen else store


def left_open(store: MemoryStore) -> MemoryStore:
    """A store without the limits that it lacks: another one may be given in its place."""
    lacking = ("ttl", "max_turns", "max_tokens", "compaction")
    missing = {name for name in lacking if getattr(store, name) is Known.NONE}
    return replace(store, **dict.fromkeys(missing, Known.UNKNOWN))


def _covers(call: ast.Call, form: Form) -> bool:
    """Whether it only hands on a memory that is made elsewhere."""
    return bool(form.wraps) and (bool(call.args) or keyword(call, *form.wraps) is not None)


class _Used(Struct, dict=True, eq=False):
    """What a module does with what its calls make, read once for all of them."""

    module: Module
    calls: Sequence[Call]

    def passed_as(self, call: Call) -> frozenset[str]:
        """The arguments that a memory becomes; none, where it is not seen to be passed on."""
        named = self._by_name.get(call.variable, frozenset[str]()) if call.variable else frozenset()
        return named | self._by_value.get(id(call.node), frozenset()) or frozenset({""})

    def only_prepares(self, call: Call, form: Form) -> bool:
        """Whether what a call makes only lays out tables or tools, for what keeps something."""
        if id(call.node.func) in self._prepared_at_once:
            return True
        return self.asked_of(call) <= form.prepares

    def asked_of(self, call: Call) -> frozenset[str]:
        """What is asked of what a call makes; nothing, where it is used whole or not known."""
        return frozenset(self._asked_of.get(call.variable, {""}) if call.variable else {""})

    @cached_property
    def _prepared_at_once(self) -> frozenset[int]:
        """What is made where its tables are laid out, and gone after that: `made().setup()`."""
        asked = (item.value for item in self.module.of(ast.Attribute) if item.attr == "setup")
        return frozenset(id(value.func) for value in asked if isinstance(value, ast.Call))

    @cached_property
    def _asked_of(self) -> Mapping[str, set[str]]:
        """What each name is asked for, wherever it is read; nothing, where it is used whole."""
        asked: dict[str, set[str]] = {}
        whole = {id(name): name for name in self.module.of(ast.Name) if _is_read(name)}
        for item in self.module.of(ast.Attribute):
            name = whole.pop(id(item.value), None)
            if name is not None:
                asked.setdefault(name.id, set()).add(item.attr)
        for name in whole.values():
            asked.setdefault(name.id, set()).add("")
        return asked

    def settings(self, name: str) -> ast.expr | None:
        """What a run of the module is told of the memories that it is given."""
        runs = (call.node for call in self.calls if call.last == "RunConfig")
        return next((given for run in runs if (given := keyword(run, name)) is not None), None)

    @cached_property
    def methods(self) -> frozenset[str]:
        """The last names of all that is called."""
        return frozenset(call.last for call in self.calls)

    @cached_property
    def _by_value(self) -> Mapping[int, frozenset[str]]:
        return {id(item.value): frozenset({item.arg or ""}) for item in self.module.of(ast.keyword)}

    @cached_property
    def _by_name(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for item in self.module.of(ast.keyword):
            if isinstance(item.value, ast.Name):
                found.setdefault(item.value.id, set()).add(item.arg or "")
        return {name: frozenset(arguments) for name, arguments in found.items()}


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _running(used: _Used, call: Call, form: Form) -> Form:
    """A form that bounds nothing where nobody has it do so."""
    if not form.run_by or not used.methods.isdisjoint(form.run_by):
        return form
    itself = used.module.value(keyword(call.node, "auto_reduce"))
    if itself is True or splatted(call.node):
        return form
    return replace(form, kind="buffer", turns=(), compaction=Known.NONE)


def _retrieved(used: _Used, call: Call, form: Form, store: MemoryStore) -> MemoryStore:
    """
    A store of which a run retrieves no more than the settings say, its own or those of a run.

    Of one that is only asked for something, and handed to no run, somebody else shows what he will.
    """
    if not form.settings:
        return store
    if "" not in used.asked_of(call):
        return replace(store, max_turns=Known.UNKNOWN)
    given = keyword(call.node, form.settings) or used.settings(form.settings)
    match used.module.meant(given):
        case None | ast.Constant(value=None):
            return store
        case ast.Dict() as written:
            limit = dict(written_keys(used.module, written)).get("limit")
        case ast.Call() as made:
            limit = argument(made, 0, "limit")
        case _:
            return replace(store, max_turns=Known.UNKNOWN)
    if limit is None:
        return store
    turns, counted = count(used.module, limit)
    return replace(store, max_turns=turns, max_turns_count=counted)


def _placed(module: Module, call: ast.Call, form: Form) -> Form:
    """The form of a memory that ends with its process, where nothing says in which file it is."""
    if not form.path or splatted(call):
        return form
    path = call.args[1] if len(call.args) > 1 else keyword(call, *form.path)
    in_memory = path is None or module.text(path) == ":memory:"
    return replace(form, backend="in_memory") if in_memory else form


def _store(keys: SessionKeys, call: Call, named: tuple[str, Form]) -> MemoryStore:
    module, (name, form) = keys.module, named
    place = module.place(call.node, name)
    ttl, seconds = _ttl(module, call.node, form)
    if form.expires and form.expires in module.document.text:
        ttl = Known.UNKNOWN
    turns, turn_count = bounded(module, call.node, form.turns, form.turns_default)
    tokens, token_count = bounded(module, call.node, form.tokens, form.tokens_default)
    if form.loads and module.value(keyword(call.node, *form.loads)) is False:
        turns, turn_count = Known.SET, None
    key = key_of(keys, call.node, form)
    constant = bool(module.text(key)) or is_one_conversation(keys, call.node, form)
    refresh = _refreshes(module, call.node)
    file = module.document.file
    return MemoryStore(
        id=fact_id("memory_store", name, f"{file}#{call.variable or name}:{name}"),
        name=call.variable or name,
        evidence=(place,),
        kind=form.kind,
        backend=form.backend,
        scope="global" if constant else "session" if key is not None else "",
        ttl=ttl,
        ttl_s=seconds,
        refresh_on_read=refresh,
        max_turns=turns,
        max_turns_count=turn_count,
        max_tokens=tokens,
        max_tokens_count=token_count,
        compaction=_compaction(call.node, form),
        persistent=Truth.YES if form.backend in PERSISTENT else Truth.NO,
        constant_session_key=constant,
        tenant_scoped=keys.tenant_scoped(call.node, key) if key is not None else Truth.UNKNOWN,
        explicit_writes=Truth.NO if form.kind == "buffer" else Truth.UNKNOWN,
        ends_with_call=form.backend == "in_memory" and ends_with_call(module, call.node),
    )


def _ttl(module: Module, call: ast.Call, form: Form) -> tuple[Known, int | None]:
    given = keyword(call, *form.ttl) if form.ttl else None
    if given is None:
        if form.ttl_default_s is not None:
            return Known.SET, form.ttl_default_s
        return (Known.UNKNOWN if form.ttl and splatted(call) else Known.NONE), None
    if isinstance(given, ast.Dict):
        inner = dict(written_keys(module, given))
        if "default_ttl" not in inner:
            return Known.NONE, None
        given = inner["default_ttl"]
    return count(module, given, form.ttl_unit_s)


def _refreshes(module: Module, call: ast.Call) -> Truth:
    given = keyword(call, "ttl")
    if not isinstance(given, ast.Dict):
        return Truth.UNKNOWN
    for name, value in written_keys(module, given):
        if name == "refresh_on_read":
            return Truth.YES if module.value(value) is True else Truth.NO
    return Truth.UNKNOWN


def _compaction(call: ast.Call, form: Form) -> Known:
    if not form.trigger or keyword(call, *form.trigger) is not None:
        return form.compaction
    return Known.UNKNOWN if splatted(call) else Known.NONE
