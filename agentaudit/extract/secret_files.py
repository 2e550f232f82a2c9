"""
Secrets in files of their own, called after what they hold: `secrets/db_password`.

Docker, "Manage secrets securely in Docker Compose": `secrets:` names such files, and an image takes
`/run/secrets/db_password` by a variable that ends with `_FILE`.
"""

from collections.abc import Iterator

from agentaudit.extract.settings import Setting
from agentaudit.readers.document import Document
from agentaudit.readers.pem import among_secrets


def secret_of_file(document: Document) -> Iterator[Setting]:
    """The one word of such a file, under the name of the file."""
    if document.syntax == "pem" and among_secrets(document.file):
        words = document.text.split(maxsplit=1)
        if len(words) == 1:
            key = document.file.rpartition("/")[2].removesuffix(".txt")
            yield Setting(key=key, value=document.root, document=document, route="", text=words[0])
