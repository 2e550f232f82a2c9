"""
Helm charts without Helm: what the values say plainly, and what only the templates would decide.

Nothing is rendered. A value can be overridden or ignored by its template, so what is found here is
likely at most, and limits that no value sets are unknown, not absent.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from msgspec import Struct

from agentaudit.errors import Problem
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.container import Container
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.holdings import settings_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.settings import Setting
from agentaudit.extract.sizes import bytes_of
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.lines import Lines

_VALUES = re.compile(r"^values[\w.-]*\.ya?ml$")
_ENVIRONMENTS = ("env", "extraEnv", "extraEnvVars", "envVars", "environment", "secretEnv")
_TEMPLATE = re.compile(r"\{\{")
_STORES = ("redis", "valkey", "keydb", "redis-cluster", "redis-ha", "redisCluster")


def extract_helm(documents: Documents, collector: Collector) -> None:
    """Every chart: its values files, its templates, and the charts it depends on."""
    charts = tuple(_charts(documents))
    _leave_templates_open(documents, collector, {folder_of(chart.file) for chart in charts})
    values: dict[str, list[Document]] = {}
    for document in documents.of("yaml"):
        if _VALUES.match(document.file.rpartition("/")[2]):
            values.setdefault(folder_of(document.file), []).append(document)
    for chart in charts:
        _leave_dependencies_open(documents, collector, chart)
        for document in values.get(folder_of(chart.file), ()):
            _Values(chart, document, collector).add()


def _charts(documents: Documents) -> Iterator[Document]:
    for document in documents.of("yaml"):
        if document.file.rpartition("/")[2] == "Chart.yaml" and document.root.child("apiVersion"):
            yield document


def _leave_templates_open(
    documents: Documents, collector: Collector, charts: AbstractSet[str]
) -> None:
    """A template that happens to be YAML says what nobody has decided yet."""
    for document in documents.of("yaml"):
        template = any(folder in charts for folder in _above_templates(document.file))
        found = _TEMPLATE.search(document.text) if template else None
        if found is not None:
            line, column = Lines(document.text).place(found.start())
            message = "an unrendered template; audit what `helm template` writes"
            collector.problems.append(
                Problem(file=document.file, message=message, line=line, column=column)
            )


def _above_templates(file: str) -> Iterator[str]:
    """The folders whose `templates/` a file lies in."""
    parts = file.split("/")
    for place, part in enumerate(parts[:-1]):
        if part == "templates":
            yield "/".join(parts[:place])


def _leave_dependencies_open(documents: Documents, collector: Collector, chart: Document) -> None:
    folder = folder_of(chart.file)
    for entry in chart.root.list_at("dependencies"):
        name = entry.text_at("name")
        beside = f"{folder}/charts/{name}/Chart.yaml".lstrip("/")
        if name and documents.at(beside) is None:
            place = evidence(chart, entry.child("name") or entry, plain(name))
            collector.leave_open(
                place,
                f"the chart {plain(name)} is not among the files",
                "what it runs is known as far as the values say",
            )


class _Values(Struct, frozen=True):
    """One values file while it is read."""

    chart: Document
    document: Document
    collector: Collector

    @property
    def name(self) -> str:
        return self.chart.root.name_at("name") or folder_of(self.chart.file) or "chart"

    def add(self) -> None:
        """The chart's own container, and one for every block that describes another."""
        root = self.document.root
        self._add_block(root, self.name, "")
        for key, block in root.entries:
            if block.kind is NodeKind.MAPPING and key.raw not in _ENVIRONMENTS:
                self._add_block(block, key.raw, key.raw)
        for name, block in ((self.name, root), *root.items()):
            configuration = block.child("commonConfiguration")
            if configuration is not None and name in _STORES:
                self._add_store(name, configuration)

    def _add_block(self, block: Node, name: str, route: str) -> None:
        settings = tuple(self._settings(block, route))
        image = _image(block, self.chart)
        if not settings and not image:
            return
        key = f"{self.document.file}#{route or 'values'}"
        place = block.key_of("image") or next((key for key, _ in block.entries), block)
        container = Container(
            document=self.document,
            place=place,
            key=key,
            runtime=_runtime(self.document, block, (name, key), image),
            names=(name, self.name),
            settings=settings,
            settings_whole=False,  # templates add to it
        )
        if container.role in {"agent", "gateway", "model", "tool_server"}:
            add_container(self.collector, container)

    def _settings(self, block: Node, route: str) -> Iterator[Setting]:
        for name in _ENVIRONMENTS:
            node = block.child(name)
            if node is None:
                continue
            path = f"{route}.{name}".lstrip(".")
            yield from settings_of(self.document, node, path)
            for entry in node.elements:
                key, value = entry.text_at("name"), entry.child("value")
                secret = entry.get("valueFrom", "secretKeyRef")
                if key and value is not None:
                    yield Setting(key=key, value=value, document=self.document, route=path)
                elif key and secret is not None:
                    yield Setting(
                        key=key,
                        value=secret,
                        document=self.document,
                        route=path,
                        form=CredentialForm.SECRET_REF,
                    )

    def _add_store(self, name: str, configuration: Node) -> None:
        """The Redis that a subchart would start, with the directives that its values give it."""
        key = f"{self.document.file}#{name}"
        place = evidence(self.document, configuration, "commonConfiguration")
        runtime = self.collector.add(
            Runtime(
                id=fact_id("runtime", name, key),
                name=name,
                evidence=(place,),
                confidence=Confidence.LIKELY,
                kind="chart",
            )
        )
        self.collector.workloads.append(
            Workload(
                runtime_id=runtime.id,
                document=self.document,
                names=(name, f"{name}-master", f"{self.name}-{name}-master", f"{self.name}-{name}"),
                role="store",
                image="redis",
                configurations=((self.document, configuration),),
            )
        )


