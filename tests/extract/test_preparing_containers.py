"""Containers that prepare a database with the settings of an agent, and run none."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.facts.runtimes import Runtime

SERVICE = """
services:
  {name}:
    image: ghcr.io/acme/desk:1.4
    environment: {{OPENAI_API_KEY: "${{OPENAI_API_KEY}}"}}
    {more}
  web:
    image: ghcr.io/acme/pages:2
    {needs}
"""


def run(name: str, more: str = "", needs: str = "") -> Runtime:
    text = SERVICE.format(name=name, more=more, needs=needs)
    found = deployment_of({"compose.yaml": text}).runtimes
    return next(each for each in found if each.name == name)


@pytest.mark.parametrize(
    "name",
    ["migrate", "migrations", "desk-migrations", "data-migrator", "migrator", "db-init", "init-db"],
)
def test_what_is_called_after_a_migration_runs_no_agent(name: str) -> None:
    assert not run(name).runs_agent


@pytest.mark.parametrize(
    "command",
    [
        "alembic upgrade head",
        "alembic -c db/alembic.ini upgrade head",
        "python manage.py migrate --noinput",
        "npx prisma migrate deploy",
        "python scripts/migrate_data.py",
        "node dist/migrate.js",
        "python -m desk.migrations",
        "npm run db:migrate",
        "sh -c 'sleep 5 && alembic upgrade head'",
        "migrate up",
    ],
)
def test_what_is_told_to_migrate_runs_no_agent(command: str) -> None:
    assert not run("desk", f'command: "{command}"').runs_agent


def test_what_others_wait_for_to_end_runs_no_agent() -> None:
    needs = "depends_on: {{desk: {{condition: {}}}}}"

    assert not run("desk", needs=needs.format("service_completed_successfully")).runs_agent
    assert run("desk", needs=needs.format("service_started")).runs_agent
    assert run("desk", needs="depends_on: [desk]").runs_agent


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("desk", ""),
        ("code-migrator", ""),
        ("migration-agent", ""),
        ("desk", "command: sh -c 'alembic upgrade head && uvicorn desk.main:app'"),
        ("desk", "command: python worker.py --after migrate"),
        ("desk", "command: python migrate_and_serve/main.py"),
        ("migrate", "command: claude -p 'move it'"),
    ],
)
def test_what_does_more_than_that_still_runs_an_agent(name: str, more: str) -> None:
    assert run(name, more).runs_agent


def test_a_job_of_a_cluster_that_migrates_runs_no_agent() -> None:
    job = """
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}}}
spec:
  template:
    spec:
      containers:
        - name: {name}
          image: ghcr.io/acme/desk:1.4
          env: [{{name: OPENAI_API_KEY, valueFrom: {{secretKeyRef: {{name: k, key: k}}}}}}]
"""
    for name, agent in (("data-migrator", False), ("night-run", True)):
        (runtime,) = deployment_of({"job.yaml": job.format(name=name)}).runtimes
        assert runtime.runs_agent is agent
