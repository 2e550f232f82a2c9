"""
Load balancers of Google that pass plain HTTP from the outside on to Cloud Run.

From a proxy for HTTP by its map of URLs, a backend and a group of endpoints to a service. A map
that redirects leads to nothing.
"""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector
from agentaudit.extract.plaintext import served_in_plaintext
from agentaudit.extract.terraform.google import served_container
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_PROXIES = ("google_compute_target_http_proxy", "google_compute_region_target_http_proxy")
_MAPS = ("google_compute_url_map", "google_compute_region_url_map")
_BACKENDS = ("google_compute_backend_service", "google_compute_region_backend_service")
_GROUPS = ("google_compute_region_network_endpoint_group",)
_SERVICES = ("google_cloud_run_v2_service", "google_cloud_run_service")
_INSIDE = "INTERNAL"
"""How schemes begin that only a network of one's own reaches."""


def add_google_listeners(module: Module, collector: Collector) -> None:
    """Marks the services to which the proxies for HTTP of a module lead."""
    for proxy in module.resources(*_PROXIES):
        for service in _behind(module, proxy):
            runtime = collector.facts.get(served_container(service))
            if isinstance(runtime, Runtime):
                served_in_plaintext(collector, runtime, proxy.place())


def _behind(module: Module, proxy: Declared) -> Iterator[Declared]:
    urls = _referred(module, proxy.body.get("url_map"), _MAPS)
    default = urls.body.get("default_service") if urls is not None else None
    backend = _referred(module, default, _BACKENDS)
    if backend is None or backend.body.text_at("load_balancing_scheme").startswith(_INSIDE):
        return
    for entry in backend.body.list_at("backend"):
        group = _referred(module, entry.get("group"), _GROUPS)
        target = group.body.get("cloud_run", "service") if group is not None else None
        service = module.references(*_SERVICES).named(target.raw) if target is not None else None
        if service is not None:
            yield service


def _referred(module: Module, node: Node | None, types: tuple[str, ...]) -> Declared | None:
    return module.references(*types).referred(node.raw) if node is not None else None
