"""Agents in languages that are not read are named; keys are found in them."""

from pathlib import Path

import pytest

from agentaudit.extract.deployment import deployment_of, read_deployment
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.model.evidence import Truth
from agentaudit.readers.files import NOT_A_FORMAT
from agentaudit.rules.fakes import fake

TOOL = """using Microsoft.Azure.Functions.Worker;

public class Notes {
    [Function("save")]
    public string Save([McpToolTrigger("save_note", "Keeps a note")] ToolInvocationContext c) => "";
}
"""
SERVER_IN_GO = """package a
import (
	"fmt"
	"github.com/mark3labs/mcp-go/server"
)
s := server.NewMCPServer()
"""
OPEN = '{"extensions": {"mcp": {"system": {"webhookAuthorizationLevel": "Anonymous"}}}}'


def coverage(file: str, text: str) -> FileCoverage:
    return deployment_of({file: text}).coverage[0]


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("a.cs", "using System;\nusing Microsoft.Agents.AI;\nAIAgent a = c.CreateAIAgent();\n", 2),
        ("a.cs", "using ModelContextProtocol.Server;\n[McpServerToolType]\nclass T {}\n", 1),
        ("a.cs", "using Microsoft.SemanticKernel;\nclass P { [KernelFunction] void F() {} }\n", 1),
        (
            "A.java",
            "package a;\nimport dev.langchain4j.service.AiServices;\nAiServices.create();\n",
            2,
        ),
        ("A.java", "import org.springframework.ai.tool.annotation.Tool;\n@Tool void a() {}\n", 1),
        ("a.kt", "import ai.koog.agents.core.agent.AIAgent\nval a = AIAgent()\n", 1),
        ("a.go", SERVER_IN_GO, 4),
        ("a.go", 'import "google.golang.org/adk/agent/llmagent"\na := llmagent.New(c)\n', 1),
        ("a.rs", "use rmcp::ServerHandler;\n#[tool]\nfn a() {}\n", 1),
        ("a.cs", "using Microsoft.Extensions.AI;\nvar t = AIFunctionFactory.Create(Read);\n", 1),
        ("a.cs", "using OpenAI.Chat;\nChatTool.CreateFunctionTool(name);\n", 1),
        ("A.java", "import org.springframework.ai.chat.client.ChatClient;\nb.tools(x);\n", 1),
        ("A.java", "import com.openai.client.OpenAIClient;\nparams.addTool(Read.class);\n", 1),
        ("a.go", 'import "charm.land/fantasy"\na := fantasy.NewAgent(m)\n', 1),
        (
            "a.go",
            'import "github.com/openai/openai-go/v3"\nx := openai.ChatCompletionToolParam{}\n',
            1,
        ),
        ("a.rs", "use swiftide::agents;\nlet a = Agent::builder();\n", 1),
        ("a.rs", "use async_openai::types::ChatCompletionToolArgs;\n", 1),
        ("a.rb", "module A\nclass Find < RubyLLM::Tool\nend\n", 2),
        ("a.rb", "chat = RubyLLM.chat.with_tools(Find)\n", 1),
        ("a.rb", "client = OpenAI::Client.new\nclient.chat(parameters: {tools: [find]})\n", 1),
        ("a.php", "<?php\nuse NeuronAI\\Agent\\Agent;\nclass Desk extends Agent {}\n", 2),
        ("a.php", "<?php\nuse Prism\\Prism\\Facades\\Prism;\nPrism::text()->withTools([$a]);\n", 2),
        ("a.php", "<?php\nuse Laravel\\Mcp\\Server;\nclass Desk extends Server {}\n", 2),
        ("a.ex", 'defmodule Desk do\n  use Jido.Agent, name: "desk"\nend\n', 2),
        ("a.exs", "alias LangChain.Chains.LLMChain\nLLMChain.new!(%{llm: llm})\n", 1),
        ("A.scala", "import dev.langchain4j.service.AiServices\nAiServices.create()\n", 1),
        ("A.java", "import akka.javasdk.agent.Agent;\nclass Desk extends Agent {}\n", 1),
        ("a.dart", "import 'package:langchain/langchain.dart';\nAgentExecutor(agent: a);\n", 1),
        ("a.swift", "import FoundationModels\nstruct Find: Tool {}\n", 1),
        ("a.swift", 'import MCP\nlet s = Server(name: "desk")\n', 1),
    ],
)
def test_a_file_that_builds_agents_is_named_as_not_read(file: str, text: str, line: int) -> None:
    found = coverage(file, text)

    assert (found.status, found.line) == (FileStatus.PARTIAL, line)
    assert "nothing but known forms of keys is read" in found.reason


LOOP = """use reqwest::Client;

async fn turn(client: &Client, base: &str) -> Value {{
    let answer = client.post(format!("{{base}}{path}")).send().await?;
    answer["choices"][0]["message"]["{called}"].clone()
}}
"""


