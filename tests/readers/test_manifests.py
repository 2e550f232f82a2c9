"""Manifests name libraries for agents; what only tests, locks or versions name does not count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.readers.files import NOT_A_FORMAT
from agentaudit.readers.libraries import Registry
from agentaudit.readers.registries import CARGO, GEMS, GO, HEX, MAVEN, NUGET, PACKAGIST, PUB, SWIFT
from agentaudit.rules.fakes import fake

GO_MOD = """module example.com/desk

go 1.24

require (
	github.com/cloudwego/eino v0.5.0
	github.com/spf13/cobra v1.9.1
	github.com/openai/openai-go/v3 v3.5.0 // indirect
)

require github.com/mark3labs/mcp-go v0.40.0
"""
POM = """<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <dependencyManagement><dependencies>
    <dependency><groupId>com.openai</groupId><artifactId>openai-java</artifactId></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <!-- <dependency><groupId>com.google.adk</groupId><artifactId>a</artifactId></dependency> -->
    <dependency>
      <groupId>org.springframework.ai</groupId>
      <artifactId>spring-ai-starter-model-openai</artifactId>
      <exclusions><exclusion><groupId>ai.koog</groupId></exclusion></exclusions>
    </dependency>
    <dependency>
      <artifactId>spring-ai-starter-mcp-client</artifactId>
      <groupId>org.springframework.ai</groupId>
    </dependency>
    <dependency>
      <groupId>dev.langchain4j</groupId><artifactId>langchain4j</artifactId><scope>test</scope>
    </dependency>
  </dependencies>
  <build><plugins><plugin><dependencies>
    <dependency><groupId>com.anthropic</groupId><artifactId>anthropic-java</artifactId></dependency>
  </dependencies></plugin></plugins></build>
</project>
"""
PROJECT = """<Project Sdk="Microsoft.NET.Sdk">
  <ItemGroup>
    <PackageReference Include="Microsoft.SemanticKernel.Core" Version="1.60.0" />
    <PackageReference Include="ModelContextProtocol" />
    <PackageVersion Include="OpenAI" Version="2.0.0" />
  </ItemGroup>
</Project>
"""
CARGO_TOML = """[package]
name = "desk"

[dependencies]
models = { package = "async-openai", version = "0.29" }
rmcp.workspace = true

[target.'cfg(unix)'.dependencies]
swiftide = "0.30"

[dev-dependencies]
rig-core = "0.20"
"""
CATALOG = """[versions]
koog = "0.5.0"

[libraries]
koog-agents = { module = "ai.koog:koog-agents", version.ref = "koog" }
gemini = { group = "com.google.genai", name = "google-genai" }
mcp = "io.modelcontextprotocol:kotlin-sdk:0.7.0"
bom = "dev.langchain4j:langchain4j-bom:1.0.0"
"""
GRADLE = """dependencies {
    implementation platform("dev.langchain4j:langchain4j-bom:1.0.0")
    implementation("com.embabel.agent:embabel-agent-starter:0.3.0")
    // implementation("com.google.adk:google-adk:0.3.0")
    testImplementation 'ai.koog:koog-agents:0.5.0'
    runtimeOnly group: 'com.anthropic', name: 'anthropic-java', version: '2.0.0'
}
"""
MIX = """defp deps do
  [
    {:jido_ai, "~> 2.0"},
    # {:langchain, "~> 0.4"},
    {:ash_ai, "~> 0.2", only: [:dev, :test]},
    {:req_llm, "~> 1.0", only: [:dev, :prod]}
  ]
end
"""
COMPOSER = """{
  "name": "acme/desk",
  "require": {"php": "^8.3", "prism-php/prism": "^0.90"},
  "require-dev": {"neuron-core/neuron-ai": "^2.0"}
}
"""
SWIFT_PACKAGE = """dependencies: [
    .package(url: "https://github.com/modelcontextprotocol/swift-sdk.git", from: "0.10.0"),
    // .package(url: "https://github.com/MacPaw/OpenAI", from: "0.4.0"),
]
"""
GEMFILE = 'source "x"\n\ngem "ruby_llm"\n# gem "mcp"\ngem("langchainrb")\n'
GEMSPEC = 's.add_dependency "openai"\ns.add_development_dependency "mcp"\n'
SBT = """libraryDependencies ++= Seq(
  "dev.langchain4j" % "langchain4j" % "1.8.0",
  // "com.google.adk" % "google-adk" % "0.3.0",
  "ai.koog" %% "koog-agents" % "0.5.0" % Test
)
"""
PUBSPEC = """name: desk
dependencies:
  langchain_openai: ^0.7.0
  google_generative_ai: ^0.4.0
