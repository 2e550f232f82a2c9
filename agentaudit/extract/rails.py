"""
Keys that open the credentials of a Rails application, which lie encrypted beside them.

Rails Guides, "Securing Rails Applications", "Custom Credentials": whoever has `config/master.key`,
or that of an environment, reads all of them; Rails tells Git to ignore it.
"""

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.documents import Documents
from agentaudit.extract.platform_files import RAILS_KEY
from agentaudit.extract.settings import Setting

_KEY = regex(r"[0-9a-f]{32}(?:[0-9a-f]{32})?")
_VARIABLE = "RAILS_MASTER_KEY"
"""In which Rails takes the same."""


def extract_rails(documents: Documents, collector: Collector) -> None:
    """Every such key that lies in a repository."""
    for document in documents.of("pem"):
        key = document.text.strip()
        if RAILS_KEY.search(document.file) and _KEY.fullmatch(key) is not None:
            found = Setting(
                key=_VARIABLE, value=document.root, document=document, route="", text=key
            )
            add_credentials(collector, [found], Holding(holder="repository", exposure="file"))
