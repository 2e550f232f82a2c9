"""
Secrets among the parameters of a CloudFormation template.

Source: AWS CloudFormation User Guide, "Parameters": `NoEcho` masks a value wherever a stack is
described; a default stands in the template, whatever is masked.
"""

from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.holdings import Holding, add_credentials, add_shown_parameter
from agentaudit.extract.credentials.literals import form_of
from agentaudit.extract.credentials.secret_names import secret_name
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document, Node


def add_parameters(document: Document, collector: Collector) -> None:
    """Parameters that ask for a secret: those with a literal default, and those that are shown."""
    listed = document.root.get("Parameters")
    for key, parameter in listed.entries if listed is not None else ():
        default = parameter.get("Default")
        if secret_name(key.raw) is None or parameter.text_at("Type").startswith("AWS::"):
            continue
        if default is not None and _add_default(document, key, default, collector):
            continue
        hidden = parameter.get("NoEcho")
        if hidden is None or hidden.boolean is False:
            _add_shown(document, key, default, collector)


def _add_default(document: Document, key: Node, default: Node, collector: Collector) -> bool:
    setting = Setting(key=key.raw, value=default, document=document, route="Parameters")
    if form_of(key.raw, setting.content) is not CredentialForm.LITERAL:
        return False
    holding = Holding(holder="repository", exposure="file")
    return bool(add_credentials(collector, (setting,), holding))


def _add_shown(document: Document, key: Node, default: Node | None, collector: Collector) -> None:
    """A secret that everybody reads who may describe the stack; a reference shows itself only."""
    if default is None or form_of(key.raw, default.raw) not in _REFERENCES:
        add_shown_parameter(collector, document, key)


_REFERENCES = (CredentialForm.SECRET_REF, CredentialForm.ENV_REF)
