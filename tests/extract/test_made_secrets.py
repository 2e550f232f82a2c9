"""Secrets that other objects make: who gets their keys, and what of them no file says."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.credentials import CredentialForm

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: desk-agent, namespace: desk}
spec:
  containers:
    - name: desk-agent
      image: registry.example/desk-agent:1.4
      GIVEN
"""
MADE = {
    "ExternalSecret": """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: from-vault, namespace: desk}
spec: {target: {name: keys}, data: [{secretKey: OPENAI_API_KEY, remoteRef: {key: live/model}}]}
""",
    "ExternalSecret with a template": """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: keys, namespace: desk}
spec: {target: {template: {data: {OPENAI_API_KEY: "{{ .x }}"}}}, dataFrom: [{extract: {}}]}
""",
    "SealedSecret": """\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: keys, namespace: desk}
spec: {encryptedData: {OPENAI_API_KEY: AgBy3i4OJSWK}}
""",
    "SecretProviderClass": """\
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: store, namespace: desk}
spec: {secretObjects: [{secretName: keys, data: [{key: OPENAI_API_KEY, objectName: model}]}]}
""",
}
OPEN = {
    "ExternalSecret": MADE["ExternalSecret with a template"].replace("template", "x"),
    "VaultStaticSecret": """\
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata: {name: x, namespace: desk}
spec: {destination: {name: keys}}
""",
}
ALL = "envFrom: [{secretRef: {name: keys}}]"
ONE = "env: [{name: OPENAI_API_KEY, valueFrom: {secretKeyRef: {name: keys, key: OPENAI_API_KEY}}}]"


def deployed(made: str, given: str) -> Deployment:
    return deployment_of({"pod.yaml": POD.replace("GIVEN", given), "keys.yaml": made})


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("given", [ALL, ONE])
def test_who_gets_a_secret_that_is_made_gets_its_keys(kind: str, given: str) -> None:
    found = deployed(MADE[kind], given)
    (credential,) = found.credentials

    assert (credential.name, credential.form) == ("OPENAI_API_KEY", CredentialForm.SECRET_REF)
    assert {place.file for place in credential.evidence} == {"keys.yaml", "pod.yaml"}
    assert not found.unresolved


@pytest.mark.parametrize("kind", OPEN)
def test_keys_that_only_a_vault_knows_are_open(kind: str) -> None:
    (end,) = deployed(OPEN[kind], ALL).unresolved

    assert end.what == "the Secret keys has more keys than the files say"
    assert (end.evidence.file, end.evidence.line) == ("pod.yaml", 8)


def test_a_secret_that_is_written_goes_before_one_that_is_made() -> None:
    written = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: desk}\ndata: {A: YQ}"

    assert not deployed(f"{MADE['SealedSecret']}---\n{written}\n", ALL).credentials


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("{{ .key }}", CredentialForm.SECRET_REF),
        ("sk-proj-4vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG", CredentialForm.LITERAL),
    ],
)
def test_a_template_that_asks_the_vault_nothing_is_written_down(
    value: str, form: CredentialForm
) -> None:
    made = MADE["ExternalSecret with a template"].replace("{{ .x }}", value)
    (key,) = deployed(made, ALL).credentials

    assert key.form is form


def test_words_in_such_a_template_stand_for_no_key() -> None:
    made = MADE["ExternalSecret with a template"].replace("{{ .x }}", "gateway-noauth")
    found = deployed(made, ALL).credentials

    assert not any(key.confidence != "possible" for key in found)
