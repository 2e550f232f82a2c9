"""Which syntax a file is written in, and the one function that reads them all."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

from agentaudit.errors import InputError, Problem
from agentaudit.expressions import regex
from agentaudit.readers.dockerfile import parse_dockerfile
from agentaudit.readers.document import Document
from agentaudit.readers.dotenv import parse_dotenv
from agentaudit.readers.interest import is_plan, is_state
from agentaudit.readers.javascript.document import parse_javascript
from agentaudit.readers.jsonc import parse_json
from agentaudit.readers.lines import MAX_PROSE, MAX_WRITTEN
from agentaudit.readers.manifests import MANIFESTS, parse_manifest
from agentaudit.readers.other_languages import OTHER_LANGUAGES, parse_program
from agentaudit.readers.pem import names_text_among_secrets, parse_pem
from agentaudit.readers.policy_xml import parse_policy
from agentaudit.readers.properties import parse_properties
from agentaudit.readers.python import parse_python
from agentaudit.readers.redis import parse_redis
from agentaudit.readers.scripts import parse_script, parse_text

_SETTINGS_IN_JAVA = (
    *("application", "application-*", "bootstrap", "bootstrap-*", "microprofile-config"),
    *("config", "secret*", "*credential*", "local", "gradle", "env", "db", "database", "jdbc"),
    "sonar-project",
)
"""Names of properties that are settings; others are mostly texts for people, in their languages."""
_BY_NAME: tuple[tuple[str, str], ...] = (
    ("*.tf", "hcl"),
    ("*.tofu", "hcl"),
    ("*.tfvars", "hcl"),
    *((name, "hcl") for name in ("terragrunt.hcl", "*.nomad", "*.nomad.hcl", "*.pkr.hcl")),
    ("docker-bake*.hcl", "hcl"),
    ("*.bicep", "bicep"),
    ("*.bicepparam", "bicep"),
    ("*.json", "json"),
    ("*.jsonc", "json"),
    ("*.code-workspace", "json"),
    ("*.kiro.hook", "json"),
    ("OAI_CONFIG_LIST", "json"),
    ("*.af", "json"),
    ("*.tfstate", "json"),
    ("*.tfstate*.backup", "json"),
    *((name, "yaml") for name in ("*.yaml", "kubeconfig", "*.kubeconfig")),
    ("*.yml", "yaml"),
    ("*.toml", "toml"),
    (".env", "dotenv"),
    (".env.*", "dotenv"),
    ("*.env", "dotenv"),
    (".dev.vars", "dotenv"),
    (".dev.vars.*", "dotenv"),
    ("Dockerfile", "dockerfile"),
    ("Dockerfile.*", "dockerfile"),
    ("*.dockerfile", "dockerfile"),
    ("*.Dockerfile", "dockerfile"),
    ("Containerfile", "dockerfile"),
    ("redis*.conf", "ini"),
    ("valkey*.conf", "ini"),
    ("*.py", "python"),
    ("*.ipynb", "notebook"),
    *(
        (f"*.{ending}", "javascript")
        for ending in ("ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs")
    ),
    *((f"*{name}" if name.startswith(".") else name, "manifest") for name in MANIFESTS),
    ("*.cs", "csharp"),
    ("*.java", "java"),
    ("*.kt", "kotlin"),
    ("*.go", "go"),
    ("*.rs", "rust"),
    ("*.rb", "ruby"),
    ("*.php", "php"),
    ("*.ex", "elixir"),
    ("*.exs", "elixir"),
    ("*.swift", "swift"),
    ("*.scala", "scala"),
    ("*.dart", "dart"),
    *((f"*.{ending}", "jsonnet") for ending in ("jsonnet", "libsonnet")),
    *((f"*.{ending}", ending) for ending in ("cue", "pkl", "nix", "dhall")),
    *((name, "starlark") for name in ("Tiltfile", "*.bzl", "*.star")),
    ("CLAUDE.md", "markdown"),
    ("CLAUDE.local.md", "markdown"),
    ("AGENTS.md", "markdown"),
    ("GEMINI.md", "markdown"),
    ("SKILL.md", "markdown"),
    ("copilot-instructions.md", "markdown"),
    (".cursorrules", "markdown"),
    (".windsurfrules", "markdown"),
    *((name, "markdown") for name in (".clinerules", ".roorules", ".goosehints", ".continuerules")),
    *((f"{name}.md", "markdown") for name in ("AGENTS.override", "QWEN", "WARP", "CRUSH")),
    ("*.mdc", "markdown"),
    *((f"{name}.properties", "properties") for name in _SETTINGS_IN_JAVA),
    ("*.properties", "text"),
    ("*.pem", "pem"),
    ("*.key", "pem"),
    ("*.crt", "pem"),
    ("id_rsa", "pem"),
    ("id_ed25519", "pem"),
    ("*polic*.xml", "xml"),
    *(
        (f"*.{ending}", "script")
        for ending in (
            *("sh", "bash", "zsh", "fish", "ps1", "psm1", "bat", "cmd", "service", "mk", "just"),
            *("container", "pod", "conf", "cnf", "cfg", "ini", "groovy", "jenkinsfile"),
        )
    ),
    *(
        (name, "script")
        for name in (
            "Makefile",
            "makefile",
            "GNUmakefile",
            "justfile",
            "Justfile",
            ".justfile",
            "Procfile",
            *("Jenkinsfile", "Earthfile", "Vagrantfile", "Caddyfile"),
            *(".envrc", ".npmrc", ".pypirc", ".yarnrc", ".netrc", ".git-credentials"),
            *(".s3cfg", ".boto", ".my.cnf", "credentials"),
        )
    ),
)
SYNTAXES = frozenset({*(syntax for _, syntax in _BY_NAME), "text"})
"""Of every file that is read."""
_PROSE = (".md", ".mdx", ".rst", ".txt")
_INSTRUCTION_FOLDERS = regex(
    r"(?:^|/)(?:\.claude/(?:agents|commands|skills|rules|output-styles)|prompts?|instructions"
    r"|\.(?:cursor|windsurf|continue|amazonq|augment|trae|agent)/(?:rules|commands|agents|workflows)"
    r"|\.github/(?:agents|chatmodes)|\.kiro/steering|\.(?:opencode|clinerules|junie)"
    r"|\.roo/rules[\w-]{0,40}|\.factory/droids)/(?:.*/)?[^/]+\.(?:md|txt|prompt)$"
)
_VAULT = regex(r"(?:^|/)(?:(?:vault|openbao|bao)[\w.-]*|(?:vault|openbao)(?:/[\w.-]+){1,4})\.hcl$")
"""Configurations of Vault; other files of this ending are Packer's, Nomad's and many more."""
_ENVIRONMENT = regex(
    r"(?:^env\.|^\.env[_-]|[\w-]\.env[._-])(?:internal|external|local|prod\w*|dev\w*|stag(?:e|ing)|test\w*|qa|uat|ci"
    r"|docker|compose|https?|example|sample|template|dist|bak\w*|backup\w*|old|orig\w*)$"
)
"""`env.internal` and `agent.env.bak`, which Compose and people call files of an environment."""
_TEMPLATES = (
    *(".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".tftpl", ".gotmpl", ".erb", ".mustache"),
)
_IGNORED = ".dockerignore"
"""Behind the name of a Dockerfile, too: what its build does not take."""
_MARKUP = regex(r"\{\{|\{%|<%")


def is_template(file: str, text: str) -> bool:
    """Whether a file is one that some program fills in before it is a configuration."""
    return file.endswith(_TEMPLATES) and _MARKUP.search(text) is not None


def syntax_of(file: str) -> str:
    """The syntax that a file's name promises; empty when the name promises none we read."""
    name = file.rpartition("/")[2]
    ending = ""
    if name.endswith(_TEMPLATES):
        ending = next(ending for ending in _TEMPLATES if name.endswith(ending))
    name = name.removesuffix(ending)
    if name.endswith(_IGNORED):
        return ""
    for pattern, syntax in _patterns(name.rpartition(".")[2]):
        if fnmatchcase(name, pattern):
            return syntax
    if _VAULT.search(file.removesuffix(ending)):
        return "hcl"
    if _INSTRUCTION_FOLDERS.search(file):
        return "markdown"
    if _ENVIRONMENT.search(name):
        return "dotenv"
    return _syntax_of_text(file) if name.endswith(_PROSE) else ""


