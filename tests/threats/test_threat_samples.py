"""The shipped samples: the risky deployment shows the paths, the hardened one has none."""

from functools import cache

from agentaudit.extract.deployment import read_deployment
from agentaudit.model.finding import Severity
from agentaudit.model.threat import ThreatModel
from agentaudit.rules.threats import load_threat_rules
from agentaudit.store.artifacts import from_json, to_json
from agentaudit.store.shipped import shipped
from agentaudit.threats.model import threat_model


@cache
def sample(name: str) -> ThreatModel:
    return threat_model(read_deployment([shipped("sample_configs") / name]), load_threat_rules())


def test_the_risky_sample_shows_the_grave_paths() -> None:
    """Trifecta, privileged write, theft, escape, administration, workflow."""
    found = {path.query for path in sample("risky").paths if path.severity.rank >= 3}

    assert found >= {
        "credential-theft",
        "execution-and-escape",
        "lethal-trifecta",
        "outsider-steers-workflow",
        "untrusted-to-administration",
        "untrusted-to-privileged-write",
    }


def test_every_leg_of_the_risky_sample_stands_in_one_of_its_files() -> None:
    """Whoever opens the file at the line finds the key that the path speaks of."""
    root = shipped("sample_configs") / "risky"

    for path in sample("risky").paths:
        for place in (*(node.evidence for node in path.nodes), *(e.evidence for e in path.edges)):
            lines = (root / place.file).read_text().splitlines()
            assert place.line <= len(lines)
            assert place.column <= len(lines[place.line - 1]) + 1


def test_a_gateway_with_short_lived_credentials_helps_the_risky_sample() -> None:
    """THEFT falls to nothing; LIVE does not move."""
    model = sample("risky")
    gateway = next(item for item in model.mitigations if item.name == "interpose-gateway")

    assert model.blast_radius.theft_action_hours.low > 10_000
    assert gateway.blast_radius.theft_action_hours.high == 0
    assert gateway.blast_radius.live == model.blast_radius.live


def test_the_hardened_sample_has_no_grave_path() -> None:
    """Nothing at medium or above, and nothing to steal."""
    model = sample("hardened")

    assert [path for path in model.paths if path.severity.rank >= Severity.MEDIUM.rank] == []
    assert model.blast_radius.live.low == 0
    assert model.agents > 0


def test_the_artifact_is_read_back_as_it_was() -> None:
    """Parse after write is the identity (I11)."""
    model = sample("risky")

    assert from_json(to_json(model), shipped("rules")) == model


def test_no_secret_of_the_sample_is_in_the_artifact() -> None:
    """Every credential in the samples says that it opens no door; none may be seen."""
    assert b"opens-no-door" not in to_json(sample("risky"))
