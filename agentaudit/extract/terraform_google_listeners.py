"""
Load balancers of Google that pass plain HTTP from the outside on to Cloud Run.

From a proxy for HTTP by its map of URLs, a backend and a group of endpoints to a service. A map
that redirects leads to nothing.
"""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector
from agentaudit.extract.containers import runtime_id
from agentaudit.extract.plaintext import served_in_plaintext
from agentaudit.extract.terraform_modules import Declared, Module
from agentaudit.model.facts.runtimes import Runtime

_PROXIES = ("google_compute_target_http_proxy", "google_compute_region_target_http_proxy")
_MAPS = ("google_compute_url_map", "google_compute_region_url_map")
_BACKENDS = ("google_compute_backend_service", "google_compute_region_backend_service")
_GROUPS = ("google_compute_region_network_endpoint_group",)
_SERVICES = {
    "google_cloud_run_v2_service": ("template", "containers"),
    "google_cloud_run_service": ("template", "spec", "containers"),
}
"""With where their containers stand."""
_INSIDE = "INTERNAL"
"""How schemes begin that only a network of one's own reaches."""


def add_google_listeners(module: Module, collector: Collector) -> None:
    """Marks the services to which the proxies for HTTP of a module lead."""
    for proxy in module.resources(*_PROXIES):
        for service in _behind(module, proxy):
            runtime = _runtime(collector, service)
            if runtime is not None:
                served_in_plaintext(collector, runtime, proxy.place())


def _behind(module: Module, proxy: Declared) -> Iterator[Declared]:
    mapped = proxy.body.get("url_map")
    urls = module.references(*_MAPS).referred(mapped.raw) if mapped is not None else None
    default = urls.body.get("default_service") if urls is not None else None
    backend = module.references(*_BACKENDS).referred(default.raw) if default is not None else None
    if backend is None or backend.body.text_at("load_balancing_scheme").startswith(_INSIDE):
        return
    for entry in backend.body.list_at("backend"):
        named = entry.get("group")
        group = module.references(*_GROUPS).referred(named.raw) if named is not None else None
        target = group.body.get("cloud_run", "service") if group is not None else None
        service = module.references(*_SERVICES).named(target.raw) if target is not None else None
        if service is not None:
            yield service


def _runtime(collector: Collector, service: Declared) -> Runtime | None:
    """The first container of a service, to which requests come."""
    first = next(iter(service.body.list_at(*_SERVICES[service.type])), None)
    label = first.text_at("name") if first is not None else ""
    found = collector.facts.get(runtime_id(label or service.title, f"{service.key}.0"))
    return found if isinstance(found, Runtime) else None