dev_dependencies:
  openai_dart: ^0.5.0
"""
CASES = [
    ("go.mod", GO_MOD, ["6:2 Eino", "11:9 mcp-go"]),
    ("a/pom.xml", POM, ["8:5 Spring AI", "13:5 MCP for Spring AI"]),
    ("a/Desk.csproj", PROJECT, ["3:5 Semantic Kernel", "4:5 the MCP SDK"]),
    ("Directory.Packages.props", PROJECT, ["3:5 Semantic Kernel", "4:5 the MCP SDK"]),
    ("Cargo.toml", CARGO_TOML, ["5:1 async-openai", "6:1 the MCP SDK", "9:1 Swiftide"]),
    ("gradle/libs.versions.toml", CATALOG, ["5:1 Koog", "6:1 Gemini", "7:1 the MCP SDK"]),
    ("build.gradle", GRADLE, ["3:21 Embabel", "6:25 Anthropic's SDK"]),
    ("build.gradle.kts", GRADLE, ["3:21 Embabel", "6:25 Anthropic's SDK"]),
    ("Gemfile", GEMFILE, ["3:6 RubyLLM", "5:6 LangChain.rb"]),
    ("a.gemspec", GEMSPEC, ["1:19 OpenAI's SDK"]),
    ("mix.exs", MIX, ["3:7 Jido", "6:7 ReqLLM"]),
    ("composer.json", COMPOSER, ["3:30 Prism"]),
    ("build.sbt", SBT, ["2:4 LangChain4j"]),
    ("app/pubspec.yaml", PUBSPEC, ["3:3 LangChain.dart", "4:3 Gemini"]),
    ("Package.swift", SWIFT_PACKAGE, ["2:39 the MCP SDK"]),
]  # fmt: skip


def _library(what: str) -> str:
    return what.removeprefix("a dependency on ").partition(",")[0]


def coverage(file: str, text: str) -> FileCoverage:
    return deployment_of({file: text}).coverage[0]


@pytest.mark.parametrize(("file", "text", "named"), CASES)
def test_what_programs_depend_on_is_named_at_its_place(
    file: str, text: str, named: list[str]
) -> None:
    found = deployment_of({file: text})

    assert [
        f"{end.evidence.line}:{end.evidence.column} {_library(end.what)}"
        for end in found.unresolved
    ] == named
    assert found.coverage[0].status is FileStatus.PARTIAL
    assert found.incomplete


def test_what_a_library_is_for_is_said_in_words() -> None:
    found = deployment_of({"go.mod": GO_MOD, "a.gemspec": GEMSPEC}).unresolved

    assert [end.what for end in found] == [
        "a dependency on OpenAI's SDK, with which programs in Ruby ask models: those are not read",
        "a dependency on Eino, with which programs in Go build agents: those are not read",
        "a dependency on mcp-go, with which programs in Go serve or use tools: those are not read",
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("go.sum", "github.com/cloudwego/eino v0.5.0 h1:abc=\n"),
        ("Gemfile.lock", "    ruby_llm (1.8.0)\n"),
        ("Cargo.lock", '[[package]]\nname = "rig-core"\n'),
        ("go.mod", "module github.com/cloudwego/eino\n\nrequire github.com/a/b v1.0.0\n"),
        ("go.mod", "replace github.com/cloudwego/eino v0.5.0 => ../eino\n"),
        ("pom.xml", "<project><groupId>dev.langchain4j</groupId></project>"),
        ("tests/Desk.Tests/Desk.csproj", PROJECT),
        ("Desk.csproj", '<Project><PackageReference Include="OpenAIDocs" /></Project>'),
        ("mix.exs", '{:langchainable, "~> 1.0"}\n'),
        ("build.gradle", 'implementation("dev.langchain4jay:core:1.0")\n'),
        ("scaffold/go.mod.tmpl", GO_MOD),
        ("scaffold/pom.xml.tmpl", POM),
        ("scaffold/Gemfile.erb", 'gem "ruby_llm"\n'),
    ],
)
def test_other_files_are_of_no_interest(file: str, text: str) -> None:
    found = coverage(file, text)

    assert (found.status, found.reason) == (FileStatus.SKIPPED, NOT_A_FORMAT)


@pytest.mark.parametrize("file", ["Cargo.toml", "composer.json"])
def test_other_manifests_that_are_read_as_settings_name_nothing(file: str) -> None:
    text = '[dependencies]\nserde = "1"\n' if file == "Cargo.toml" else '{"require": {"php": "8"}}'

    assert not deployment_of({file: text}).incomplete


ENTITIES = """<!DOCTYPE project [<!ENTITY a "com.openai"><!ENTITY b SYSTEM "file:///etc/passwd">]>
<project><dependencies><dependency><groupId>&a;</groupId></dependency></dependencies></project>
"""
DEEP = f"<project>{'<a>' * 200}com.openai{'</a>' * 200}</project>"


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("pom.xml", ENTITIES, "XML with a document type, which is not read"),
        ("pom.xml", DEEP, "nested deeper than 100"),
        ("pom.xml", "<project>com.openai", "broken XML: no element found"),
        ("a.csproj", "<Project>OpenAI</Projekt>", "broken XML: mismatched tag"),
        (
            "pom.xml",
            f"<project>com.openai{' ' * 500_000}</project>",
            "more than 500,000 characters",
        ),
    ],
)
def test_a_hostile_or_broken_manifest_is_named(file: str, text: str, reason: str) -> None:
    found = coverage(file, text)

    assert found.status is FileStatus.FAILED
    assert reason in found.reason


@pytest.mark.parametrize(
    "text",
    [
        "github.com/cloudwego/eino" + "/a" * 200_000,
        "com.openai" + "'" * 400_000,
        'gem "openai' * 30_000,
        "{:langchain" * 40_000,
        "only:" * 80_000 + "{:langchain, 1}",
        'url: "github.com/macpaw/openai' * 10_000,
        "com.openai group: '" * 20_000,
    ],
)
def test_a_hostile_line_is_searched_in_linear_time(text: str) -> None:
    files = ("go.mod", "build.gradle", "Gemfile", "mix.exs", "Package.swift")

    assert all(coverage(file, text).status is not FileStatus.FAILED for file in files)


def test_keys_of_a_known_form_are_found_in_manifests() -> None:
    key = fake("openai_key")
    (credential,) = deployment_of({"build.gradle": f'ext.key = "{key}"\n'}).credentials

    assert (credential.provider, credential.evidence[0].line) == ("openai", 1)


@pytest.mark.parametrize("registry", [GO, MAVEN, NUGET, CARGO, GEMS, PACKAGIST, HEX, SWIFT, PUB])
def test_every_listed_name_is_found_again(registry: Registry) -> None:
    """A name that is written as no package is found could never be told."""
    for key, library in registry.known.items():
        package = (
            key.replace("*", "x") if key.endswith(("/*", ":*", ".*", "-*")) else key.strip("*")
        )

        assert registry.find(package) == library
        assert registry.find(package.upper()) == library
        assert registry.may_know(f"<{package}>")


def test_the_longest_name_decides_what_a_package_is() -> None:
    assert [
        found.name
        for artifact in ("spring-ai-client-chat", "spring-ai-starter-mcp-server")
        if (found := MAVEN.find(f"org.springframework.ai:{artifact}"))
    ] == ["Spring AI", "MCP for Spring AI"]


PARTS = (
    *"<>/&;\"'=:,.{}[]()\n\t \0\ud800#",
    *("OpenAI", "com.openai", "dependency", "<dependencies>", "</dependencies>", "<groupId>"),
    *("<!--", "-->", "]]>", "<![CDATA[", "<?xml ", "?>", "PackageReference Include"),
    *('gem "openai"', "{:langchain,", "openai-go v1", "[dependencies]", "rig-core", '"require"'),
)


@given(
    st.sampled_from([file for file, _, _ in CASES]), st.lists(st.sampled_from(PARTS), max_size=30)
)
def test_no_text_breaks_a_manifest(file: str, parts: list[str]) -> None:
    text = "".join(parts)
    lines = text.count("\n") + 1

    assert all(1 <= end.evidence.line <= lines for end in deployment_of({file: text}).unresolved)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "no-such-encoding"])
def test_a_declared_encoding_changes_nothing_of_a_text_that_was_read(encoding: str) -> None:
    text = POM.replace('version="1.0"', f'version="1.0" encoding="{encoding}"')

    assert len(deployment_of({"pom.xml": text}).unresolved) == 2
