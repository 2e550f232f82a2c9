"""
What our rules need to speak of a peer's example, added to the copy that is read.

A role of Kubernetes gives nothing to nobody, so it gets a binding, and a binding a role; what our
rules say of agents alone runs one.
"""

import json
from collections.abc import Mapping

import yaml

Object = Mapping[str, object]
BUILT_IN = frozenset({"cluster-admin", "admin", "edit", "view"})
AGENT = """
resource "aws_bedrockagent_agent" "added" {
  agent_name              = "added"
  agent_resource_role_arn = "arn:aws:iam::111122223333:role/added"
  foundation_model        = "anthropic.claude-sonnet"
}
"""


def bound(text: str) -> str:
    """Objects of Kubernetes with a binding for each role of theirs, and a role for each binding."""
    try:
        objects = [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
    except yaml.YAMLError:  # of CloudFormation, with tags of its own
        return text
    roles = {
        (str(item["kind"]), _name(item)): item
        for item in objects
        if item.get("kind") in {"Role", "ClusterRole"}
    }
    bindings = {
        (str(reference.get("kind")), str(reference.get("name"))): item
        for item in objects
        if isinstance(reference := item.get("roleRef"), dict)
    }
    added = [
        *(_binding(*key, _namespace(roles[key])) for key in sorted(roles.keys() - bindings)),
        *(
            _role(*key, _namespace(bindings[key]))
            for key in sorted(bindings.keys() - roles.keys())
            if key[1] not in BUILT_IN
        ),
    ]
    return text + "".join(f"\n---\n{json.dumps(each)}\n" for each in added)


def with_agent(text: str, *, terraform: bool) -> str:
    """The same with an agent: beside resources of Terraform, or in the first container of a pod."""
    if terraform:
        return text + AGENT
    try:
        objects = [*yaml.safe_load_all(text)]
    except yaml.YAMLError:
        return text
    return "\n---\n".join(json.dumps(_as_agent(each)) for each in objects)


def _as_agent(node: object) -> object:
    """A part of a manifest, its first containers called as agents are."""
    if isinstance(node, list):
        return [_as_agent(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _as_agent(value) for key, value in node.items()}
    containers = made.get("containers")
    if isinstance(containers, list) and containers and isinstance(containers[0], dict):
        containers[0]["name"] = "agent"
    return made


def _name(item: Object) -> str:
    metadata = item.get("metadata")
    return str(metadata.get("name")) if isinstance(metadata, dict) else ""


def _namespace(item: Object) -> str:
    metadata = item.get("metadata")
    return str(metadata.get("namespace") or "default") if isinstance(metadata, dict) else "default"


def _binding(kind: str, name: str, namespace: str) -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": f"{kind}Binding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"},
        "subjects": [{"kind": "ServiceAccount", "name": "added", "namespace": namespace}],
    }


def _role(kind: str, name: str, namespace: str) -> Object:
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "rules": [rule],
    }
