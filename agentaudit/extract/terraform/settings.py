"""The environment of what Terraform declares, as settings with their places."""

from msgspec.structs import replace

from agentaudit.extract.collector import evidence
from agentaudit.extract.settings import Setting
from agentaudit.extract.terraform.modules import Declared
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Node


def settings(declared: Declared, block: Node | None, route: str) -> tuple[Setting, ...]:
    """A mapping of names to values."""
    if block is None:
        return ()
    return tuple(
        replace(setting(declared, key, value, route), form=form_of(value))
        for key, value in block.items()
        if value.text is not None or (value.unknown and value.raw)
    )


def setting(declared: Declared, key: str, value: Node, route: str) -> Setting:
    """One value under its name; what a variable decides leads to that variable as well."""
    return Setting(
        key=key,
        value=value,
        document=declared.document,
        route=f"{declared.shown}.{route}",
        via=led_by(declared, value),
        text=value.raw if value.unknown else None,
    )


def led_by(declared: Declared, value: Node) -> tuple[Evidence, ...]:
    """Where the variables stand, and their files, that a value comes from."""
    return tuple(evidence(declared.document, origin) for origin in value.origin if origin.file)


def form_of(value: Node) -> CredentialForm | None:
    """A parameter of a template is a name alone, which does not look like the reference it is."""
    return CredentialForm.SECRET_REF if value.unknown and "." not in value.raw else None
