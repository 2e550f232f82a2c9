"""What a container runs, as far as its image, its names and its settings tell."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.coding_agents.signs import starts_agent
from agentaudit.extract.containers.commands import only_schedules, runs_another
from agentaudit.extract.containers.names import (
    ANY_GATEWAY,
    called,
    head,
    names_gateway,
    names_itself,
    prepares_data,
)
from agentaudit.extract.settings import Setting

_MODEL = (
    r"vllm|ollama|text-(?:generation|embeddings)-inference|llama\.?cpp|sglang|tritonserver"
    r"|localai|lmdeploy"
)
_STORE = (
    r"(?:^|[/-])(?:redis|valkey|keydb|dragonfly|postgres|pgvector|qdrant|weaviate|chroma|milvus"
    r"|mongo|neo4j|mysql|mariadb|elasticsearch|opensearch|memcached|meilisearch|typesense"
    r"|clickhouse)(?:[:@/_-]|$)"
)
_ROLES: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    ("model", ("",), regex(_MODEL)),
    ("tool_server", ("mcp",), regex(r"(?:^|[/_-])mcp(?:[:/_-]|$)|mcp-server")),
    ("store", ("",), regex(_STORE)),
)
"""
What tells all roles but a gateway's, in small letters, in turn: `postgres-mcp` is no database.

