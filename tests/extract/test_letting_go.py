"""What was read is let go by the references alone: commands look for no cycles of garbage."""

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

from agentaudit.extract.deployment import deployment_of, read_deployment
from agentaudit.model.deployment import Deployment
from agentaudit.readers.document import Document

SAMPLES = Path(__file__).parents[2] / "sample_configs"
TEMPLATES = {
    "main.bicep": "resource a 'Microsoft.CognitiveServices/accounts@2024-10-01' = { name: 'a' }",
    "template.yaml": "Resources:\n  R:\n    Type: AWS::IAM::Role\n",
    "agentcore/agentcore.json": '{"name": "a", "version": 1, "agents": [{"name": "a"}]}',
}


def samples() -> Deployment:
    return read_deployment([SAMPLES])


def templates() -> Deployment:
    return deployment_of(TEMPLATES)


def documents_alive() -> int:
    return sum(isinstance(thing, Document) for thing in gc.get_objects())


@pytest.mark.parametrize("read", [samples, templates])
def test_no_document_outlives_the_facts_that_it_gave(read: Callable[[], Deployment]) -> None:
    read()
    gc.collect()
    before = documents_alive()
    gc.disable()
    try:
        deployment = read()
        alive = documents_alive()
    finally:
        gc.enable()

    assert deployment.identities or deployment.resources
    assert alive == before
