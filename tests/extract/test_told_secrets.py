"""Secrets that only the words around them tell are taken out of every text, and nothing else is."""

import pytest

from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.redaction import all_cleaned, arguments, cleaned
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId

KEY = "q7Ab3dEf5hJk9mNp2rTs6"
HEX = "0123456789abcdef" * 2
WORD, WORDS = "Winter40711hummel", "winter40711 hummel55 garden6"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("agent --password '{words}' --port 80", "agent --password '…' --port 80"),
        ("agent --pass {word}", "agent --pass …"),
        ("agent --access-key {key}", "agent --access-key …"),
        ("agent --auth agent:{word}", "agent --auth agent:…"),
        (
            'docker run -e "DB_PASSWORD={words}" acme/agent',
            'docker run -e "DB_PASSWORD=…" acme/agent',
        ),
        (
            'docker run -e "KEYSTORE_PASSPHRASE={words}" acme/agent',
            'docker run -e "KEYSTORE_PASSPHRASE=…" acme/agent',
        ),
        ("env 'DB_PASS={words}' agent", "env 'DB_PASS=…' agent"),
        ('export DB_PASS="{words}"; agent', 'export DB_PASS="…"; agent'),
        ("mysql -u root -p'{words}' -h db", "mysql -u root -p'…' -h db"),
        ("mysql -uroot -p{word} app", "mysql -uroot -p… app"),
        ("sshpass -p {word} ssh deploy@db", "sshpass -p … ssh deploy@db"),
        ("redis-cli -h cache -a {word} ping", "redis-cli -h cache -a … ping"),
        ('["redis-cli", "-a", "{word}"]', '["redis-cli", "-a", "…"]'),
        ("sqlcmd -U sa -P {word}", "sqlcmd -U sa -P …"),
        ("mosquitto_pub -u a -P {word} -t b", "mosquitto_pub -u a -P … -t b"),
        ("cqlsh -u agent -p {word}", "cqlsh -u agent -p …"),
        ("ssh-keygen -t ed25519 -N '{words}'", "ssh-keygen -t ed25519 -N '…'"),
        ("keytool -storepass {word} -list", "keytool -storepass … -list"),
        ("gh auth login --with-token <<< {key}", "gh auth login --with-token <<< …"),
        ("kinit agent <<<'{words}'", "kinit agent <<<'…'"),
        ("docker login -u bot -p {word} acme.example", "docker login -u bot -p … acme.example"),
        ("echo {word} | docker login --password-stdin", "echo … | docker login --password-stdin"),
        ('echo "root:{word}" | chpasswd', 'echo "root:…" | chpasswd'),
        ("htpasswd -b .htpasswd agent {word}", "htpasswd -b .htpasswd agent …"),
        ("sqlplus scott/{word}@orcl", "sqlplus scott/…"),
        ("curl -u 'agent:{words}' https://a.example", "curl -u 'agent:…' https://a.example"),
        ("curl -su agent:{word} https://a.example", "curl -su agent:… https://a.example"),
        ("curl -fsSLu agent:{word} https://a.example", "curl -fsSLu agent:… https://a.example"),
        ("openssl enc -a -k {word}", "openssl enc -a -k …"),
        ("openssl rsa -passin pass:{word}", "openssl rsa -passin pass:…"),
        ('db.connect("agent", "{words}", "app")', 'db.connect("agent", …)'),
        ("connect('db', 'agent', '{word}').cursor()", "connect('db', …).cursor()"),
        ("connect(\n    'agent',\n    '{word}'\n)", "connect(\n    'agent',\n    …\n)"),
    ],
)
def test_what_a_command_is_given_is_not_shown(text: str, shown: str) -> None:
    given = text.format(key=KEY, word=WORD, words=WORDS)

    assert cleaned(given) == shown
    assert all_cleaned(("other", given)) == ("other", shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password: {words}", "password: …"),
        ("'password' => '{word}',", "'password' => '…',"),
        ('{{"user":"app","pass":"{word}"}}', '{{"user":"app","pass":"…"}}'),
        ('{{\\"apiKey\\": \\"{key}\\"}}', '{{"apiKey": "…"}}'),
        ('secret_key = "{key}"', 'secret_key = "…"'),
        ('os.environ["ACME_TOKEN"] = "{key}"', 'os.environ["ACME_TOKEN"] = "…"'),
        ("<password>{word}</password>", "<password>…</password>"),
        ('<add key="ApiKey" value="{key}" />', '<add key="ApiKey" value="…" />'),
        ("ALTER USER app WITH PASSWORD '{words}'", "ALTER USER app WITH PASSWORD '…'"),
        ("CREATE USER app IDENTIFIED BY '{word}'", "CREATE USER app IDENTIFIED BY '…'"),
        ("requirepass {word}", "requirepass …"),
        (
            "machine a.example login agent password {word}",
            "machine a.example login agent password …",
        ),
        ("db.example:5432:app:agent:{word}", "db.example:5432:app:agent:…"),
        ("Ocp-Apim-Subscription-Key: {hex}", "Ocp-Apim-Subscription-Key: …"),
        ("X-Auth: {key}", "X-Auth: …"),
        ("Cookie: session={key}; theme=dark", "Cookie: session=…; theme=dark"),
        ("authorization=Bearer%20{key},x-team=a", "authorization=…,x-team=a"),
        ("The password is {word}.", "The password is …"),
        ("f\"Bearer {{token or '{key}'}}\"", "f\"Bearer {{token or '…'}}\""),
        ("apiKey ?? `{key}`", "apiKey ?? `…`"),
        ("process.env.DB_PASSWORD || '{word}'", "process.env.DB_PASSWORD || '…'"),
        (
            "https://hooks.zapier.com/hooks/catch/1234567/abcdefghijklm/",
            "https://hooks.zapier.com/…",
        ),
        ("https://discord.com/api/webhooks/1/aBcDeFgH-iJk_l", "https://discord.com/api/webhooks/…"),
        ("Use the API key `{key}` here.", "Use the API key `…` here."),
        ("| password | `{word}` |", "| password | `…` |"),
        ("Log in as admin / {word}", "Log in as admin / …"),
        ("Our secret is {key}, tell nobody.", "Our secret is …, tell nobody."),
        (
            "aws configure set aws_secret_access_key {key}",
            "aws configure set aws_secret_access_key …",
        ),
    ],
)
def test_what_a_text_tells_is_not_shown(text: str, shown: str) -> None:
    given = text.format(key=KEY, word=WORD, words=WORDS, hex=HEX)

    assert cleaned(given) == shown.replace("{{", "{").replace("}}", "}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (KEY, "…"),
        (f"acme/{KEY}", "acme/…"),
        (f"key-{HEX}", "key-…"),
        (f"SK{HEX}", "SK…"),
        (f"https://a.example/s/{HEX}/sse", "https://a.example/s/…/sse"),
        (f"a eyJhbGciOiJIUzI1NiJ9.{KEY}.{KEY}", "a eyJ…"),
        ("agent -k nQCpudm4Zqmh3DZw4fgqJOEB", "agent -k …"),
        ("https://a.example/SwzWDTKtZemfWVMdKyYeozRP/sse", "https://a.example/…/sse"),
        ("curl -u SwzWDTKtZemfWVMdKyYeozRP: https://a.example", "curl -u …: https://a.example"),
        ('curl -b "session=SwzWDTKtZemfWVMdKyYeozRP" x', 'curl -b "session=…" x'),
        ("token: sVQDowkpqDQtQxDozrahlQhC", "token: …"),
        ('secret_key = "lhmbsLpzknckvltJynnrsNYe"', 'secret_key = "…"'),
        ("Use bearer token VWSfGeqkRHuzodjNYVmtpbtb.", "Use bearer token …"),
    ],
)
def test_what_was_drawn_by_chance_is_not_shown(text: str, shown: str) -> None:
    assert cleaned(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "AgentCoreGatewayServiceRole8F3A21C4",
        "MyStackVpcPublicSubnet1DefaultRoute3DA9E72A",
        "AmazonEC2ContainerRegistryReadOnly",
        "X25519KeyPairKeyObjectOptions",
        "acme/agent@sha256:" + HEX * 2,
        "sha512-" + KEY * 4,
        "actions/checkout@" + HEX + "01234567",
        "https://x.example/blob/" + HEX + "01234567/a.py",
        "docker run -p 8080:80 acme/agent",
        "mkdir -p /srv/agent2024/data",
        "mysql -p -h db",
        'mysql -p"$DB_PASSWORD"',
        "redis-cli -p 6379 ping",
        'TOKEN="$(cat "$TOKEN_FILE")"',
        "passphrase = `LIVESYNC_PASSPHRASE_2`",
        "existingSecret: langfuse-s3-auth",
        "secretKey: openai_api_key_1",
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:MyAgentSecret1-a1b2c3",
        "arn:aws:logs:*:*:log-group:/aws/lambda/agent2-*",
        "GOOGLE_APPLICATION_CREDENTIALS: ~/agent-d72f2d61e4ac.json",
        "openssl req -newkey rsa:2048 -nodes -keyout agent2.key",
        "Password must be at least 8 characters.",
        "All E2E tests pass: `make test2`",
        "[1Password Connect](https://developer.1password.example/docs)",
        '"clientToken": str(uuid.uuid4()),',
        '"output_cost_per_token": 1.65e-05,',
        "the token of the workflow, and the key of each server",
        "Basic authentication",
        "urlBase64ToUint8Array",
        "token: GetReposPullsByOwnerByRepoByPullNumber",
        "secret: BackgroundWorkflowInstructions",
        "https://a.example/JsonSerializerIsReflectionEnabledByDefault",
        "git checkout -b feature=a-long-name-of-a-branch",
        'token or "default-token"',
        "a token or `AGENT_KEY_2`",
        "https://discord.com/api/webhooks/$ID",
    ],
)
def test_ordinary_words_are_shown(text: str) -> None:
    assert cleaned(text) == text


