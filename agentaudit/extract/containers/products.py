"""Products that images of one's own are made of, and start: `FROM n8nio/n8n` and a certificate."""

from collections import Counter
from collections.abc import Mapping, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.containers.dockerfile_instructions import (
    LAST,
    Base,
    every_stage,
    layers,
    words_of,
)
from agentaudit.extract.containers.names import called
from agentaudit.extract.containers.roles import AGENT_PRODUCT, keeps_or_serves
from agentaudit.extract.documents import Documents, folder_of

_WORKSHOP = regex(
    r"^(?:n8n|flowise|langflow(?:-backend|-nightly)?|open-webui|dify-(?:api|web)|phoenix"
    r"|langfuse(?:-worker)?|zep|litellm(?:-(?:database|non_root))?)$"
)
"""Where agents are drawn, watched and given models, by the names of images."""
_DEEPEST = 20
_USUAL = regex(r"(?:^|/)(?:tini|dumb-init|docker-?entrypoint(?:\.sh)?)$")
"""By which images start what they hold."""
_OWN_COMMANDS = {"hermes-agent": frozenset({"gateway", "chat"})}
"""What images start themselves by, where the first word behind them does not name them."""
_WORD = regex(r"[a-z0-9]{3,}")


def product_in(
    documents: Documents, dockerfile: str, stage: str = "", words: Sequence[str] = ()
) -> str:
    """The image of the product that a Dockerfile extends, which it starts yet; empty for none."""
    document, stages = documents.at(dockerfile), documents.once(every_stage).get(dockerfile, {})
    if document is None or not stages or stages.get(stage or LAST) != stages[LAST]:
        return ""
    image = _outermost(stages)
    if not _is_product(image):
        return ""
    own = [words_of(node) for _, node in layers(document, "ENTRYPOINT", "CMD")]
    return image if all(_starts(image, each) for each in (*own, words)) else ""


def products_by_image(documents: Documents) -> Mapping[str, str]:
    """By the names of folders with one Dockerfile, as images are called, what these extend."""
    files = [document.file for document in documents.of("dockerfile")]
    names = [called(folder_of(file).rpartition("/")[2]) for file in files]
    known = Counter(names)
    found = {
        name: product_in(documents, file)
        for name, file in zip(names, files, strict=True)
        if known[name] == 1
    }
    return {name: product for name, product in found.items() if product}


def product_named(products: Mapping[str, str], image: str) -> str:
    """What an image extends that a manifest names, unless it is a product itself."""
    return "" if _is_product(image) else products.get(called(image), "")


def _outermost(stages: Mapping[str, Base]) -> str:
    """The image from elsewhere that the last stage is made of."""
    base = stages[LAST]
    for _ in range(_DEEPEST):
        if not base.stage:
            return base.image
        base = stages[base.image]
    return ""


def _is_product(image: str) -> bool:
    name = called(image)
    told = _WORKSHOP.match(name) or AGENT_PRODUCT.match(name)
    return told is not None or keeps_or_serves(image)


def _starts(image: str, words: Sequence[str]) -> bool:
    """Whether a command gives a product its options, or starts it by its name."""
    own = _OWN_COMMANDS.get(called(image), frozenset())
    if not words or words[0].startswith("-") or words[0] in own:
        return True
    names = frozenset(_WORD.findall(called(image)))
    return any(
        _USUAL.search(word) is not None or not names.isdisjoint(_WORD.findall(word.lower()))
        for word in words
    )
