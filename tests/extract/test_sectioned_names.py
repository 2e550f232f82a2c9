"""Settings of .NET and Java are called by their sections, which say whose a key is."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of

KEY = "8f2Kd93jQmXp71LzVn5RtY6bWc0HsA4e"


def found(file: str, text: str) -> list[tuple[str, str, str]]:
    return [
        (each.name, each.provider, each.kind) for each in deployment_of({file: text}).credentials
    ]


@pytest.mark.parametrize(
    ("section", "name", "provider"),
    [
        ("AzureOpenAI", "ApiKey", "openai"),
        ("OpenAI", "Key", "openai"),
        ("Anthropic", "Key", "anthropic"),
    ],
)
def test_the_section_says_whose_a_key_is(section: str, name: str, provider: str) -> None:
    text = json.dumps({section: {name: KEY}})

    assert found("src/Desk/appsettings.Development.json", text) == [
        (f"{section}:{name}", provider, "api_key")
    ]


@pytest.mark.parametrize("file", ["application.yml", "src/main/resources/application-prod.yaml"])
def test_a_name_in_four_lines_is_one_in_one(file: str) -> None:
    nested = f"spring:\n  ai:\n    mistralai:\n      api-key: {KEY}\n"

    assert (
        found(file, nested)
        == found(file, f"spring.ai.mistralai.api-key: {KEY}\n")
        == found("application.properties", f"spring.ai.mistralai.api-key={KEY}\n")
        == [("spring.ai.mistralai.api-key", "mistral", "api_key")]
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("application.properties", "app.read.datasource.password=Winter2024xy\n"),
        ("application.yml", "app:\n  read:\n    datasource:\n      password: Winter2024xy\n"),
        ("appsettings.json", '{"Read": {"Datasource": {"password": "Winter2024xy"}}}'),
    ],
)
def test_a_section_that_speaks_of_something_else_hides_no_secret(file: str, text: str) -> None:
    assert found(file, text) == [("password", "", "password")]


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("langchain4j.open-ai.chat-model.api-key", "openai"),
        ("langchain4j.google-ai-gemini.chat-model.api-key", "google"),
        ("langchain4j.community.neo4j.auth.password", "database"),
        ("langchain.api-key", "langsmith"),
    ],
)
def test_keys_of_langchain4j_are_those_of_its_models(name: str, provider: str) -> None:
    assert [each[:2] for each in found("application.properties", f"{name}={KEY}\n")] == [
        (name, provider)
    ]


def test_sections_of_other_files_are_no_names() -> None:
    assert found("settings.json", json.dumps({"AzureOpenAI": {"ApiKey": KEY}})) == [
        ("ApiKey", "", "api_key")
    ]


def test_a_manifest_of_kubernetes_has_names_of_its_own() -> None:
    text = f"""apiVersion: example.com/v1
kind: Database
metadata: {{name: orders}}
spec: {{access: {{password: {KEY}}}}}
"""
    assert found("application.yaml", text) == [("password", "", "password")]
