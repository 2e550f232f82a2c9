"""
Who from outside may act in Google Cloud: providers of workload identity pools, in Terraform.

An issuer with many customers signs tokens for all of them; `attribute_condition` says whose count.
https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines
"""

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import bare_url
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.facts.permissions import Identity


def add_google_federation(module: Module, collector: Collector) -> None:
    """An identity for each provider of OIDC, whose subject is what its condition asks."""
    for declared in module.resources("google_iam_workload_identity_pool_provider"):
        issuer = declared.body.get("oidc", "issuer_uri")
        if issuer is None:
            continue
        if issuer.unknown:
            place = evidence(declared.document, issuer)
            collector.leave_open(place, f"the issuer of {declared.shown}", "who gets in is open")
        else:
            collector.add(_provider(declared, issuer.raw))


def _provider(declared: Declared, issuer: str) -> Identity:
    condition = declared.body.get("attribute_condition")
    return Identity(
        id=fact_id("identity", declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(condition),),
        provider="google",
        kind="federation",
        trust_principals=(bare_url(issuer).rstrip("/"),),
        oidc_subject=condition.raw if condition is not None else "",
    )