def _syntax_of_text(file: str) -> str:
    return "pem" if names_text_among_secrets(file) else "text"


@lru_cache(maxsize=64)
def _patterns(ending: str) -> tuple[tuple[str, str], ...]:
    """Those of all patterns that a name may fit, by what stands behind its last dot."""
    return tuple(entry for entry in _BY_NAME if entry[0].endswith((ending, "*")))


def parse(file: str, syntax: str, text: str) -> Document:
    """The document that a text is, or an InputError that says where it is broken."""
    most = _MOST_CHARACTERS.get(syntax)
    if most is not None and len(text) > most:
        raise InputError(Problem(file=file, message=f"more than {most:,} characters, of {syntax}"))
    if syntax == "json" and is_plan(text):
        return _parse_plan(file, text)
    if syntax == "json" and len(text) > _LARGE_STATE and is_state(text):
        return _parse_state(file, text)
    if syntax in OTHER_LANGUAGES:
        return parse_program(file, syntax, text)
    return _PARSERS[syntax](file, text)


_BY_HAND = (
    "hcl",
    "bicep",
    "toml",
    "dotenv",
    "dockerfile",
    "ini",
    "python",
    "pem",
    "xml",
    "manifest",
    "properties",
)
_LARGE_STATE = 1_000_000
"""Characters; a smaller state of Terraform is read whole, as any file of JSON."""
_MOST_CHARACTERS = {**dict.fromkeys(_BY_HAND, MAX_WRITTEN), "markdown": MAX_PROSE}