Each expression stands beside a word of whatever it finds: words are looked for in less time.
"""
_SERVING_ROLES = frozenset({"store", "model", "gateway"})
AGENT_NAME = regex(
    r"(?:^|[^a-z])(?:agents?|(?<!home-)(?<!home_)(?<!music-)(?<!music_)assistant|copilot"
    r"|langgraph|crewai|autogen|chatbot|swarm)(?:[^a-z]|$)",
    re.IGNORECASE,
)
"""Home Assistant, which switches lamps, is none, nor is Music Assistant, which plays songs."""
_OTHER_AGENT = regex(
    r"(?:^|[/_.-])(?:datadog(?:hq)?|grafana|portainer|zabbix|newrelic|elastic|cloudwatch|ssm"
    r"|jenkins|inbound|jnlp|buildkite|drone|woodpecker|teamcity|pipelines|consul|vault|nomad|spire"
    r"|puppet|netdata|wazuh|beszel|checkmk|rancher|cattle(?:-cluster)?|fleet|guest|konnectivity"
    r"|otel|opentelemetry|prometheus|fluentd|fluent-?bit|gitlab|cilium"
    r"|antrea|k3s|rke2|ecs|ssh|gpg|argo-?cd|cadvisor|node-exporter|telegraf|crowdsec|dozzle|nezha"
    r"|komodo|coder|falco|osquery|dynatrace|splunk|tailscale|jaeger|instana|sysdig|lacework|netbird"
    r"|qemu|proxmox)"
    r"[/_-]agent(?:[^a-z]|$)",
    re.IGNORECASE,
)
"""Agents of other trades, which measure, build or hand out certificates, and ask no model."""
AGENT_PRODUCT = regex(
    r"^(?:openclaw|clawdbot|moltbot|opencode(?:-manager|-web)?|openhands|claude-code|gpt-researcher"
    r"|anythingllm|khoj(?:-cloud)?|librechat(?:-dev)?(?:-api)?|skyvern|autogpt|superagi|letta"
    r"|open-interpreter|dify-api|onyx-backend|perplexica|coze-studio(?:-server)?|cagent"
    r"|claudecodeui|vibe-kanban|zeroclaw|nanobot|copaw|hermes-agent)"
    r"(?:[:@]|$)"
)
"""Images of agents whose names do not say that they are some."""
_AGENT_SETTING = regex(
    r"^(?:OPENAI|ANTHROPIC|AZURE_OPENAI|AZURE_AI_(?:AGENT|INFERENCE|PROJECT)|AZURE_EXISTING_AGENT"
    r"|GEMINI|GOOGLE_GENAI|MISTRAL|COHERE|GROQ|BEDROCK|LITELLM"
    r"|LLM|LANGSMITH|LANGCHAIN|LANGGRAPH|AGENT|CREWAI|OPENROUTER|MODEL"
    r"|SPRING_AI(?!_(?:MCP_SERVER|VECTORSTORE)_)|(?:QUARKUS_)?LANGCHAIN4J|(?:Azure)?OpenAI)_"
)
_AGENT_ELSEWHERE = regex(
    r"^(?:AGENT|LANGGRAPH)_(?:\w+_)?(?:URL|URI|ENDPOINT|ARN|IMAGE(?:_\w+)?|STORAGE_CLASS"
    r"|DIR(?:ECTORY)?|BUCKET(?:_NAME)?|NODE_SELECTOR|NAMESPACE)$|^AGENT_?CORE_(?:\w+_)?TABLE(?:_NAME)?$"
    r"|_UPSTREAM(?:_URL)?$|_TARGET_(?:API_)?URL$|^BEDROCK_GUARDRAIL_|_OAUTH_CLIENT_(?:ID|SECRET)$"
    r"|_HEALTH(?:_URL)?$|_VERSION$|^LITELLM_(?:POSTGRES(?:QL)?|PG|DB|DATABASE|REDIS)_"
    r"|^AGENT_(?:\w+_)?(?:CLIENT|EXCHANGE)_SECRET$|^(?:OPENAI|ANTHROPIC)_ADMIN_(?:API_)?KEY$"
)
"""
Where an agent, a model or the files about them are, or what is to be started: what asks it, passes
calls on to it, keeps them or starts it is none by that; nor is what has a guardrail look at a text,
lets people in at another's page, sees whether it lives, prepares the database of a gateway,
knows an agent as its client (it calls its own secret `CLIENT_SECRET`) or has a vendor's key for
administrators, whom no model answers.
"""
_WEIGHTS = regex(r"^MODEL_(?:PATH|DIR|CACHE|STORAGE|HOME|ROOT)$")
"""Where the weights of a model lie: what loads them serves it, or learns."""
FRONT = regex(
    r"dashboard|(?:web)?ui|frontend|web|website|client|inspector|console|portal|docs|admin|db"
    r"|database|init|setup|migrations?|monitor(?:ing)?|controller|operator|authori[sz]er"
)
"""How names end that stand before an agent or a server of tools, or beside: `ai-mcp-dashboard`."""
_NEIGHBOUR = regex(r"(?:^|[_-])(?:api|backend|worker|scheduler)$")
"""How names end of other parts of what is called after its server of tools: `acme-mcp/shop-api`."""
_NAMED_MODEL, _NAMED_AGENT = "MODEL_", "AGENT_"
_SERVER = regex(r"(?:[\w-]+[_-])?(?:llm|embeddings?|rerank(?:er|ing)?|inference)[_-]server")
"""What serves a model by its name: there `MODEL_NAME` says which."""
_JOINED = regex(r"(?<=[A-Za-z0-9])(?:Container|Service|Task|Server|Proxy)(?![a-z])")
"""Last words of names as templates write them: `LiteLLMContainer`."""
_OF_MASTER, _MASTER = "LITELLM_", "LITELLM_MASTER_KEY"
_MANAGING = regex(
    r"(?:admin|portal|console|dashboard|rotat(?:or|ion|er)|issuer|provision(?:er|ing)|bootstrap"
    r"|onboarding|billing|key-?manager)"
)
"""How names end of what hands out a gateway's keys, and asks no model: it has its master key."""
_ASKING = regex(r"_(?:API_KEY|BASE_URL|API_BASE|ENDPOINT|MODEL(?:_NAME|_ID)?)$")
"""Settings of what asks a model itself, whatever else it does."""
_LOADING = regex(r"^(?:PYTORCH|CUDA|TRANSFORMERS|HUGGING_FACE|HF_(?:HOME|HUB|TOKEN))(?:_|$)")
"""Settings of what loads weights itself: there `MODEL_ID` says which, and makes no agent."""
_SERVING = regex(r"^(?:SERVED_MODEL_NAME|MAX_MODEL_LEN|TENSOR_PARALLEL_SIZE)$")
"""Settings of what serves a model, in an image whose name does not say so."""
_PATH, _VARIABLE = regex(r"\w[./_:-]\w"), regex(r"\$\{\w+\}")
_SUPPORT = regex(
    r"prometheus|grafana|otel|vectordotdev/vector|timberio/vector|jaeger|nginx|traefik|fluent|loki"
    r"|prox(?:y|ies)|squid|certbot|caddy|keycloak|authentik|(?:[/_-]|^)(?:controller|operator)(?:[:@_-]|$)",
    re.IGNORECASE,
)
_KEEPER = regex(
    r"(?:(?:openshift-gitops-)?argo-?cd|system-upgrade|argo-?workflows?|argo-?events|flux"
    r"|source-watcher|cert-manager|external-dns|external-secrets|sealed-secrets|velero|longhorn"
    r"|rook|cilium|calico|coredns|metallb|kyverno|gatekeeper|reloader|kube-state-metrics"
    r"|metrics-server|node-exporter|promtail|vmagent|cadvisor|descheduler|cluster-autoscaler|karpenter"
    r"|crossplane|keda|istiod"
    r"|(?:kustomize|helm|source|notification|image-reflector|image-automation)-controller)(?:-|$)",
    re.IGNORECASE,
)
"""What keeps a cluster going, by its image or the account that its own installation makes."""
_CONTROLLER = regex(
    r"(?:^|[-_.])(?:aws[-_]?)?(?:[an]?lb|load[-_]?balancer)[-_]?(?:ingress[-_]?)?controller"
    r"|(?:ebs|efs)[-_]?csi|vpc[-_]?cni|external[-_]?dns|cluster[-_]?autoscaler",
    re.IGNORECASE,
)
"""What a cluster does in its cloud, by policies that the vendor or the project publishes."""
_GENERAL = regex(
    r"(?:^|(?<!^mcp)(?<!/mcp)/)(?:caddy|nginx|httpd|haproxy|traefik|keycloak|authentik|cloudflared|tailscale"
    r"|prometheus|grafana|busybox|curl|jaegertracing/[\w-]+|opentelemetry-collector[\w-]*)"
    r"(?:[:@]|$)"
)
"""
Images that are no server of tools, whatever they stand before and are called after; those below
`mcp/` are Docker's servers for them.
"""
_BROWSER = regex(r"(?:^|/)(?:alpine-|headless-)?(?:chrome|chromium)(?:[:@]|$)|(?:^|/)browserless/")
"""A browser that others steer, whatever they and it are told in one Secret."""
_PAGES = regex(r"(?:^|/)(?:caddy|nginx(?:-unprivileged)?|httpd|static-web-server)(?:[:@]|$)")
_ENGINE = regex(r"(?:^|[-_])gateway[-_](?:engine|core)$")
"""A gateway of whatever by what it is built around: `gateway-engine`."""
_FRONTED = regex(r"(?:^|[^a-z])(?:ai|llm|mcp|models?|tools?|agents?)(?:[^a-z]|$)")
BESIDE = regex(
    r"(?:^|[-_])(?:prometheus|grafana|otel|jaeger|nginx|traefik|fluentd?|loki|squid|proxy"
    r"|authori[sz]er)$",
    re.IGNORECASE,
)
"""`langgraph-proxy` stands beside an agent, and is called after it."""


