"""
Gateways of APIs that pass the calls of anybody on to functions.

A function counts where every way to it is open, but for `OPTIONS`, which browsers ask before. What
calls a function may still prove to it who it is. Sources: Amazon API Gateway Developer Guide,
"Control and manage access to REST APIs" and "to HTTP APIs"; AWS SAM Developer Guide, "Control API
access with your AWS SAM template"; Serverless Framework, "API Gateway" and "HTTP API".
"""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from itertools import chain

from agentaudit.expressions import holds_word
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.references import References
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import Node, NodeKind

_Way = tuple[str, Evidence | None]
"""The address of a function that calls reach, and where it says that anybody may; or None."""
_FUNCTION = "aws_lambda_function"
_EVENTS = frozenset({"Api", "HttpApi", "http", "http_api"})
_DECIDED_ELSEWHERE = (
    *("DefaultAuthorizer", "DefinitionBody", "DefinitionUri", "ResourcePolicy", "PRIVATE"),
    "resourcePolicy",
)
"""Words of templates in which the API itself says who may call, or another file does."""


def opened_by_apis(module: Module) -> Mapping[str, Evidence]:
    """Functions by their addresses, and where an API lets anybody call them."""
    functions: References[Declared] = module.references(_FUNCTION)
    ways: dict[str, list[Evidence | None]] = {}
    for address, place in chain(
        _rest(module, functions), _http(module, functions), _events(module)
    ):
        ways.setdefault(address, []).append(place)
    return {address: places[0] for address, places in ways.items() if places[0] and all(places)}


def _rest(module: Module, functions: References[Declared]) -> Iterator[_Way]:
    """The methods of REST APIs, each with what it is integrated with."""
    uris = {
        (body.raw_at("resource_id"), body.raw_at("http_method")): body.raw_at("uri")
        for body in (each.body for each in module.resources("aws_api_gateway_integration"))
    }
    guarded = bool(module.resources("aws_api_gateway_rest_api_policy"))
    apis = module.references("aws_api_gateway_rest_api")
    for method in module.resources("aws_api_gateway_method"):
        body, verb = method.body, method.body.raw_at("http_method")
        own = body.get("integration", "uri")
        uri = own.raw if own is not None else uris.get((body.raw_at("resource_id"), verb), "")
        function = called_function(functions, uri)
        if function is None or verb.upper() == "OPTIONS":
            continue
        api = apis.referred(body.raw_at("rest_api_id"))
        inside = guarded or api is None or _keeps_inside(api)
        key = body.get("api_key_required")
        asked = body.get("authorization")
        shut = inside or (key is not None and key.boolean is not False)
        yield function.address, None if shut else _open(method, asked)


def _keeps_inside(api: Declared) -> bool:
    types = api.body.get("endpoint_configuration", "types")
    private = types is not None and any(each.raw == "PRIVATE" for each in types.list())
    return private or api.body.get("policy") is not None


def _http(module: Module, functions: References[Declared]) -> Iterator[_Way]:
    """The routes of HTTP APIs, and APIs that lead to one function by their `target`."""
    integrations = module.references("aws_apigatewayv2_integration")
    for route in module.resources("aws_apigatewayv2_route"):
        integration = integrations.referred(route.body.raw_at("target"))
        function = integration and called_function(
            functions, integration.body.raw_at("integration_uri")
        )
        if function is not None and not route.body.raw_at("route_key").startswith("OPTIONS "):
            yield function.address, _open(route, route.body.get("authorization_type"))
    for api in module.resources("aws_apigatewayv2_api"):
        function = called_function(functions, api.body.raw_at("target"))
        if function is not None:
            yield function.address, api.place(api.body.get("target"))


def _events(module: Module) -> Iterator[_Way]:
    """Events of functions in SAM and Serverless, from which an API is made."""
    # A template is asked once for all its functions.
    decided_elsewhere = cache(partial(holds_word, words=_DECIDED_ELSEWHERE))
    for function in module.resources(_FUNCTION):
        events = function.body.get("events")
        if events is None:
            continue
        elsewhere = decided_elsewhere(function.document.text)
        for type_, event in _listed(events):
            if type_ in _EVENTS:
                shut = elsewhere or _asks(event)
                yield function.address, None if shut else function.place(event)


def _listed(events: Node) -> Iterator[tuple[str, Node]]:
    """By the name of their kind: `Type: Api` in SAM, `- httpApi: …` in Serverless."""
    if events.kind is NodeKind.MAPPING:
        for _, event in events.entries:
            yield event.text_at("type"), event.get("properties") or event
        return
    for event in events.list():
        for key, settings in event.entries:
            yield key.raw, settings


def _asks(event: Node) -> bool:
    """Whether an event names who may call, or wants a key."""
    own, named = event.get("auth"), event.get("authorizer")
    if own is not None:
        named = own.get("authorizer")
        return named is None or named.raw != "NONE"
    wanted = event.get("private")
    return named is not None or (wanted is not None and wanted.boolean is not False)


def _open(declared: Declared, asked: Node | None) -> Evidence | None:
    """Where no authorization is asked for: by that word, or by none."""
    if asked is not None and asked.raw != "NONE":
        return None
    return declared.place(asked)


def called_function(functions: References[Declared], text: str) -> Declared | None:
    """The function that its name, its ARN or the address of an integration leads to."""
    name = text.rpartition(":function:")[2].partition("/")[0]
    return functions.named(name) or functions.at(name.strip("${}")) or functions.referred(text)
