"""Services of Cloud Run, and functions, in Terraform, that anybody on the internet may call."""

from collections.abc import Mapping

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.terraform.google_policies import policy_bindings, policy_of
from agentaudit.extract.terraform.google_roles import GOOGLE_EVERYBODY, google_binding
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.references import addresses_in
from agentaudit.model.evidence import Evidence

_FIRST, _SECOND = "google_cloud_run_service", "google_cloud_run_v2_service"
_OPENING = {
    _SECOND: (_SECOND, _FIRST),
    "google_cloudfunctions2_function": ("google_cloudfunctions2_function", _FIRST, _SECOND),
}
"""
Whose bindings open what: services of both versions are the same ones, and a function of the second
version is a service.
"""
_NAMING = ("name", "service", "cloud_function")


def open_to_all(declared: Declared, opened: Mapping[str, Evidence]) -> Evidence | None:
    """
    Where it says that anybody on the internet may call a service.

    https://cloud.google.com/run/docs/authenticating/public
    """
    ingress = declared.body.get("ingress")
    guarded = declared.body.get("iap_enabled")
    if ingress is not None and ingress.raw != "INGRESS_TRAFFIC_ALL":
        return None
    if guarded is not None and guarded.boolean is not False:
        return None
    unchecked = declared.body.get("invoker_iam_disabled")
    if unchecked is not None and unchecked.boolean:
        return evidence(declared.document, unchecked)
    return opened.get(declared.title) or opened.get(declared.address)


def opened_by_bindings(
    module: Module, documents: Documents, collector: Collector, type_: str
) -> Mapping[str, Evidence]:
    """The services or functions that a binding opens to anybody, by their names and addresses."""
    opened: dict[str, Evidence] = {}
    types = _OPENING.get(type_, (type_,))
    ways = (f"{each}_iam_{way}" for each in types for way in ("member", "binding", "policy"))
    for binding in module.resources(*ways):
        named = next(filter(None, map(binding.body.get, _NAMING)), None)
        policy = policy_of(binding, documents)
        bound = (google_binding(binding), *policy_bindings(binding, policy, collector))
        members = (member for each in bound for member in each.members)
        found = next((each for each in members if each.raw in GOOGLE_EVERYBODY), None)
        if named is not None and found is not None:
            for name in (named.raw, *addresses_in(named.raw)):
                opened.setdefault(name, evidence(binding.document, found, found.raw))
    return opened
