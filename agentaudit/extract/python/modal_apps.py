"""
Functions of apps of Modal as workloads: when they end, how many run at once, what they are given.

A call ends after five minutes unless `timeout` says otherwise, and its processors are limited;
memory is where a second number says so. A secret of the workspace is a reference. Who may call a
function from the web is not read. Source: Modal, "Timeouts", "Reserving CPU and memory", "Secrets".
"""

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import Problem
from agentaudit.extract.containers.container import Container, hosted_runtime
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.credentials.secret_names import name_told
from agentaudit.extract.programs.code import UNFOLDED, Call, written_keys
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, keyword, words_in
from agentaudit.extract.python.building import Building
from agentaudit.extract.settings import Setting
from agentaudit.extract.shared_variables import SHARED
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.runtimes import Runtime

_APPS = frozenset({"modal.App", "modal.Stub"})
_MAKING = frozenset({"function", "cls"})
_FROM_WEB = frozenset(
    f"modal.{name}"
    for name in ("fastapi_endpoint", "web_endpoint", "asgi_app", "wsgi_app", "web_server")
)
_KEPT = "modal.Secret."
_USUAL_S = 300
_MIB = 1024 * 1024
_UNREAD = "an app of Modal, of which is not read who may call its functions from the web"
_Defined = FunctionDef | ast.ClassDef


class _Function(Struct, frozen=True):
    """A function or class of an app, and the calls of its decorators."""

    app: Call
    defined: _Defined
    made: ast.Call
    others: Sequence[ast.expr]


def add_modal_apps(building: Building, agents: Sequence[tuple[Agent, Call]]) -> None:
    """Every function of the apps of a module, and which of them run its agents."""
    apps = {call.variable: call for call in building.calls if call.name in _APPS}
    functions = tuple(_functions(building, apps)) if apps else ()
    for function in functions:
        runs = [*_running(building, function, agents)]
        running = runs or ([each for each, _ in agents] if not functions[1:] else [])
        _add(building, function, running, others_run=bool(agents) and not running)
        if running and _open_to_web(building, function):
            place = building.module.place(function.made)
            building.collector.problems.append(
                Problem(file=place.file, message=_UNREAD, line=place.line, column=place.column)
            )


def _functions(building: Building, apps: dict[str, Call]) -> Iterator[_Function]:
    module = building.module
    for defined in (*module.functions, *module.of(ast.ClassDef)):
        for decorator in defined.decorator_list:
            match decorator:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                    name in apps and attr in _MAKING
                ):
                    others = [each for each in defined.decorator_list if each is not decorator]
                    yield _Function(apps[name], defined, decorator, others)
                case _:
                    pass


def _running(
    building: Building, function: _Function, agents: Sequence[tuple[Agent, Call]]
) -> Iterator[Agent]:
    """The agents that are built in a function, or named there."""
    module, defined = building.module, function.defined
    last = defined.end_lineno or defined.lineno
    words = frozenset(words_in(defined)) if module.affords_within(defined) else None
    for agent, call in agents:
        around = module.function_around(call.node)
        names = {call.variable, around.name if around is not None else ""} - {""}
        within = defined.lineno <= call.node.lineno <= last
        if within or words is None or not names.isdisjoint(words):
            yield agent


def _open_to_web(building: Building, function: _Function) -> bool:
    """Whether it has an address that Modal asks nobody at."""
    inner = function.defined.body if isinstance(function.defined, ast.ClassDef) else ()
    methods = (each for each in inner if isinstance(each, FunctionDef))
    decorators = (*function.others, *(each for item in methods for each in item.decorator_list))
    for decorator in decorators:
        if building.module.dotted(decorator) in _FROM_WEB:
            made = decorator if isinstance(decorator, ast.Call) else None
            asks = keyword(made, "requires_proxy_auth") if made is not None else None
            if asks is None or building.module.value(asks) is not True:
                return True
    return False


