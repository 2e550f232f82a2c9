"""Keys that stand in pages and apps of everybody, and those that only seem to."""

import pytest

from agentaudit.extract.credentials.secret_names import secret_name
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Confidence

KEY = "AIzaSy" + "Qk7Zr2Pv9Wm4Tx8Ln3Hc6Bd5Jf1Gs0Yue"[:33]
APP = """firebase.initializeApp({
  apiKey: 'HERE',
  authDomain: 'shop.firebaseapp.com',
  messagingSenderId: '829229653695',
});
"""


OF_ANDROID = """{"client": [{
  "api_key": [{"current_key": "HERE"}],
  "client_info": {"mobilesdk_app_id": "1:8292:android:a1"}
}]}
"""


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("public/worker.js", APP),
        (
            "src/app.ts",
            f"import {{ initializeApp }} from 'firebase/app';\nexport const a = {APP[9:]}",
        ),
        ("google-services.json", OF_ANDROID),
        (".env", "VITE_FIREBASE_API_KEY=HERE\n"),
        (".env", "GOOGLE_MAPS_API_KEY=HERE\n"),
    ],
)
def test_the_key_of_an_app_of_firebase_or_of_maps_is_possible_at_most(file: str, text: str) -> None:
    found = deployment_of({file: text.replace("HERE", KEY)})

    assert [each.confidence for each in found.credentials] == [Confidence.POSSIBLE]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".env", f"VITE_FIREBASE_AUTH_DOMAIN=shop.firebaseapp.com\nVITE_GEMINI_API_KEY={KEY}\n"),
        ("app/ask.js", f"const client = new Client({{\n  apiKey: '{KEY}',\n}});\n"),
    ],
)
def test_a_key_for_models_is_none_of_them(file: str, text: str) -> None:
    (found,) = deployment_of({file: text}).credentials

    assert found.confidence is Confidence.CERTAIN


@pytest.mark.parametrize(
    "name",
    [
        "VITE_GOOGLE_MAPS_API_KEY",
        "REACT_APP_MAPBOX_TOKEN",
        "NEXT_PUBLIC_API_KEY",
        "VITE_SENTRY_DSN",
    ],
)
def test_what_every_browser_is_given_is_no_secret(name: str) -> None:
    assert secret_name(name) is None


@pytest.mark.parametrize("name", ["REACT_APP_ADMIN_TOKEN", "VITE_API_TOKEN", "NEXT_PUBLIC_API_KEY"])
def test_what_every_browser_is_given_may_be_a_secret_by_mistake(name: str) -> None:
    read = deployment_of({".env": f"{name}=q8Zr5Lw2Xn7Vt4Kp9Ym3Hd6f\n"}).credentials
    referred = deployment_of({".env": f"{name}=${{{name}}}\n"}).credentials

    assert [each.confidence for each in read] == [Confidence.POSSIBLE]
    assert not referred


@pytest.mark.parametrize(
    "name",
    [
        "VITE_OPENAI_API_KEY",
        "NEXT_PUBLIC_ANTHROPIC_API_KEY",
        "VITE_GEMINI_API_KEY",
        "VITE_DB_PASSWORD",
    ],
)
def test_what_only_servers_should_hold_is_one_all_the_same(name: str) -> None:
    assert secret_name(name) is not None


@pytest.mark.parametrize(
    ("value", "sure"),
    [
        ("test_gsk_7Zk2PvW9sLx4TnB8rYcQ", Confidence.POSSIBLE),
        ("sk_test_7Zk2PvW9sLx4TnB8rYcQ", Confidence.POSSIBLE),
        ("live_gsk_7Zk2PvW9sLx4TnB8rYcQ", Confidence.LIKELY),
    ],
)
def test_a_key_that_moves_no_money_is_possible_at_most(value: str, sure: Confidence) -> None:
    (found,) = deployment_of({".env": f"SHOP_SECRET_KEY={value}\n"}).credentials

    assert found.confidence is sure


@pytest.mark.parametrize(
    ("value", "provider"),
    [
        ("sbp_" + "0a1b2c3d4e" * 4, "supabase"),
        ("ctx7sk-0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d", "context7"),
        ("napi_" + "0a1b2c3d" * 8, "neon"),
        ("squ_" + "0a1b2c3d4e" * 4, "sonarqube"),
    ],
)
def test_keys_of_services_that_tool_servers_ask_are_known(value: str, provider: str) -> None:
    text = f'{{"mcpServers": {{"desk": {{"command": "desk-mcp", "args": ["--at", "{value}"]}}}}}}'
    (found,) = deployment_of({".mcp.json": text}).credentials

    assert (found.provider, found.confidence) == (provider, Confidence.CERTAIN)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("RUN echo 'DB_PASSWORD=$DB_PASSWORD psql' > /app/mend.sh", []),
        ("ARG DB_PASSWORD\nRUN DB_PASSWORD=$DB_PASSWORD ./fill.sh", ["DB_PASSWORD"]),
    ],
)
def test_what_nobody_sets_while_an_image_is_built_is_in_no_layer(
    lines: str, names: list[str]
) -> None:
    found = deployment_of({"Dockerfile": f"FROM python:3.12\n{lines}\n"}).credentials

    assert [each.variable for each in found if each.exposure == "image"] == names


def test_what_firebase_makes_for_an_app_holds_no_other_key() -> None:
    far = ",".join(f'"a{number}": 1\n' for number in range(40))
    text = f'{{"client_info": {{"mobilesdk_app_id": "1:8"}},\n{far}, "current_key": "{KEY}"}}'
    (found,) = deployment_of({"android/app/google-services.json": text}).credentials

    assert found.confidence is Confidence.POSSIBLE


def test_the_key_of_neons_documentation_is_none() -> None:
    shown = "napi_9tlr13774gizlj" + "0a1b2c3d4" * 5 + "0a1b2"

    assert deployment_of({".env": f"NEON_KEY={shown}\n"}).credentials == ()
