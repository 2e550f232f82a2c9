"""
A repository of many files, as the lint benchmarks read it: the same bytes for the same number.

    python benchmarks/generate_deployments.py FOLDER [--files 1000]

A quarter each are Kubernetes manifests, JSON (settings of MCP clients, IAM policies, packages of
other programs), Terraform and Python. Most are what a repository mostly holds and give no cause
for a finding; some hold a credential, a wildcard or a memory without bound. All names and keys are
made up.
"""

import argparse
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

_SERVICES = ("billing", "search", "support", "ledger", "catalogue", "mailer", "review", "planner")
_WORDS = ("orders", "refunds", "reports", "tickets", "prices", "stock", "letters", "claims")
_TEAMS = ("red", "blue", "green", "amber")


def main() -> None:
    """Write the files below the folder."""
    parser = argparse.ArgumentParser(description="Write a repository for the lint benchmarks.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=1000)
    options = parser.parse_args()
    generate(options.folder, options.files)


def generate(folder: Path, files: int) -> None:
    """`files` files of four kinds below the folder, a hundred in each of its own folders."""
    for number in range(files):
        # The n-th file is the same whatever the number of files.
        draw = random.Random(number)  # noqa: S311  # no secret depends on it
        suffix, text = _KINDS[number % len(_KINDS)]
        path = folder / f"{_SERVICES[number // 100 % len(_SERVICES)]}-{number // 100}"
        path.mkdir(parents=True, exist_ok=True)
        (path / f"{_WORDS[number % len(_WORDS)]}_{number}{suffix}").write_text(text(draw, number))


def _kubernetes(draw: random.Random, number: int) -> str:
    name = f"{draw.choice(_SERVICES)}-{number}"
    containers = "\n".join(_container(draw, name, index) for index in range(draw.randint(1, 3)))
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {draw.choice(_TEAMS)}
  labels: &labels
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: {draw.choice(_WORDS)}
spec:
  replicas: {draw.randint(1, 9)}
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels: *labels
    spec:
      serviceAccountName: {name}
      securityContext:
        runAsNonRoot: {draw.choice(("true", "true", "false"))}
      containers:
{containers}
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector: {{app.kubernetes.io/name: {name}}}
  ports:
    - {{name: http, port: 80, targetPort: 8080}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {name}
rules:
  - apiGroups: [""]
    resources: [{draw.choice(("configmaps", "configmaps", "secrets", "pods"))}]
    verbs: [{draw.choice(("get", "list", '"*"'))}]
"""


def _container(draw: random.Random, name: str, index: int) -> str:
    key = _opaque(draw, 40)
    secret = (
        f'value: "sk-ant-api03-{key}"'
        if draw.random() < 0.04  # noqa: PLR2004
        else f"valueFrom: {{secretKeyRef: {{name: {name}, key: model}}}}"
    )
    return f"""\
        - name: {draw.choice(_WORDS)}-{index}
          image: registry.example.com/{name}:{draw.randint(1, 9)}.{draw.randint(0, 30)}.0
          env:
            - name: LOG_LEVEL
              value: {draw.choice(("info", "debug", "warning"))}
            - name: ANTHROPIC_API_KEY
              {secret}
            - name: REDIS_URL
              value: redis://redis.{name}.svc:6379/0
          ports:
            - containerPort: {8080 + index}
          readinessProbe:
            httpGet: {{path: /healthz, port: {8080 + index}}}
            periodSeconds: {draw.randint(5, 30)}
          resources:
            requests: {{cpu: {draw.randint(1, 9)}00m, memory: {draw.randint(1, 9)}00Mi}}
            limits: {{cpu: "{draw.randint(1, 4)}", memory: {draw.randint(1, 4)}Gi}}
          volumeMounts:
            - {{name: data, mountPath: /data}}"""


def _json(draw: random.Random, number: int) -> str:
    kind = draw.choice((_servers, _policy, _policy, _package, _records, _records))
    return json.dumps(kind(draw, number), indent=2) + "\n"


def _servers(draw: random.Random, _number: int) -> object:
    def server() -> object:
        key = "ghp_" + _opaque(draw, 36) if draw.random() < 0.2 else "${GITHUB_TOKEN}"  # noqa: PLR2004
        package = f"@acme/{draw.choice(_WORDS)}-server"
        return {"command": "npx", "args": ["-y", package], "env": {"GITHUB_TOKEN": key}}

    return {"mcpServers": {f"{draw.choice(_WORDS)}{index}": server() for index in range(4)}}


def _policy(draw: random.Random, _number: int) -> object:
    def statement() -> object:
        service = draw.choice(("s3", "dynamodb", "sqs", "lambda", "bedrock", "logs"))
        actions = {
            "s3": ["s3:GetObject", "s3:PutObject"],
            "dynamodb": ["dynamodb:GetItem", "dynamodb:Query"],
            "sqs": ["sqs:SendMessage", "sqs:ReceiveMessage"],
            "lambda": ["lambda:InvokeFunction"],
            "bedrock": ["bedrock:InvokeModel"],
            "logs": ["logs:CreateLogStream", "logs:PutLogEvents"],
        }[service]
        wide = draw.random() < 0.1  # noqa: PLR2004
        return {
            "Sid": f"{service.title()}{draw.randint(1, 99)}",
            "Effect": "Allow",
            "Action": f"{service}:*" if wide else actions,
            "Resource": f"arn:aws:{service}:eu-west-1:123456789012:{draw.choice(_WORDS)}",
        }

    return {"Version": "2012-10-17", "Statement": [statement() for _ in range(8)]}


def _package(draw: random.Random, number: int) -> object:
    names = {f"{draw.choice(_WORDS)}-{draw.randint(1, 99)}": "^1.2.3" for _ in range(40)}
    return {"name": f"@acme/{number}", "version": "1.0.0", "private": True, "dependencies": names}


def _records(draw: random.Random, _number: int) -> object:
    def record() -> object:
        words = [draw.choice(_WORDS) for _ in range(6)]
        return {"id": draw.randint(1, 10**6), "words": words, "price": draw.random()}

    return {"records": [record() for _ in range(20)]}


def _terraform(draw: random.Random, number: int) -> str:
    name = f"{draw.choice(_SERVICES)}_{number}"
    wide = draw.random() < 0.1  # noqa: PLR2004
    return f"""\
variable "{name}_region" {{
  type    = string
  default = "eu-west-1"
}}

locals {{
  {name}_tags = merge({{ team = "{draw.choice(_TEAMS)}" }}, {{ service = "{name}" }})
}}

resource "aws_s3_bucket" "{name}" {{
  bucket = "acme-{name}-${{var.{name}_region}}"
  tags   = local.{name}_tags
}}

data "aws_iam_policy_document" "{name}" {{
  statement {{
    sid       = "Objects"
    actions   = [{'"s3:*"' if wide else '"s3:GetObject", "s3:PutObject"'}]
    resources = ["${{aws_s3_bucket.{name}.arn}}/*"]
  }}
  statement {{
    sid       = "Queues"
    actions   = ["sqs:SendMessage", "sqs:GetQueueAttributes"]
    resources = ["arn:aws:sqs:eu-west-1:123456789012:{name}-*"]
    condition {{
      test     = "StringEquals"
      variable = "aws:ResourceTag/service"
      values   = ["{name}"]
    }}
  }}
}}

resource "aws_iam_role" "{name}" {{
  name                 = "{name}"
  max_session_duration = {draw.choice((3600, 3600, 43200))}
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = {{ Service = "lambda.amazonaws.com" }}
      Condition = {{ StringEquals = {{ "aws:SourceAccount" = "123456789012" }} }}
    }}]
  }})
}}