@pytest.mark.parametrize(
    ("path", "called", "named"),
    [
        ("/v1/chat/completions", "tool_calls", True),
        ("/v1/messages", "tool_use", True),
        ("/v1beta/models/m:generateContent", "functionCall", True),
        ("/v1/chat/completions", "content", False),
        ("/v1/reports", "tool_calls", False),
    ],
)
def test_a_loop_of_its_own_is_named_as_not_read(path: str, called: str, named: bool) -> None:  # noqa: FBT001
    (found,) = deployment_of({"a.rs": LOOP.format(path=path, called=called)}).coverage

    assert (found.status is FileStatus.PARTIAL) is named
    assert found.line == (4 if named else None)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.cs", "using Microsoft.Agents.AI;\n// names an AI agent and makes none\n"),
        ("a.cs", "class AIAgent {}\n"),
        ("a.go", 'import "github.com/mark3labs/mcp-go/client"\nserver.NewMCPServer()\n'),
        ("a_test.go", 'import "github.com/mark3labs/mcp-go/server"\nserver.NewMCPServer()\n'),
        ("src/test/A.java", "import dev.langchain4j.service.AiServices;\nAiServices.create();\n"),
        ("a.rs", "fn main() {}\n"),
        ("a.cs", "using OpenAI.Chat;\nvar answer = client.CompleteChat(question);\n"),
        ("A.java", "import com.openai.client.OpenAIClient;\nclient.chat().completions();\n"),
        ("a.rb", "RubyLLM.chat.ask 'What is Ruby?'\n"),
        ("a.rb", "class Find < Tool\nend\n"),
        ("spec/a_spec.rb", "RubyLLM.chat.with_tools(Find)\n"),
        ("a.php", "<?php\nuse App\\Agent;\nclass Desk extends Agent {}\n"),
        ("tests/DeskTest.php", "<?php\nuse NeuronAI\\Agent\\Agent;\nAgent::make();\n"),
        ("a.ex", "alias LangChainDemo.Repo\ntools: []\n"),
        ("a.swift", "import Foundation\nstruct Find: Tool {}\n"),
    ],
)
def test_other_files_are_of_no_interest(file: str, text: str) -> None:
    assert (coverage(file, text).status, coverage(file, text).reason) == (
        FileStatus.SKIPPED,
        NOT_A_FORMAT,
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.cs", "using Amazon.CDK.AWS.IAM;\nvar a = new PolicyStatement();\n"),
        ("A.java", "import software.amazon.awscdk.services.iam.PolicyStatement;\n"),
        ("a.go", 'import (\n\t"github.com/aws/aws-cdk-go/awscdk/v2/awsbedrock"\n)\n'),
    ],
)
def test_stacks_of_the_cdk_are_named_in_these_languages_too(file: str, text: str) -> None:
    assert "cdk synth" in coverage(file, text).reason


@pytest.mark.parametrize("file", ["infra/StackTest.cs", "Infra.Tests/Stack.cs", "test/Stack.cs"])
def test_a_test_of_a_stack_deploys_nothing(file: str) -> None:
    text = "using Amazon.CDK.AWS.IAM;\nvar a = new PolicyStatement();\n"

    assert "cdk synth" in coverage("infra/Stack.cs", text).reason
    assert coverage(file, text).status is FileStatus.SKIPPED


@pytest.mark.parametrize(
    "file", ["a.cs", "A.java", "a.kt", "a.go", "a.rs", "a.rb", "a.php", "a.ex", "a.swift", "a.dart"]
)
def test_keys_of_a_known_form_are_found(file: str) -> None:
    key = fake("openai_key")
    (credential,) = deployment_of({file: f'var apiKey = "{key}";\n'}).credentials

    assert (credential.provider, credential.evidence[0].line) == ("openai", 1)


def test_sources_in_another_encoding_break_no_audit(tmp_path: Path) -> None:
    (tmp_path / "a.cs").write_bytes(b"// caf\xe9 \x00\n")

    assert [item.status for item in read_deployment([tmp_path]).coverage] == [FileStatus.SKIPPED]


@pytest.mark.parametrize(
    ("host", "asks"),
    [(OPEN, Truth.NO), ('{"version": "2.0", "extensions": {"mcp": {}}}', Truth.YES)],
)
def test_an_app_of_functions_in_c_sharp_is_a_server_whose_tools_are_open(
    host: str, asks: Truth
) -> None:
    found = deployment_of({"notes/Notes.cs": TOOL, "notes/host.json": host})
    (server,) = found.tool_servers

    assert (server.name, server.authenticated) == ("notes", asks)
    assert "the tools of notes, which its code declares" in {end.what for end in found.unresolved}
    assert {item.file: item.status for item in found.coverage}[
        "notes/Notes.cs"
    ] is FileStatus.PARTIAL


@pytest.mark.parametrize(
    "text",
    [
        "using\n" * 50_000,
        "import (\n" + ' "a"\n' * 50_000,
        "[McpToolTrigger" * 50_000,
        "RubyLLM < " * 50_000,
        "use NeuronAI;" + "extends a\\" * 50_000,
        "use NeuronAI;\nimplements " + "Agents" * 50_000,
        " " * 100_000 + "use Jido.",
        "import MCP\n" + ": any " * 50_000,
    ],
)
def test_a_hostile_text_is_searched_in_linear_time(text: str) -> None:
    assert {
        coverage(file, text).status
        for file in ("a.cs", "a.go", "A.java", "a.rs", "a.rb", "a.php", "a.ex", "a.swift")
    } == {FileStatus.SKIPPED}
