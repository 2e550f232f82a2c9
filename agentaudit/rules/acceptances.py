"""Acceptances: findings that a team lets stand, in a file of its own, where comments cannot go."""

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from agentaudit.errors import InputError
from agentaudit.extract.credentials.redaction import cleaned
from agentaudit.model.evidence import Evidence
from agentaudit.model.finding import Acceptance, Severity
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.yaml import parse_yaml
from agentaudit.rules.configured import (
    ACCEPT_MISNAMED,
    ACCEPT_NAME,
    Configuration,
    Narrowing,
    folders_of,
)
from agentaudit.rules.loading import Fields, Problems, why_unread

_FIELDS = ("rule", "fingerprint", "reason", "owner", "expires", "severity", "value", "ticket")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def load_acceptances(path: Path) -> tuple[Acceptance, ...]:
    """The list in a YAML file; InputError lists everything that is wrong with it."""
    problems = Problems()
    found = tuple(_acceptances(path, problems))
    problems.end_the_run()
    return found


def with_acceptances(configured: Configuration, root: Path) -> Configuration:
    """
    Also accepted is what the nearest `agentaudit-accept.yaml` says, where no option names a file.

    A link is not followed, as none to a configuration is.
    """
    if configured.accept is not None:
        return configured
    for folder in folders_of(root.resolve()):
        problems = Problems()
        if (folder / ACCEPT_MISNAMED).is_file():
            place = str(folder / ACCEPT_MISNAMED)
            problems.add(place, f"is not read: its name must be {ACCEPT_NAME}")
        problems.end_the_run()
        path = folder / ACCEPT_NAME
        if path.is_file() and not path.is_symlink():
            shown = os.path.relpath(path, root.resolve())
            start = Evidence(file=shown, line=1, column=1, end_line=1, end_column=1)
            told = Narrowing(told=f"accept {ACCEPT_NAME}", at=start)
            return replace(configured, accept=path, narrowings=(*configured.narrowings, told))
    return configured


def _acceptances(path: Path, problems: Problems) -> Iterator[Acceptance]:
    try:
        text = path.read_text(encoding="utf-8")
        root = parse_yaml(str(path), text).root
    except (OSError, UnicodeError) as error:
        problems.add(str(path), f"cannot be read: {why_unread(error)}")
        return
    except InputError as error:
        problems.found.extend(error.problems)
        return
    if root.kind is not NodeKind.SEQUENCE:
        problems.add(str(path), "must hold a list of acceptances", line=1)
        return
    whole = Fields(str(path), text, root, problems)
    for node in root.elements:
        yield _acceptance(whole.within(node), node)


def _acceptance(fields: Fields, node: Node) -> Acceptance:
    fields.check_names(*_FIELDS)
    expires = fields.words("expires", required=False)
    if expires and not _is_day(expires):
        place = fields.node.child("expires") or node
        fields.complain(place, f"`expires` must be a day such as 2027-03-31, not '{expires}'")
    graded = fields.node.child("severity") is not None
    return Acceptance(
        rule=cleaned(fields.words("rule")),
        fingerprint=fields.words("fingerprint"),
        reason=cleaned(fields.words("reason")),
        owner=cleaned(fields.words("owner", required=False)),
        expires=expires,
        value=fields.words("value", required=False),
        severity=fields.choice("severity", Severity) if graded else None,
        file=fields.file,
        line=node.line,
    )


def _is_day(text: str) -> bool:
    """Whether the text is a day of the calendar, written so that later ones sort behind it."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DAY.fullmatch(text) is not None
