"""
Which files are a platform's: by what they are called, and by what they hold.

It is said here, once: what loads an extractor goes by it, and the extractor does.
"""

import re
from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents
from agentaudit.readers.azure.templates import is_arm
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.interest import is_state
from agentaudit.readers.scripts import starts_unasked

_WORKFLOW_FILE = regex(r"(?:^|/)\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml$")

OTHER_HCL = regex(r"\.(?:nomad|nomad\.hcl|pkr\.hcl)$|(?:^|/)docker-bake[^/]*\.hcl$")
"""Of Nomad, Packer and Docker's Bake, whose blocks mean other things than Terraform's."""
SERVERLESS_FILE = regex(r"(?:^|/)serverless(?:[.-][\w-]+)?\.(?:ya?ml|json)$")
_AGENTCORE_FILE = regex(
    r"(?:^|/)(?:agentcore\.json|agentcore/mcp\.json|\.bedrock_agentcore\.yaml)$"
)
_AGENTCORE_KEYS = (
    "agents",
    "runtimes",
    "memories",
    "harnesses",
    "agentCoreGateways",
    "credentials",
)
STATE_FILE = regex(r"\.tfstate(?:\.[\w.-]{0,60}backup|\.backup)?$")
_PULUMI_FILE = regex(r"(?:^|/)Pulumi\.ya?ml$")
OPENCLAW_NAMES = ("openclaw.json", "clawdbot.json", "moltbot.json")
OPENCLAW_FILE = regex(rf"(?:^|/)(?:{'|'.join(map(re.escape, OPENCLAW_NAMES))})$")
CREW_FILE = regex(r"(?:^|/)(?:crew\.jsonc?|agents?\.(?:ya?ml|jsonc?)|agents/[^/]+\.jsonc?)$")
HOOK_FILE = regex(
    r"(?:^|/)(?:\.(?:claude|codex|cursor|factory|gemini|qwen|windsurf)/(?:hooks|settings(?:\.local)?)\.json"
    r"|\.github/hooks/[^/]+\.json|hooks/(?:[\w-]+-)?hooks\.json|managed-settings\.json"
    r"|\.(?:claude|codex|cursor)-plugin/(?:plugin|marketplace)\.json|\.codex/config\.toml"
    r"|\.kiro/(?:agents/[^/]+\.json|hooks/[^/]+\.kiro\.hook))$"
)
"""What may name commands that a client of a coding agent runs by itself, if it has `hooks`."""
_RENDER_FILE = regex(r"(?:^|/)render(?:[.-][\w-]+)?\.ya?ml$")
_FLY_FILE = regex(r"(?:^|/)fly(?:[._-][\w.-]+)?\.toml$")
_FLY_KEYS = ("http_service", "services", "processes", "vm", "primary_region", "env", "build")
_APP_FILE = regex(r"(?:^|/)(?:app(?:[._-][\w-]+)?|\.do/[^/]+)\.ya?ml$")
_ENGINE_KEYS = ("env_variables", "entrypoint", "handlers", "instance_class", "service", "env")
_HEROKU_FILE = regex(r"(?:^|/)app\.json$")
_HEROKU_KEYS = ("buildpacks", "formation", "addons", "stack", "env", "image")
_RAILWAY_FILE = regex(r"(?:^|/)railway(?:[._-][\w.-]+)?\.(?:toml|json)$")
_WRANGLER_FILE = regex(r"(?:^|/)wrangler(?:[._-][\w.-]+)?\.(?:toml|jsonc?)$")
_OF_COMPONENTS = ("github", "gitlab", "git", "image", "envs", "source_dir", "instance_size_slug")
COMPONENTS = ("services", "workers", "jobs")
"""What an app of DigitalOcean consists of."""
_TASK_FILE = regex(
    r"(?:^|/)(?:package\.json|composer\.json|deno\.jsonc?|[Tt]askfile(?:\.[\w-]+)?\.ya?ml"
    r"|\.?mise(?:\.[\w-]+)?\.toml|pyproject\.toml)$"
)
_TASKS = ("scripts", "tasks", "tool")
"""Under which these files keep commands that somebody, or a pipeline, runs by a name."""
FORM_FILE = regex(r"(?:^|/)(?:ISSUE|DISCUSSION)_TEMPLATE/", re.IGNORECASE)
"""What people are asked when they report something: GitHub's forms, with examples in them."""
RAILS_KEY = regex(r"(?:^|/)config/(?:master|credentials/[\w-]{1,60})\.key$")
JAVA_WORDS = ("langchain4j", "spring.ai", "spring:", "quarkus.mcp")
"""One of which stands in every file with settings of agents in Java."""
PIPELINE_FILE = regex(
    r"\.gitlab-ci\.ya?ml$|\.gitlab/ci/|\.circleci/|bitbucket-pipelines|azure-pipelines|\.azuredevops/|\.azdo/"
    r"|(?:buildspec|cloudbuild)[\w.-]*\.ya?ml$"
)