def role_of(
    image: str, names: Iterable[str], words: Sequence[str], settings: Sequence[Setting]
) -> str:
    """What a container runs, by its image first, then by its names, its command and settings."""
    names, whose = tuple(names), called(image)
    role = _role_told_by(image) or next(filter(None, map(_role_told_by, names)), "")
    if role == "tool_server" and _is_gateway(whose) and _role_told_by(whose) != role:
        role = ""  # the gateway of a broker or a bank, which a server of tools reaches
    if role and (not _GENERAL.search(image) or (role == "gateway" and _fronts(names))):
        return role
    if AGENT_PRODUCT.match(whose):
        return "agent"
    if any(_is_gateway(name) for name in (whose, *names)):
        asks = any(configures_agent(setting.key) for setting in settings)
        return "gateway" if asks else ""  # of models where it is told how to reach them
    if _is_of_another_trade(image) or keeps_clusters(whose) or _BROWSER.search(image):
        return ""
    if _SUPPORT.search(image) or only_schedules(words) or _leads(words):
        return ""
    told = (
        name
        for text in words
        for name in names_in(text)  # `consul` with the command `agent`
        if not (_is_of_another_trade(name) or _OTHER_AGENT.match(f"{whose}-{name}"))
    )
    own = (name for name in names if not (BESIDE.search(name) or _is_of_another_trade(name)))
    named = any(AGENT_NAME.search(text) for text in (*own, image.rpartition("/")[2], *told))
    keys = _keys_of_its_own((whose, *names), settings)
    configured = any(map(configures_agent, keys)) and not any(map(_SERVING.match, keys))
    other = runs_another(words) or any(map(prepares_data, names))
    return "agent" if named or (configured and not other) or starts_agent(" ".join(words)) else ""