resource "aws_iam_role_policy" "{name}" {{
  role   = aws_iam_role.{name}.id
  policy = data.aws_iam_policy_document.{name}.json
}}

resource "aws_lambda_function" "{name}" {{
  function_name = "{name}"
  role          = aws_iam_role.{name}.arn
  runtime       = "python3.12"
  handler       = "app.handler"
  timeout       = {draw.choice((30, 60, 900))}
  memory_size   = {draw.choice((256, 512, 1024))}
  filename      = "build/{name}.zip"
  environment {{
    variables = {{
      TABLE  = "{draw.choice(_WORDS)}"
      BUCKET = aws_s3_bucket.{name}.bucket
    }}
  }}
  tags = local.{name}_tags
}}
"""


def _python(draw: random.Random, number: int) -> str:
    head = (
        "from langchain.agents import create_agent\nfrom langchain.tools import tool\n"
        if draw.random() < 0.3  # noqa: PLR2004
        else ""
    )
    functions = "\n\n".join(_function(draw, index, tool=bool(head)) for index in range(8))
    agent = f'\n\nagent = create_agent("gpt-5", tools=[step_{number % 8}])\n' if head else "\n"
    title = f'"""Module {number}: {draw.choice(_WORDS)}."""'
    return f"{title}\n\n{head}import json\n\n\n{functions}{agent}"


def _function(draw: random.Random, index: int, *, tool: bool) -> str:
    words = ", ".join(repr(draw.choice(_WORDS)) for _ in range(6))
    return f'''\
{"@tool" if tool else "# plain"}
def step_{index}(values: list[int], scale: float = {draw.random():.3f}) -> str:
    """Fold the values of {draw.choice(_WORDS)}."""
    known = ({words})
    total = 0.0
    for place, value in enumerate(values):
        if value % {draw.randint(2, 9)} == 0:
            total += value * scale
        else:
            total -= len(known[place % len(known)])
    return json.dumps({{"total": total, "known": known}})
'''


def _opaque(draw: random.Random, length: int) -> str:
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(draw.choice(letters) for _ in range(length))


_KINDS: Sequence[tuple[str, Callable[[random.Random, int], str]]] = (
    (".yaml", _kubernetes),
    (".json", _json),
    (".tf", _terraform),
    (".py", _python),
)

if __name__ == "__main__":
    main()