def drawn(documents: Documents) -> Iterator[Document]:
    """Exports by what they hold: nodes, lists of things with nodes, or an application's graph."""
    for document in documents.of("json", "yaml"):
        groups = (document.root, *document.root.elements[:1])
        groups += tuple(value.elements[0] for _, value in groups[0].items() if value.elements)
        nodes = any(root.child("nodes") is not None for root in groups)
        if nodes or document.root.text_at("kind") == "app":
            yield document


def agentcore_projects(documents: Documents) -> Iterator[Document]:
    """Projects of AgentCore, by the names that its command lines give them and what they hold."""
    for document in documents.of("json", "yaml"):
        named = _AGENTCORE_FILE.search(document.file) is not None
        if named and any(map(document.root.child, _AGENTCORE_KEYS)):
            yield document


def render_blueprints(documents: Documents) -> Iterator[Document]:
    """Blueprints of Render, by their name and services with a type."""
    for document in documents.of("yaml"):
        named = _RENDER_FILE.search(document.file)
        if named and any(each.child("type") for each in document.root.list_at("services")):
            yield document


def fly_apps(documents: Documents) -> Iterator[Document]:
    """Apps of Fly.io, by their name and what they say."""
    for document in documents.of("toml"):
        if _FLY_FILE.search(document.file) and any(map(document.root.child, _FLY_KEYS)):
            yield document


def app_specifications(documents: Documents) -> Iterator[tuple[Document, Node]]:
    """Apps of DigitalOcean, by their name and components with sources or an image."""
    for document in documents.of("yaml"):
        if _APP_FILE.search(document.file):
            spec = document.root.child("spec") or document.root
            listed = (each for kind in COMPONENTS for each in spec.list_at(kind))
            if any(each.child(key) for each in listed for key in _OF_COMPONENTS):
                yield document, spec


def app_engine_services(documents: Documents) -> Iterator[Document]:
    """Services of App Engine, by their name, their runtime and what they say of it."""
    for document in documents.of("yaml"):
        named = _APP_FILE.search(document.file) and document.root.text_at("runtime")
        if named and any(map(document.root.child, _ENGINE_KEYS)):
            yield document


def heroku_apps(documents: Documents) -> Iterator[Document]:
    """Apps of Heroku, by the name of their manifest and what they say; Expo's has other keys."""
    for document in documents.of("json"):
        if _HEROKU_FILE.search(document.file) and document.root.child("expo") is None:
            env, says = document.root.child("env"), map(document.root.child, _HEROKU_KEYS)
            if any(says) and (env is None or env.entries):
                yield document


def railway_services(documents: Documents) -> Iterator[Document]:
    """Services of Railway, by their name and how they are built or started."""
    for document in documents.of("toml", "json"):
        if _RAILWAY_FILE.search(document.file):
            parts = (document.root.child("build"), document.root.child("deploy"))
            if any(part is not None and part.entries for part in parts):
                yield document


