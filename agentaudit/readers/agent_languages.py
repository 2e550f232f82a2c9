"""
How programs in languages that are not read import what agents are built with, and use it.

The names are those of the vendors' documentation:
https://learn.microsoft.com/agent-framework/, https://learn.microsoft.com/semantic-kernel/,
https://learn.microsoft.com/dotnet/ai/microsoft-extensions-ai,
https://learn.microsoft.com/azure/azure-functions/functions-bindings-mcp-trigger,
https://modelcontextprotocol.io/docs/sdk, https://docs.langchain4j.dev,
https://docs.spring.io/spring-ai/reference/, https://google.github.io/adk-docs/,
https://docs.koog.ai, https://github.com/mark3labs/mcp-go, https://www.cloudwego.io/docs/eino/,
https://github.com/tmc/langchaingo, https://github.com/charmbracelet/fantasy, https://docs.rig.rs,
https://swiftide.rs, https://rubyllm.com, https://github.com/patterns-ai-core/langchainrb,
https://docs.activeagents.ai, https://docs.neuron-ai.dev, https://prismphp.com,
https://laravel.com/docs/ai-sdk, https://laravel.com/docs/mcp, https://symfony.com/doc/current/ai,
https://hexdocs.pm/langchain, https://hexdocs.pm/jido, https://hexdocs.pm/anubis_mcp,
https://developer.apple.com/documentation/foundationmodels; and of vendors of models those of their
packages, where tools are handed to a model.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct

from agentaudit.expressions import regex


class Language(Struct, frozen=True, dict=True):
    """What a file of a language has where it builds an agent: an import, and a use of it."""

    name: str
    imported: re.Pattern[str]
    used: str
    """The source of the expression for the latter."""
    words: tuple[str, ...]
    """One of which no such import is without."""

    def uses(self, text: str) -> bool:
        """Whether a text uses it; asked first without the edges of words, a tenth of the time."""
        return self._about.search(text) is not None and self._used.search(text) is not None

    @cached_property
    def _used(self) -> re.Pattern[str]:
        return re.compile(self.used)

    @cached_property
    def _about(self) -> re.Pattern[str]:
        return re.compile(self.used.replace(r"\b", ""))


_C_SHARP = Language(
    "C#",
    regex(
        r"^\s{0,80}(?:global\s+)?using\s+(?:static\s+)?(?:Microsoft\.(?:Agents\.(?:AI|Builder)"
        r"|AutoGen|SemanticKernel|Extensions\.AI|Azure\.Functions\.Worker)|ModelContextProtocol"
        r"|AutoGen|Azure\.AI\.(?:Agents|Projects|OpenAI)|OpenAI|Anthropic|GitHub\.Copilot\.SDK)\b",
        re.MULTILINE,
    ),
    (
        r"\[(?:KernelFunction|McpServerTool|McpToolTrigger)|\bAIAgent\b|\bChatClientAgent\b"
        r"|\bChatCompletionAgent\b|\bCreateAIAgent(?:Async)?\(|\bPersistentAgentsClient\b"
        r"|\bAddMcpServer\(|\bAddFromType<|\bImportPluginFrom|\bAIFunctionFactory\.Create\("
        r"|\bUseFunctionInvocation\(|\bChatTool\.CreateFunctionTool\(|\bAgentApplication\b"
        r"|\bCopilotClient\b"
    ),
    (
        *("Microsoft.Agents.", "SemanticKernel", "ModelContextProtocol", "AutoGen"),
        *("Azure.AI.", "Functions.Worker", "Extensions.AI", "OpenAI", "Anthropic", "Copilot.SDK"),
    ),
)
_JAVA = Language(
    "Java or Kotlin",
    regex(
        r"^import\s+(?:static\s+)?(?:dev\.langchain4j|io\.quarkiverse\.langchain4j"
        r"|org\.springframework\.ai|org\.springaicommunity\.mcp|com\.google\.(?:adk|genai)"
        r"|io\.modelcontextprotocol|ai\.koog|com\.embabel\.agent|com\.alibaba\.cloud\.ai"
        r"|io\.agentscope|akka\.javasdk\.agent|org\.bsc\.langgraph4j|com\.openai|com\.anthropic"
        r"|com\.microsoft\.(?:semantickernel|azure\.functions))\b",
        re.MULTILINE,
    ),
    (
        r"@(?:Tool|McpTool|McpToolTrigger|RegisterAiService|AiService"
        r"|DefineKernelFunction|Agent)\b|\bAiServices\b|\bLlmAgent\b|\bAIAgent\b|\bReActAgent\b"
        r"|\bReactAgent\b|\bextends\s{1,9}Agent\b|\bMcpServer\.(?:sync|async)\(|\bToolCallbackProvider\b"
        r"|\bServer\(\s{0,80}(?:serverInfo|Implementation)"
        r"|\.(?:tools|toolNames|toolCallbacks|defaultTools|defaultToolCallbacks|addTool)\("
    ),
    (
        *("langchain4j", "springframework.ai", "springaicommunity", "google.adk", "google.genai"),
        *("modelcontextprotocol", "ai.koog", "embabel", "semantickernel", "azure.functions"),
        *(
            "akka.javasdk.agent",
            "alibaba.cloud.ai",
            "agentscope",
            "langgraph4j",
            "com.openai",
            "com.anthropic",
        ),
    ),
)
_SCALA = Language("Scala", _JAVA.imported, _JAVA.used, _JAVA.words)
_GO = Language(
    "Go",
    regex(
        r"""^(?:import)?[\s(]{0,80}(?:\w+\s+)?"(?:github\.com/(?:mark3labs/mcp-go/server"""
        r"""|modelcontextprotocol/go-sdk/mcp|metoro-io/mcp-golang|tmc/langchaingo/agents"""
        r"""|cloudwego/eino(?:-ext)?/[\w/]+|(?:firebase|genkit-ai)/genkit/go/[\w/]+"""
        r"""|nlpodyssey/openai-agents-go/[\w/]+|charmbracelet/fantasy|openai/openai-go"""
        r"""|sashabaranov/go-openai|anthropics/anthropic-sdk-go|ollama/ollama/api)"""
        r"""|google\.golang\.org/(?:adk/[\w/]+|genai)|charm\.land/fantasy"""
        r"""|trpc\.group/trpc-go/trpc-agent-go/[\w/]+)""",
        re.MULTILINE,
    ),
    (
        r"\b(?:server\.NewMCPServer|mcp\.(?:NewServer|AddTool)|llmagent\.New|mcp_golang\.NewServer"
        r"|agents\.New\w{0,40}|react\.NewAgent|adk\.New\w{0,40}Agent|genkit\.DefineTool"
        r"|fantasy\.New(?:Agent|AgentTool))\(|\b(?:openai|anthropic|api)\.Tool\{"
        r"|\bChatCompletion\w{0,20}Tool\w{0,20}(?:Param|\{)|\bToolUnionParam\b"
        r"|\bgenai\.FunctionDeclaration\b"
    ),
    (
        *("mcp-go", "go-sdk/mcp", "langchaingo", "cloudwego/eino", "genkit/go", "org/adk"),
        *("openai-agents-go", "fantasy", "openai-go", "go-openai", "anthropic-sdk-go"),
        *("ollama/api", "org/genai", "trpc-agent-go"),
    ),
)
_RUST = Language(
    "Rust",
    regex(
        r"^\s{0,80}use\s+(?:rmcp|rig|swiftide(?:_agents)?|autoagents|langchain_rust|adk_rust"
        r"|async_openai|genai|ollama_rs|turbomcp|pmcp|rust_mcp_sdk)\b",
        re.MULTILINE,
    ),
    (
        r"#\[tool(?:_router|_handler)?\b|\bServerHandler\b|\.agent\(|\bAgentBuilder\b"
        r"|\bAgent::builder\(|\bChatCompletionTool\w{0,20}\b|\bAgentExecutor\b"
        r"|\.(?:with_)?tools\(|#\[(?:swiftide(?:_macros)?::)?tool\("
    ),
    (
        *("rmcp", "rig", "swiftide", "autoagents", "langchain_rust", "adk_rust", "async_openai"),
        *("genai", "ollama_rs", "turbomcp", "pmcp", "rust_mcp_sdk"),
    ),
)
_RUBY = Language(
    "Ruby",
    regex(r"\b(?:RubyLLM|Langchain|ActiveAgent|Raix|SwarmSDK|FastMcp|ActionMCP|OpenAI|MCP)\b"),
    (
        r"<\s{0,3}(?:RubyLLM::(?:Agent|Tool)|RubyLLM::Agents::(?:Base|Tool)|ActiveAgent::Base"
        r"|(?:FastMcp|MCP|ActionMCP)::Tool|ApplicationMCPTool)\b|\bLangchain::Assistant\b"
        r"|\.with_tools?\b|\binclude\s{1,3}Raix::|\b(?:MCP|FastMcp)::Server\.new\b"
        r"|\bextend\s{1,3}Langchain::ToolDefinition\b|\bSwarmSDK\.build\b|\btools:\s{0,3}\["
    ),
    ("RubyLLM", "Langchain", "ActiveAgent", "Raix", "SwarmSDK", "FastMcp", "MCP", "OpenAI"),
)
"""Constants, since Bundler requires what they stand for."""
_PHP = Language(
    "PHP",
    regex(
        r"^use\s{1,9}\\?(?:NeuronAI|Prism\\Prism|EchoLabs\\Prism|Laravel\\(?:Ai|Mcp)|LLPhant|LarAgent"
        r"|Symfony\\AI|Vizra\\VizraADK|PhpMcp\\Server|Mcp\\Server|OpenAI)\b",
        re.MULTILINE,
    ),
    (
        r"\bextends\s{1,9}\\?(?:\w{1,60}\\){0,9}(?:Agent|RAG|BaseLlmAgent|Tool|Server)\b"
        r"|\bimplements\s[^{\n]{0,200}\b(?:Agent|Tool)\b|\bAgent::make\(|\bnew\s{1,9}Agent\("
        r"|->(?:withTools?|addTool|setTools)\(|#\[(?:AsTool|McpTool|AsAgent)\b|\bServer::make\("
        r"|['\"]tools['\"]\s{0,9}=>"
    ),
    (
        "NeuronAI",
        "Prism",
        "Laravel\\",
        "LLPhant",
        "LarAgent",
        "Symfony\\AI",
        "VizraADK",
        "Mcp\\",
        "OpenAI",
    ),
)
_ELIXIR = Language(
    "Elixir",
    regex(
        r"^\s{0,80}(?:use|alias|import)\s{1,9}(?:Jido\.(?:Agent|Action|AI)|LangChain\.|ReqLLM\b"
        r"|AshAi\b|(?:Hermes|Anubis)\.Server)",
        re.MULTILINE,
    ),
    (
        r"\buse\s{1,9}(?:Jido\.(?:Agent|Action|AI)|(?:Hermes|Anubis)\.Server)|\bLLMChain\.(?:new|add_tools)"
        r"|\bReqLLM\.tool\(|\btools:|\bextensions:\s{0,9}\[[^\]\n]{0,200}\bAshAi\b"
    ),
    ("Jido.", "LangChain.", "ReqLLM", "AshAi", "Hermes.Server", "Anubis.Server"),
)
_SWIFT = Language(
    "Swift",
    regex(
        r"^\s{0,80}import\s{1,9}(?:MCP|SwiftMCP|LangChain|AnyLanguageModel|FoundationModels"
        r"|SwiftAgent|OpenAI|SwiftOpenAI|SwiftAnthropic)\b",
        re.MULTILINE,
    ),
    (
        r"\bServer\(\s{0,80}name:|@MCP(?:Server|Tool)\b|:\s{0,9}(?:any\s{1,3})?Tool\b|\btools:"
        r"|\binitialize_agent\("
    ),
    ("import",),
)
_DART = Language(
    "Dart",
    regex(
        r"""^import\s{1,9}['"]package:(?:langchain\w{0,40}|dartantic_ai|genkit|dart_mcp|mcp_dart"""
        r"""|mcp_server|mcp_client|google_generative_ai|firebase_ai|openai_dart|dart_openai"""
        r"""|anthropic_sdk_dart|ollama_dart)/""",
        re.MULTILINE,
    ),
    (
        r"\bAgent(?:Executor)?[.(]|\btools:|\bToolSpec\b|\bMcpServer\w{0,20}\(|\bMCPServer\b"
        r"|\bregisterTool\(|\bFunctionDeclaration\("
    ),
    ("package:",),
)
_SIGNS = (
    r"\b(?:OPENAI|ANTHROPIC|GEMINI|MISTRAL|GROQ|OPENROUTER|LITELLM|LANGSMITH|LANGFUSE|AZURE_OPENAI)_"
    r"(?:API|MASTER|SECRET)_KEY\b|\bmcpServers\b|\bMCPServer\b|\bkagent\.dev\b"
)
"""Of an agent in a configuration: a key of what it asks, or the servers of its tools."""
CONFIGURATIONS: Mapping[str, Language] = MappingProxyType(
    {
        syntax: Language(
            name,
            regex(_SIGNS),
            _SIGNS,
            ("_KEY", "mcpServers", "MCPServer", "kagent.dev"),
        )
        for syntax, name in (
            ("jsonnet", "Jsonnet"),
            ("cue", "CUE"),
            ("pkl", "Pkl"),
            ("nix", "Nix"),
            ("dhall", "Dhall"),
            ("starlark", "Starlark"),
        )
    }
)
"""Languages of configurations: what they make is deployed, and is made by no one here."""
LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        "csharp": _C_SHARP,
        **dict.fromkeys(("java", "kotlin"), _JAVA),
        "go": _GO,
        "rust": _RUST,
        "ruby": _RUBY,
        "php": _PHP,
        "elixir": _ELIXIR,
        "swift": _SWIFT,
        "scala": _SCALA,
        "dart": _DART,
        **CONFIGURATIONS,
    }
)
"""By syntax."""