def test_an_option_of_a_program_that_is_not_known_hides_what_somebody_chose() -> None:
    given = ("-p", WORD, f"-p{WORD}", "-p", "python3.11", "-p", "8080:80", "-w", "src", "-a", "all")

    assert arguments(given) == ("-p", "…", "-p…", *given[3:])


@pytest.mark.parametrize(
    "reason",
    [f"ask with password {WORD}", f"ask with {KEY}", f"curl -u agent:{WORD} https://a.example"],
)
def test_the_reason_of_a_suppression_is_shown_without_a_secret(reason: str) -> None:
    text = f"# agentaudit: ignore[unpinned-mcp-server] {reason}\nservices: {{a: {{image: a}}}}\n"
    (found,) = deployment_of({"compose.yaml": text}).suppressions

    assert found.reason.endswith(("…", "… https://a.example"))


def test_a_file_is_called_without_the_secret_in_its_name() -> None:
    """Of two that are then called alike, each has a name of its own."""
    text = '{"mcpServers": {"a": {"command": "npx", "args": ["-y", "a-mcp"]}}}'
    files = (f"{KEY}/.mcp.json", f"{KEY}s7/.mcp.json", f"a/token={KEY}.bin", f"<passwd>{WORD}")
    deployment = deployment_of({**dict.fromkeys(files, text), "b/.mcp.json": text})

    assert {file.file for file in deployment.coverage} == {
        *("…/.mcp.json", "…/.mcp.json (2)", "a/token=…", "<passwd>…", "b/.mcp.json")
    }
    assert KEY not in repr(deployment)


def test_a_fact_that_is_changed_is_shown_without_a_secret() -> None:
    collector = Collector()
    place = Evidence(file="a.yaml", line=1, column=1, end_line=1, end_column=1)
    agent = Agent(id=FactId("agent:a"), name="a", evidence=(place,))
    collector.update(agent)
    collector.update(Agent(id=agent.id, name=f"password: {WORD}", evidence=agent.evidence))

    assert [fact.name for fact in collector.of(Agent)] == ["password: …"]


def test_a_resource_of_cloudformation_that_is_called_like_a_secret_is_shown_without_it() -> None:
    """Where its name is part of another: of its policy's."""
    statement = '{Effect: Allow, Action: "*", Resource: "*"}'
    policies = f"[{{PolicyName: p, PolicyDocument: {{Statement: [{statement}]}}}}]"
    role = f"{{Type: 'AWS::IAM::Role', Properties: {{Policies: {policies}}}}}"
    deployment = deployment_of({"template.yaml": f"Resources:\n  'password: {WORD}': {role}\n"})

    assert len(deployment.grants) == 1
    assert WORD.lower() not in repr(deployment).lower()