def commands_of_tasks(documents: Documents) -> Iterator[tuple[Document, Node]]:
    """Texts of tasks in which a coding agent may be started that need not ask."""
    for document in documents.of("json", "yaml", "toml"):
        if _TASK_FILE.search(document.file) and starts_unasked(document.text):
            for key in _TASKS:
                block = document.root.child(key)
                for node in block.walk() if block is not None else ():
                    if node.text is not None and starts_unasked(node.raw):
                        yield document, node


def workers(documents: Documents) -> Iterator[Document]:
    """Workers of Cloudflare, by their name and a program; pages have none."""
    for document in documents.of("toml", "json"):
        if _WRANGLER_FILE.search(document.file) and document.root.text_at("main"):
            yield document


def templates(documents: Documents) -> Iterator[Document]:
    """Templates of CloudFormation by what they hold: resources whose types are those of AWS."""
    for document in documents.of("yaml", "json"):
        listed = document.root.get("Resources")
        for key, value in listed.items() if listed is not None else ():
            if key.startswith("Fn::ForEach::") or value.text_at("Type").startswith("AWS::"):
                yield document
                break


def task_definitions(documents: Documents) -> Iterator[tuple[Document, Node]]:
    """Task definitions of ECS by what they hold: containers, with an image each."""
    for document in documents.of("json", "yaml"):
        for root in (document.root, document.root.get("taskDefinition")):
            listed = root.list_at("containerDefinitions") if root is not None else ()
            if root is not None and any(each.get("image") for each in listed):
                yield document, root


def states(documents: Documents) -> Iterator[Document]:
    """States that Terraform keeps, by their names or by how they begin."""
    for document in documents.of("json"):
        if STATE_FILE.search(document.file) or is_state(document.text):
            yield document


def arm_documents(documents: Documents) -> tuple[Document, ...]:
    """Templates of Azure in JSON; a large text is searched once."""
    return documents.once(_every_arm)


def _every_arm(documents: Documents) -> tuple[Document, ...]:
    return tuple(document for document in documents.of("json") if is_arm(document.text))


def workflows(documents: Documents) -> Iterator[Document]:
    """Workflows of GitHub by their folder, or by what they hold where the folder is another."""
    for document in documents.of("yaml"):
        jobs = document.root.get("jobs")
        if jobs is None or jobs.kind is not NodeKind.MAPPING:
            continue
        if PIPELINE_FILE.search(document.file):
            continue
        if _WORKFLOW_FILE.search(document.file) or document.root.get("on") is not None:
            yield document


def policies(documents: Documents) -> Iterator[tuple[Document, Node]]:
    """Policies of AWS: a file's own, or those within an answer of its command line."""
    for document in documents.of("json", "yaml"):
        for root in document.roots:
            inner = (root,) if _is_policy(root) else _answered(root)
            yield from ((document, node) for node in inner)


def pulumi_programs(documents: Documents) -> Iterator[Document]:
    """Programs of Pulumi by the name that all of them have, whatever they are written in."""
    for document in documents.of("yaml"):
        if _PULUMI_FILE.search(document.file) and document.root.get("runtime") is not None:
            yield document


def google_policies(documents: Documents) -> Iterator[Document]:
    """Policies of Google Cloud by what they hold: bindings of roles, and the mark of a version."""
    for document in documents.of("json", "yaml"):
        listed = document.root.get("bindings")
        marked = any(document.root.get(key) is not None for key in ("etag", "version"))
        bound = listed.list()[:1] if listed is not None and marked else ()
        if any(each.get("role") and each.get("members") for each in bound):
            yield document


def _answered(root: Node) -> Iterator[Node]:
    for outer in (root, root.get("PolicyVersion"), root.get("Policy"), root.get("Role")):
        for key in ("PolicyDocument", "Document", "AssumeRolePolicyDocument"):
            inner = outer.get(key) if outer is not None else None
            if inner is not None and _is_policy(inner):
                yield inner


def _is_policy(node: Node) -> bool:
    return any(
        member.get("Effect") is not None
        and any(member.get(key) for key in ("Action", "NotAction", "Principal"))
        for member in node.list_at("Statement")
    )
