"""Releases of app-template: pods by the values of a chart, where Flux says to which namespace."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.runtimes import Runtime

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: desk}}
spec:
  {chart}
  values:
    controllers:
      desk:
        {controller}
        containers:
          app:
            image: {{repository: ghcr.io/acme/support-agent, tag: 1.4.0}}
            env:
              OPENAI_BASE_URL: http://gateway:4000
              OPENAI_API_KEY: {{valueFrom: {{secretKeyRef: {{name: desk, key: KEY}}}}}}
            resources: {{limits: {{memory: 1Gi}}}}
          page:
            image: {{repository: nginx, tag: "1.29"}}
    {more}
"""
PLACED = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: desk}
spec: {path: ./apps/desk/app, targetNamespace: agents}
"""
CHART = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: app-template}
spec: {url: "oci://ghcr.io/bjw-s-labs/helm/app-template", ref: {tag: %s}}
"""
RIGHTS = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: desk}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: desk}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: desk}
subjects: [{kind: ServiceAccount, name: desk, namespace: agents}]
"""
OWN = "serviceAccount: {desk: {}}"


def released(controller: str = "replicas: 1", more: str = "", **files: str) -> Deployment:
    chart = "chartRef: {kind: OCIRepository, name: app-template}"
    text = RELEASE.format(chart=chart, controller=controller, more=more)
    return deployment_of(
        {"apps/desk/app/release.yaml": text, "apps/desk/ks.yaml": PLACED}
        | {f"apps/desk/app/{name}.yaml": text for name, text in files.items()}
    )


def agent_of(deployment: Deployment) -> Runtime:
    return next(item for item in deployment.runtimes if item.runs_agent)


def test_its_containers_are_those_of_a_pod() -> None:
    found = released()
    agent = agent_of(found)

    assert {item.name for item in found.runtimes} == {"desk/app", "desk/page"}
    assert (agent.image, agent.memory_limit, agent.cpu_limit) == (
        ("ghcr.io/acme/support-agent:1.4.0", Known.SET, Known.NONE)
    )
    assert [(item.variable, item.holder) for item in found.credentials] == [
        ("OPENAI_API_KEY", "agent")
    ]


@pytest.mark.parametrize(
    ("controller", "more", "account"),
    [
        ("replicas: 1", "", "default"),
        ("replicas: 1", OWN, "desk"),
        ("serviceAccount: {name: other}", OWN, "other"),
        ("serviceAccount: {identifier: jobs}", "serviceAccount: {desk: {}, jobs: {}}", "desk-jobs"),
        ("replicas: 1", "serviceAccount: {create: true}", "desk"),
        ("replicas: 1", "serviceAccount: {create: false, name: desk}", "default"),
    ],
)
def test_its_account_is_one_that_it_names_or_makes(
    controller: str, more: str, account: str
) -> None:
    assert agent_of(released(controller, more)).service_account == account


@pytest.mark.parametrize(
    ("version", "more", "token"),
    [
        ("4.6.2", "", Truth.UNKNOWN),
        ("5.1.0", "", Truth.NO),
        ("5.1.0", "defaultPodOptions: {automountServiceAccountToken: true}", Truth.YES),
    ],
)
def test_a_pod_has_a_token_by_the_version_of_the_chart(
    version: str, more: str, token: Truth
) -> None:
    assert agent_of(released(more=more, chart=CHART % version)).automount_token is token


def test_rights_are_those_of_the_account_in_the_namespace_that_flux_names() -> None:
    (grant,) = released(more=OWN, rights=RIGHTS).grants

    assert grant.agent_reachable


def test_where_nobody_names_the_namespace_nothing_is_taken_for_a_pod() -> None:
    text = RELEASE.format(chart="interval: 1h", controller="replicas: 1", more="")

    assert not deployment_of({"release.yaml": text}).runtimes


@pytest.mark.parametrize(("kept", "socket"), [("/var/run/docker.sock", True), ("/srv", False)])
def test_what_it_keeps_beside_the_pod_is_mounted(kept: str, *, socket: bool) -> None:
    more = f"persistence: {{kept: {{type: hostPath, hostPath: {kept}}}}}"

    assert agent_of(released(more=more)).docker_socket is socket


@pytest.mark.parametrize(
    ("version", "more", "account"),
    [
        ("4.6.2", "", "default"),
        ("5.1.0", "", "desk"),
        ("5.1.0", "global: {createDefaultServiceAccount: false}", "default"),
    ],
)
def test_a_release_has_an_account_by_the_version_of_the_chart(
    version: str, more: str, account: str
) -> None:
    assert agent_of(released(more=more, chart=CHART % version)).service_account == account


@pytest.mark.parametrize(
    ("versions", "token"),
    [(("5.1.0",), Truth.NO), (("5.1.0", "4.6.2"), Truth.UNKNOWN), (("new",), Truth.UNKNOWN)],
)
def test_a_chart_may_be_named_far_away_and_the_oldest_of_several_counts(
    versions: tuple[str, ...], token: Truth
) -> None:
    chart = "chartRef: {kind: OCIRepository, name: app-template}"
    text = RELEASE.format(chart=chart, controller="replicas: 1", more="")
    far = {f"repos/{number}.yaml": CHART % each for number, each in enumerate(versions)}
    found = deployment_of({"apps/desk/app/release.yaml": text, "apps/desk/ks.yaml": PLACED} | far)

    assert agent_of(found).automount_token is token


def test_who_has_no_token_acts_as_nobody() -> None:
    """Two agents of one namespace without an account, neither of which can ask the cluster."""
    off = "global: {createDefaultServiceAccount: false}"
    first = released(more=off, chart=CHART % "5.1.0")

    assert [item.agents for item in first.identities if item.default_account] == [()]


def test_a_controller_of_the_cluster_is_no_agent() -> None:
    compose = "services: {home-assistant-helper: {image: 'a:1'}, desk-assistant: %s}"
    leads = "{image: 'b:1', command: [/manager, --leader-elect]}"
    found = deployment_of({"compose.yaml": compose % leads}).runtimes

    assert not any(item.runs_agent for item in found if item.name == "desk-assistant")


@pytest.mark.parametrize(
    ("name", "agents"), [("music-assistant", 0), ("home-assistant", 0), ("desk-assistant", 1)]
)
def test_what_plays_songs_and_switches_lamps_asks_no_model(name: str, agents: int) -> None:
    text = f"services: {{{name}: {{image: 'registry.example/{name}:1'}}}}"

    assert len(deployment_of({"compose.yaml": text}).agents) == agents


def test_more_mounts_than_are_spelled_out_count_as_read_in_part() -> None:
    volumes = "".join(f"\n      v{n}: {{type: hostPath, hostPath: /v}}" for n in range(5_000))
    found = released(more=f"persistence:{volumes}")

    assert not found.runtimes
    assert [end.what for end in found.unresolved] == ["the pods of desk"]
