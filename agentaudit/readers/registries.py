"""
Libraries with which programs in languages that are not read build agents, serve tools, ask models.

By the names that their registries and documentation of late 2026 give them, in small letters; `*`
stands for what may follow, `-` for `_`, too. What is listed of Maven is a group, a colon and an
artifact.
"""

from agentaudit.readers.libraries import Registry, registry

GO = registry(
    "Go",
    BUILDS={
        "ADK for Go": "google.golang.org/adk*",
        "Agent SDK for Go": "github.com/ingenimax/agent-sdk-go*",
        "Copilot SDK": "github.com/github/copilot-sdk/go*",
        "Eino": "github.com/cloudwego/eino*",
        "Fantasy": "charm.land/fantasy* github.com/charmbracelet/fantasy*",
        "Genkit": "github.com/firebase/genkit/go* github.com/genkit-ai/genkit/go*",
        "LangChainGo": "github.com/tmc/langchaingo* github.com/vxcontrol/langchaingo*",
        "LinGoose": "github.com/henomis/lingoose*",
        "OpenAI Agents for Go": "github.com/nlpodyssey/openai-agents-go*",
        "tRPC-Agent-Go": "trpc.group/trpc-go/trpc-agent-go*",
    },
    SERVES={
        "the MCP SDK": "github.com/modelcontextprotocol/go-sdk*",
        "mcp-go": "github.com/mark3labs/mcp-go*",
        "mcp-golang": "github.com/metoro-io/mcp-golang*",
        "go-mcp": "github.com/thinkinaixyz/go-mcp*",
    },
    ASKS={
        "Anthropic's SDK": "github.com/anthropics/anthropic-sdk-go*",
        "Azure OpenAI": "github.com/azure/azure-sdk-for-go/sdk/ai/azopenai*",
        "Bedrock": "github.com/aws/aws-sdk-go-v2/service/bedrockruntime*"
        " github.com/aws/aws-sdk-go-v2/service/bedrockagentruntime*",
        "Gemini": "google.golang.org/genai* github.com/google/generative-ai-go*",
        "go-openai": "github.com/sashabaranov/go-openai*",
        "Ollama": "github.com/ollama/ollama*",
        "OpenAI's SDK": "github.com/openai/openai-go*",
        "Vertex AI": "cloud.google.com/go/vertexai*",
    },
)
MAVEN = registry(
    "Java or Kotlin",
    BUILDS={
        "ADK for Java": "com.google.adk:*",
        "AgentScope": "io.agentscope:*",
        "Embabel": "com.embabel.agent:*",
        "Koog": "ai.koog:*",
        "LangChain4j": "dev.langchain4j:* io.quarkiverse.langchain4j:* io.micronaut.langchain4j:*"
        " io.helidon.integrations.langchain4j:*",
        "LangGraph4j": "org.bsc.langgraph4j:*",
        "Semantic Kernel": "com.microsoft.semantic-kernel:*",
        "Spring AI": "org.springframework.ai:*",
        "Spring AI Alibaba": "com.alibaba.cloud.ai:*",
    },
    SERVES={
        "the MCP SDK": "io.modelcontextprotocol:* io.modelcontextprotocol.sdk:*",
        "MCP for Quarkus": "io.quarkiverse.mcp:*",
        "MCP for Spring AI": "org.springframework.ai:spring-ai-starter-mcp*"
        " org.springframework.ai:spring-ai-mcp* org.springaicommunity:mcp*",
    },
    ASKS={
        "Anthropic's SDK": "com.anthropic:anthropic-java*",
        "Azure OpenAI": "com.azure:azure-ai-openai*",
        "Bedrock": "software.amazon.awssdk:bedrockruntime aws.sdk.kotlin:bedrockruntime"
        " software.amazon.awssdk:bedrockagentruntime aws.sdk.kotlin:bedrockagentruntime",
        "DashScope": "com.alibaba:dashscope-sdk-java",
        "Gemini": "com.google.genai:google-genai",
        "Ollama4j": "io.github.ollama4j:*",
        "OpenAI's SDK": "com.openai:openai-java*",
        "openai-kotlin": "com.aallam.openai:openai-client*",
        "simple-openai": "io.github.sashirestela:simple-openai",
        "Vertex AI": "com.google.cloud:google-cloud-vertexai",
    },
)
SCALA = Registry("Scala", MAVEN.known)
NUGET = registry(
    "C#",
    BUILDS={
        "AutoGen": "autogen autogen.* microsoft.autogen.*",
        "BotSharp": "botsharp.*",
        "Copilot SDK": "github.copilot.sdk",
        "Foundry": "azure.ai.agents.persistent* azure.ai.projects*",
        "LangChain": "langchain langchain.*",
        "Microsoft Agent Framework": "microsoft.agents.ai microsoft.agents.ai.*",
        "Microsoft 365 Agents SDK": "microsoft.agents.builder",
        "Semantic Kernel": "microsoft.semantickernel microsoft.semantickernel.*",
        "Teams AI": "microsoft.teams.ai*",
    },
    SERVES={
        "the MCP SDK": "modelcontextprotocol modelcontextprotocol.*",
        "MCP for Azure Functions": "microsoft.azure.functions.worker.extensions.mcp*",
    },
    ASKS={
        "Anthropic's SDK": "anthropic anthropic.*",
        "Azure OpenAI": "azure.ai.openai aspire.azure.ai.openai",
        "Azure's inference": "azure.ai.inference aspire.azure.ai.inference",
        "Bedrock": "awssdk.bedrockruntime awssdk.bedrockagentruntime",
        "Betalgo's OpenAI": "betalgo.*",
        "Gemini": "google.genai mscc.generativeai*",
        "LLamaSharp": "llamasharp",
        "Microsoft.Extensions.AI": "microsoft.extensions.ai microsoft.extensions.ai.*",
        "OllamaSharp": "ollamasharp communitytoolkit.aspire.ollamasharp",
        "OpenAI's SDK": "openai aspire.openai",
    },
)
CARGO = registry(
    "Rust",
    BUILDS={
        "ADK for Rust": "adk-rust",
        "AutoAgents": "autoagents*",
        "langchain-rust": "langchain-rust",
        "Rig": "rig rig-core rig-*",
        "Swiftide": "swiftide swiftide-*",
    },
    SERVES={
        "the MCP SDK": "rmcp",
        "pmcp": "pmcp",
        "rust-mcp-sdk": "rust-mcp-sdk",
        "TurboMCP": "turbomcp turbomcp-*",
    },
    ASKS={
        "async-anthropic": "async-anthropic",
        "async-openai": "async-openai",
        "Bedrock": "aws-sdk-bedrockruntime aws-sdk-bedrockagentruntime",
        "genai": "genai",
        "llm": "llm",
        "ollama-rs": "ollama-rs",
        "openai-api-rs": "openai-api-rs",
    },
)
GEMS = registry(
    "Ruby",
    BUILDS={
        "Active Agent": "activeagent",
        "Boxcars": "boxcars",
        "LangChain.rb": "langchainrb langchainrb-rails",
        "Raix": "raix",
        "RubyLLM": "ruby-llm ruby-llm-*",
        "SwarmSDK": "swarm-sdk claude-swarm",
    },
    SERVES={
        "Action MCP": "actionmcp",
        "FastMCP": "fast-mcp",
        "the MCP SDK": "mcp",
        "MCP for RubyLLM": "ruby-llm-mcp",
        "ruby-mcp-client": "ruby-mcp-client",
    },
    ASKS={
        "Anthropic's SDK": "anthropic ruby-anthropic",
        "Bedrock": "aws-sdk-bedrockruntime aws-sdk-bedrockagentruntime",
        "gemini-ai": "gemini-ai",
        "llm.rb": "llm.rb",
        "ollama-ai": "ollama-ai",
        "OmniAI": "omniai omniai-*",
        "OpenAI's SDK": "openai",
        "ruby-openai": "ruby-openai",
    },
)
PACKAGIST = registry(
    "PHP",
    BUILDS={
        "LarAgent": "maestroerror/laragent",
        "Laravel AI": "laravel/ai",
        "LLPhant": "theodo-group/llphant",
        "Neuron AI": "neuron-core/neuron-ai inspector-apm/neuron-ai neuron-core/neuron-laravel",
        "Prism": "prism-php/prism echolabsdev/prism",
        "Symfony AI": "symfony/ai-agent symfony/ai-bundle symfony/ai-chat",
        "Vizra ADK": "vizra/vizra-adk",
    },
    SERVES={
        "Laravel MCP": "laravel/mcp",
        "the MCP SDK": "mcp/sdk",
        "MCP for Prism": "prism-php/relay",
        "MCP for Symfony": "symfony/mcp-bundle",
        "MCP for WordPress": "wordpress/mcp-adapter",
        "php-mcp": "php-mcp/*",
        "logiscape's MCP SDK": "logiscape/mcp-sdk-php",
    },
    ASKS={
        "Anthropic's SDK": "anthropic-ai/sdk mozex/anthropic-*",
        "Gemini": "google-gemini-php/*",
        "openai-php": "openai-php/*",
        "Symfony AI's platform": "symfony/ai-platform",
        "the AI client of WordPress": "wordpress/php-ai-client",
    },
)
HEX = registry(
    "Elixir",
    BUILDS={
        "Ash AI": "ash-ai",
        "Jido": "jido jido-ai jido-action",
        "LangChain": "langchain",
    },
    SERVES={
        "Anubis": "anubis-mcp",
        "ExMCP": "ex-mcp",
        "Hermes": "hermes-mcp",
    },
    ASKS={
        "Anthropix": "anthropix",
        "Instructor": "instructor instructor-lite",
        "Ollama": "ollama",
        "openai_ex": "openai-ex",
        "OpenAI": "openai ex-openai",
        "ReqLLM": "req-llm",
    },
)
SWIFT = registry(
    "Swift",
    BUILDS={
        "AnyLanguageModel": "mattt/anylanguagemodel",
        "LangChain": "buhe/langchain-swift",
        "SwiftAgent": "1amageek/swiftagent",
    },
    SERVES={
        "the MCP SDK": "modelcontextprotocol/swift-sdk",
        "SwiftMCP": "cocoanetics/swiftmcp",
    },
    ASKS={
        "Gemini": "google/generative-ai-swift google-gemini/generative-ai-swift",
        "MacPaw's OpenAI": "macpaw/openai",
        "ollama-swift": "mattt/ollama-swift",
        "SwiftAnthropic": "jamesrochabrun/swiftanthropic",
        "SwiftOpenAI": "jamesrochabrun/swiftopenai",
    },
)
PUB = registry(
    "Dart",
    BUILDS={
        "Dartantic": "dartantic-ai",
        "Genkit": "genkit genkit-*",
        "LangChain.dart": "langchain langchain-*",
    },
    SERVES={
        "the MCP SDK": "dart-mcp",
        "mcp_dart": "mcp-dart",
        "mcp_server": "mcp-server mcp-client",
    },
    ASKS={
        "Anthropic's API": "anthropic-sdk-dart",
        "Firebase AI": "firebase-ai firebase-vertexai",
        "Gemini": "google-generative-ai googleai-dart",
        "Ollama": "ollama-dart",
        "OpenAI's API": "openai-dart dart-openai",
    },
)
