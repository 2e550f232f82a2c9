"""
Apps of Heroku by their manifest: what an app is given that is made from it.

A variable is a text, or has a `value`; one without is asked for, or made up (`generator`). A dyno
limits memory and CPU always. Source: Heroku, "app.json Schema".
"""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.container import Container, hosted_runtime
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.platform_files import heroku_apps
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document

_UNNAMED = "app"


def extract_heroku(documents: Documents, collector: Collector) -> None:
    """The app of every manifest."""
    for document in heroku_apps(documents):
        add_container(collector, _container(document))


def _container(document: Document) -> Container:
    root = document.root
    title, place = root.name_at("name") or _UNNAMED, root.child("name") or root
    return Container(
        document=document,
        place=place,
        key=document.file,
        runtime=replace(
            hosted_runtime(document, place, title, document.file),
            image=root.text_at("image"),
            published_ports=("443",),
        ),
        names=(title,),
        settings=tuple(_settings(document)),
        settings_whole=False,
        build=folder_of(document.file),
        dockerfile="" if root.text_at("stack") == "container" else document.file,
    )


def _settings(document: Document) -> Iterator[Setting]:
    given = document.root.child("env")
    for name, said in given.items() if given is not None else ():
        value = said if said.text is not None else said.child("value")
        yield Setting(
            key=name,
            value=value or said,
            document=document,
            route="env",
            form=CredentialForm.SECRET_REF if value is None else None,
        )