def _add(
    building: Building, function: _Function, agents: Sequence[Agent], *, others_run: bool
) -> None:
    """A function; beside those that run the agents, what it shares with them makes it no agent."""
    module, name, made = building.module, function.defined.name, function.made
    app = module.text(argument(function.app.node, 0, "name"))
    title, place = f"{app}-{name}" if app else name, module.node(made, name)
    key = f"{module.document.file}#modal.{name}"
    timeout = _number(building, made, "timeout")
    settings = tuple(_settings(building, function))
    end = (module.place(made), f"what {name} shares with others of its app", "it is open")
    room = building.collector.affords(SHARED, len(settings), end)
    container = Container(
        document=module.document,
        place=place,
        key=key,
        runtime=_limited(building, made, hosted_runtime(module.document, place, title, key)),
        names=(title,),
        beginning=f"{app}-" if app else "",
        settings=settings if room else (),
        settings_whole=False,
        build=module.document.file if agents else None,
        egress="none" if module.value(keyword(made, "block_network")) is True else "any",
        calls_model=bool(agents),
        preparing=others_run,
        timeout_s=_USUAL_S if timeout is None else timeout if isinstance(timeout, int) else None,
    )
    add_container(building.collector, container)
    if timeout is UNFOLDED:
        for agent in agents:
            if agent.timeout is Known.NONE:
                building.collector.update(replace(agent, timeout=Known.UNKNOWN))


def _limited(building: Building, made: ast.Call, runtime: Runtime) -> Runtime:
    count = _number(building, made, "max_containers", "concurrency_limit")
    counted = isinstance(count, int)
    memory = building.module.meant(keyword(made, "memory"))
    limit = (
        building.module.value(memory.elts[-1])
        if isinstance(memory, ast.Tuple) and memory.elts
        else None
    )
    return replace(
        runtime,
        memory_limit=Known.SET if limit is not None else Known.UNKNOWN,
        memory_limit_bytes=limit * _MIB if isinstance(limit, int) else None,
        instances=Known.SET if counted else Known.UNKNOWN,
        instances_count=count if isinstance(count, int) else None,
        published_ports=(),
    )


def _number(building: Building, made: ast.Call, *names: str) -> object:
    """A number that a decorator is given; None where it is not."""
    given = keyword(made, *names)
    value = building.module.value(given) if given is not None else None
    return value if value is None or isinstance(value, int) else UNFOLDED


def _settings(building: Building, function: _Function) -> Iterator[Setting]:
    """What a function finds in its environment, by itself and as one of its app."""
    name = function.defined.name
    for given, route in ((function.app.node, "app"), (function.made, name)):
        for element in building.elements(keyword(given, "secrets")) or ():
            yield from _secret(building, element, f"{route}.secrets")
        yield from _variables(building, keyword(given, "env"), f"{route}.env")


def _secret(building: Building, element: ast.expr, route: str) -> Iterator[Setting]:
    """What a secret of Modal holds: by the names that it must have, or else by its own."""
    module, made = building.module, building.made_by(element)
    called = module.dotted(made.func) if made is not None else ""
    if made is None or not called.startswith(_KEPT):
        return
    match called.removeprefix(_KEPT):
        case "from_name":
            title = module.text(argument(made, 0, "name", "label"))
            needed = building.elements(keyword(made, "required_keys")) or ()
            own = title if name_told(title) is not None else f"{title}_secret"
            for key in [*filter(None, map(module.text, needed))] or [own]:
                yield _reference(building, made, key, route)
        case "from_local_environ":
            for named in building.elements(argument(made, 0, "env_keys")) or ():
                yield _from_here(_reference(building, named, module.text(named), route))
        case "from_dict":
            yield from _variables(building, argument(made, 0, "env_dict"), route)
        case _:
            pass


def _variables(building: Building, given: ast.expr | None, route: str) -> Iterator[Setting]:
    module, written = building.module, building.module.meant(given)
    for key, value in written_keys(module, written) if isinstance(written, ast.Dict) else ():
        text = module.text(value)
        if text:
            node = module.node(module.meant(value), text)
            yield Setting(key=key, value=node, document=module.document, route=route)
        else:
            yield _from_here(_reference(building, value, key, route))


def _reference(building: Building, place: ast.expr, key: str, route: str) -> Setting:
    """A name whose value the workspace keeps."""
    module = building.module
    return Setting(
        key=key,
        value=module.node(place, key),
        document=module.document,
        route=route,
        form=CredentialForm.SECRET_REF,
    )


def _from_here(setting: Setting) -> Setting:
    """A name whose value comes from the environment of whoever deploys."""
    return replace(setting, form=CredentialForm.ENV_REF)