def _image(block: Node, chart: Document) -> str:
    """An image; an empty tag is by custom the version that the chart names of what it runs."""
    node = block.child("image")
    if node is None:
        return ""
    if node.text:
        return node.text
    repository, tag = node.text_at("repository"), node.text_at("tag") or node.text_at("digest")
    if not tag and node.child("tag") is not None:
        tag = chart.root.text_at("appVersion")
    registry = node.text_at("registry")
    name = f"{registry}/{repository}" if registry else repository
    mark = "@" if tag.startswith("sha256:") else ":"
    return f"{name}{mark}{tag}" if name and tag else name


def _runtime(document: Document, block: Node, names: tuple[str, str], image_name: str) -> Runtime:
    name, key = names
    limits = block.get("resources", "limits")
    memory = limits.child("memory") if limits is not None else None
    user = block.get("securityContext", "runAsUser") or block.get("podSecurityContext", "runAsUser")
    place = block.key_of("image") or next((item for item, _ in block.entries), block)
    image = block.child("image")
    tagged = image is not None and (image.text or image.child("tag") or image.child("digest"))
    return Runtime(
        id=fact_id("runtime", name, key),
        name=name,
        evidence=(evidence(document, place, name),),
        confidence=Confidence.LIKELY,
        kind="chart",
        image=image_name if tagged else "",
        runs_as_root=Truth.UNKNOWN
        if user is None
        else Truth.YES
        if user.integer == 0
        else Truth.NO,
        cpu_limit=Known.SET if limits is not None and limits.child("cpu") else Known.UNKNOWN,
        memory_limit=Known.SET if memory is not None else Known.UNKNOWN,
        memory_limit_bytes=bytes_of(memory.text or "") if memory is not None else None,
        service_account=block.text_at("serviceAccount", "name") or "unknown",
        automount_token=Truth.NO
        if block.text_at("serviceAccount", "automount") == "false"
        else Truth.UNKNOWN,
    )