def _keys_of_its_own(names: Sequence[str], settings: Sequence[Setting]) -> list[str]:
    """The names of settings, less those that say nothing of an agent where it is something else."""
    keys = [item.key for item in settings if not names_itself(item, names)]
    if any(map(_is_of_another_trade, names)):
        keys = [key for key in keys if not key.startswith(_NAMED_AGENT)]
    if any(map(_LOADING.match, keys)) or any(map(_SERVER.fullmatch, names)):
        keys = [key for key in keys if not key.startswith(_NAMED_MODEL)]
    if _MASTER in keys and any(_MANAGING.fullmatch(head(name)) for name in names):
        keys = [key for key in keys if not key.startswith(_OF_MASTER) and _ASKING.search(key)]
    return keys


def _is_of_another_trade(name: str) -> bool:
    return "agent" in name.lower() and _OTHER_AGENT.search(name) is not None


def _leads(words: Sequence[str]) -> bool:
    """Whether it is a controller of a cluster, of which one at a time is let act."""
    return any(word.startswith("--leader-elect") for word in words)


def _is_gateway(name: str) -> bool:
    if ANY_GATEWAY not in name.lower():
        return False
    return head(name) == ANY_GATEWAY or _ENGINE.search(name) is not None


def _fronts(names: Iterable[str]) -> bool:
    """Whether a proxy for anything is called a gateway of models or tools: no `traefik-gateway`."""
    return any(_FRONTED.search(name.lower()) for name in names)


def only_serves(image: str, names: Iterable[str]) -> bool:
    """Whether what is built from an image hands out files, passes calls on or serves a model."""
    model = _role_told_by(image) == "model" and not any(map(names_agent, names))
    return model or _PAGES.search(image) is not None


def keeps_or_serves(image: str) -> bool:
    """Whether an image is a database's, a model server's or a gateway's."""
    return _role_told_by(image) in _SERVING_ROLES


def keeps_clusters(name: str) -> bool:
    """Whether an account is called after what keeps a cluster going: a controller, a collector."""
    known = _SUPPORT.search(name) or _KEEPER.match(name) or _is_of_another_trade(name)
    return bool(known) and _role_told_by(name) != "tool_server" and not names_agent(name)


def keeps_data(name: str) -> bool:
    """Whether an account is called after a database, as operators call that of one: `orders-db`."""
    store = _role_told_by(name) == "store" or head(name) in {"db", "database"}
    return store and not names_agent(name)


def keeps_any_cluster(name: str) -> bool:
    """Whether that is a product which many clusters have, and no `night-report-operator`."""
    return _KEEPER.match(name) is not None and not names_agent(name)


def keeps_clusters_of_cloud(name: str) -> bool:
    """Whether a role or a policy of a cloud is called after what a cluster needs there."""
    return _CONTROLLER.search(name) is not None and not names_agent(name)


def names_agent(name: str) -> bool:
    """Whether a word of a name is one for agents that ask models."""
    return AGENT_NAME.search(_OTHER_AGENT.sub("", name)) is not None


@lru_cache(maxsize=1024)
def configures_agent(key: str) -> bool:
    """Whether who is told this asks a model, an agent or what is behind them."""
    if _AGENT_ELSEWHERE.search(key) or _WEIGHTS.match(key):
        return False
    return _AGENT_SETTING.match(key) is not None


def role_started(settings: Iterable[Setting]) -> str:
    """`model` where it is told the image of a server of models, which it starts: `VLLM_IMAGE`."""
    images = (item.content for item in settings if item.key.upper().endswith("_IMAGE"))
    return "model" if any(_role_told_by(image) == "model" for image in images) else ""


@lru_cache(maxsize=1024)
def _role_told_by(subject: str) -> str:
    lower = _JOINED.sub(r"-\g<0>", subject).lower()
    if names_gateway(lower):
        return "gateway"
    told = (role for role, words, each in _ROLES if holds_word(lower, words) and each.search(lower))
    role = next(told, "")
    return "" if role == "tool_server" and _stands_beside(subject) else role


def _stands_beside(subject: str) -> bool:
    """Whether what is called after a server of tools is none: its page, or another part of it."""
    name = called(subject)
    return bool(FRONT.fullmatch(head(name)) or ("mcp" not in name and _NEIGHBOUR.search(name)))


def names_in(text: str) -> tuple[str, ...]:
    """
    What names a program in a word of a command; of a line for a shell, its paths and modules.

    The name of a variable is not what it holds.
    """
    words = _VARIABLE.sub("", text).split()
    if len(words) < 2:  # noqa: PLR2004, one word is a name by itself
        return tuple(words)
    script = "\n" in text  # which may speak of agents, and start none
    return () if script else tuple(word for word in words if _PATH.search(word))