# Readers whose libraries take long to load are loaded when a file of theirs is there.


def _parse_hcl(file: str, text: str) -> Document:
    from agentaudit.readers.hcl.document import parse_hcl

    return parse_hcl(file, text)


def _parse_bicep(file: str, text: str) -> Document:
    from agentaudit.readers.azure.bicep import parse_bicep

    return parse_bicep(file, text)


def _parse_plan(file: str, text: str) -> Document:
    from agentaudit.readers.terraform_plan import parse_plan

    return parse_plan(file, text)


def _parse_state(file: str, text: str) -> Document:
    from agentaudit.readers.terraform_state import parse_state

    return parse_state(file, text)


def _parse_yaml(file: str, text: str) -> Document:
    from agentaudit.readers.yaml import parse_yaml

    return parse_yaml(file, text)


def _parse_toml(file: str, text: str) -> Document:
    from agentaudit.readers.toml import parse_toml

    return parse_toml(file, text)


def _parse_notebook(file: str, text: str) -> Document:
    from agentaudit.readers.notebook import parse_notebook

    return parse_notebook(file, text)


def _parse_markdown(file: str, text: str) -> Document:
    from agentaudit.readers.markdown import parse_markdown

    return parse_markdown(file, text)


_PARSERS: Mapping[str, Callable[[str, str], Document]] = {
    "yaml": _parse_yaml,
    "json": parse_json,
    "hcl": _parse_hcl,
    "bicep": _parse_bicep,
    "javascript": parse_javascript,
    "toml": _parse_toml,
    "dotenv": parse_dotenv,
    "dockerfile": parse_dockerfile,
    "ini": parse_redis,
    "properties": parse_properties,
    "python": parse_python,
    "notebook": _parse_notebook,
    "markdown": _parse_markdown,
    "pem": parse_pem,
    "xml": parse_policy,
    "script": parse_script,
    "manifest": parse_manifest,
    "text": parse_text,
}
