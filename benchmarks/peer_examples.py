"""
What peers' tests expect of manifests, templates and texts with secrets in them.

Checkov's tests of CloudFormation, Kubernetes and secrets; trivy-checks' tests of roles and config
maps of Kubernetes (objects within policies in Rego) and the examples of its other checks; trivy's
tests of secrets (a table in Go). As in `peer_cases.py`, nothing of a checkout is imported or run,
and a test that does more than name an input and what is expected of it yields no case. What our
rules need to speak of an input is added to the copy by `peer_copies.py`.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import yaml
from peer_cases import CHECKOV, EVERYWHERE, Case, Source, named_resources, texts_in
from peer_copies import bound, with_agent

LinesOf = Callable[[str], Mapping[str, range]]
"""The lines of each named thing of a text."""
TRIVY_CHECKS = "aquasecurity+trivy-checks"
TRIVY = "aquasecurity+trivy"
CFN_CHECKS = re.compile(
    r"test_(?:Cloudsplaining\w*|IAM\w*|EC2Credentials|LambdaEnvironmentCredentials"
    r"|ParameterStoreCredentials)\.py$"
)
KUBERNETES_CHECKS = re.compile(
    r"test_(?:Rbac\w+|WildcardRoles|Secrets|ServiceAccountTokens|DefaultServiceAccount\w*"
    r"|DockerSocketVolume|PrivilegedContainers)\.py$"
)
REGO_CHECKS = (
    *("allowing_", "any_", "manage_", "impersonate_", "get_shell_", "privilege_escalation_from"),
    *("cluster_admin_", "anonymous_", "authenticate_", "masters_", "protecting_pod_service"),
    *("configMap_", "mounts_docker_socket", "privileged_test"),
)
EXAMPLES = (
    *("kubernetes/configMap_with_secrets", "kubernetes/protecting_pod_service_account_tokens"),
    *("kubernetes/mounts_docker_socket", "kubernetes/privileged"),
    *("cloud/aws/iam/no_policy_wildcards", "cloud/aws/iam/limit_s3_full_access"),
    *("cloud/aws/sam/no_function_policy_wildcards", "cloud/aws/ec2/no_secrets_in_user_data"),
    *(
        "cloud/aws/sam/no_state_machine_policy_wildcards",
        "cloud/aws/ec2/as_no_secrets_in_user_data",
    ),
    *("cloud/aws/ecs/no_plaintext_secrets", "cloud/aws/lambda/restrict_source_arn"),
    *("cloud/azure/authorization/limit_role_actions", "cloud/azure/keyvault/ensure_secret_expiry"),
    *("cloud/azure/compute/no_secrets_in_custom_data", "cloud/google/gke/use_service_account"),
    *("cloud/google/compute/no_default_service_account",),
    *("cloud/google/iam/no_privileged_service_accounts",),
    *("cloud/google/iam/no_project_level_service_account_impersonation",),
    *("cloud/google/iam/no_folder_level_service_account_impersonation",),
    *("cloud/google/iam/no_org_level_service_account_impersonation",),
    *("cloud/google/iam/no_project_level_default_service_account_assignment",),
    *("cloud/google/iam/no_conditions_on_workload_identity_pool_provider",),
    *("cloud/github/actions/no_plain_text_action_secrets",),
)
FILES = {"terraform": "main.tf", "cloudformation": "template.yaml", "kubernetes": "objects.yaml"}
REGO_TEST = re.compile(r"^(test_\w+) (?:if )?\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
COUNT = re.compile(r"count\(\w+\)\s*(==|=|>|>=|!=)\s*(\d+)")
GO_CASE = re.compile(
    r'name:\s+"(?P<name>[^"]+)",\s*'
    r'configPath:\s+filepath\.Join\("testdata", "(?:config|skip-test)\.yaml"\),\s*'
    r'inputFilePath:\s+(?:filepath\.Join\("testdata", "(?P<joined>[^"]+)"\)'
    r'|"testdata/(?P<plain>[^"]+)"),\s*'
    r"want:\s+types\.Secret\{(?P<nothing>\},)?"
)
"""Tests of the rules that are built in; `secret.txt` is for rules of the test's own."""
OF_AGENTS = (
    *("DefaultServiceAccount", "ServiceAccountTokens", "PrivilegedContainers"),
    *("DockerSocketVolume", "privileged", "mounts_docker_socket", "ensure_secret_expiry"),
    *("protecting_pod_service_account_tokens", "no_default_service_account"),
)
"""Checks that our rules make of agents alone: in the copy, what is looked at runs one."""
CONFIGURED = ("customer_run_config_response", "git_history", "scan_history", "suppression")
"""A test with one of these gives its program detectors of its own, a history, or suppressions."""
NAME = re.compile(r"[\w./-]{1,100}$")
OWN_RULES = frozenset({"secret.txt", "secret.md"})


def example_cases(folder: Path) -> Iterator[Case]:
    """The cases of the peers whose checkouts are in a folder."""
    tests = folder / CHECKOV / "tests"
    yield from cloudformation_cases(tests / "cloudformation/checks/resource/aws")
    yield from kubernetes_cases(tests / "kubernetes/checks")
    yield from checkov_secrets(tests / "secrets")
    yield from rego_cases(folder / TRIVY_CHECKS / "checks/kubernetes")
    yield from documented_cases(folder / TRIVY_CHECKS / "checks")
    yield from trivy_secrets(folder / TRIVY / "pkg/fanal/secret")


def cloudformation_cases(tests: Path) -> Iterator[Case]:
    """Resources that a test names, or whole files whose names say what they do."""
    for test in sorted(tests.glob("test_*.py")):
        if CFN_CHECKS.search(test.name):
            yield from _of_test(test, f"checkov cfn {test.stem[5:]}", _template_lines)


def kubernetes_cases(tests: Path) -> Iterator[Case]:
    """Objects that a test names, or whole files; a role gets a binding in the copy."""
    for test in sorted(tests.glob("test_*.py")):
        if KUBERNETES_CHECKS.search(test.name):
            yield from _of_test(test, f"checkov k8s {test.stem[5:]}", _object_lines)


def _of_test(test: Path, check: str, lines_of: LinesOf) -> Iterator[Case]:
    folder, passing, failing = named_resources(test)
    files = sorted((test.parent / folder).glob("*.*")) if folder else []
    for file in (each for each in files if each.suffix in {".yaml", ".yml", ".json"}):
        text = _copy(check, file.read_text(encoding="utf-8"), file.suffix)
        source = Source(f"input{file.suffix}", text)
        lines = lines_of(text)
        named = [name for name in sorted(passing | failing) if name in lines]
        for name in named:
            yield Case(check, f"{file.name} {name}", source, (lines[name],), name in failing)
        stated = _stated(file.name)
        if not passing | failing and stated is not None:
            yield Case(check, file.name, source, EVERYWHERE, stated)


def _copy(check: str, text: str, ending: str) -> str:
    """An input whose roles are bound and whose bindings have roles; with an agent where it must."""
    terraform = ending == ".tf"
    copied = text if terraform else bound(text)
    wanted = check.rpartition(" ")[2] in OF_AGENTS
    return with_agent(copied, terraform=terraform) if wanted else copied


def _stated(name: str) -> bool | None:
    """Whether a file is said to fail by its name; None where it says nothing."""
    fails, passes = re.search(r"(?i)fail", name), re.search(r"(?i)pass", name)
    return None if (fails is None) == (passes is None) else fails is not None


def _template_lines(text: str) -> Mapping[str, range]:
    found: dict[str, range] = {}
    for document in yaml.compose_all(text, Loader=yaml.SafeLoader):
        for key, value in _entries(_member(document, "Resources")):
            type_ = _member(value, "Type")
            name = f"{getattr(type_, 'value', '')}.{key.value}"
            found[name] = _lines(key, value)
    return found


def _object_lines(text: str) -> Mapping[str, range]:
    found: dict[str, range] = {}
    for document in yaml.compose_all(text, Loader=yaml.SafeLoader):
        metadata = _member(document, "metadata")
        parts = (
            getattr(node, "value", "default")
            for node in (
                _member(document, "kind"),
                _member(metadata, "namespace"),
                _member(metadata, "name"),
            )
        )
        found[".".join(parts)] = _lines(document, document)
    return found


def _entries(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def _member(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return next((value for name, value in _entries(node) if name.value == key), None)


def _lines(first: yaml.Node, last: yaml.Node) -> range:
    return range(first.start_mark.line + 1, last.end_mark.line + 2)


def checkov_secrets(tests: Path) -> Iterator[Case]:
    """Files and folders of which a test counts the secrets that are found."""
    known: set[str] = set()
    for test in sorted(tests.glob("test_*.py")):
        for function in ast.walk(ast.parse(test.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name.startswith("test"):
                for case in _counted(tests, function):
                    if case.name not in known:
                        known.add(case.name)
                        yield case


def _counted(tests: Path, function: ast.FunctionDef) -> Iterator[Case]:
    options = {item.arg for item in ast.walk(function) if isinstance(item, ast.keyword)}
    if any(word in ast.unparse(function) for word in CONFIGURED):
        return
    if options & {"skip_checks", "enforcement_rule_configs", "use_enforcement_rules"}:
        return
    count = next(_failed(function), None)
    names = {name.strip("/") for name in texts_in(function)} - {"", "resources"}
    paths = [tests / name for name in sorted(names) if NAME.match(name) and (tests / name).exists()]
    if count is None or len(paths) != 1:
        return
    files = [paths[0]] if paths[0].is_file() else sorted(paths[0].rglob("*.*"))
    for file in (each for each in files if each.is_file()):
        stated = count > 0 and "no-false-positive" not in file.name
        text = file.read_text(encoding="utf-8")
        yield Case(
            "checkov secrets",
            str(file.relative_to(tests)),
            Source(file.name, text),
            EVERYWHERE,
            stated,
        )


def _failed(function: ast.FunctionDef) -> Iterator[int]:
    """The numbers that a test compares with the number of what failed."""
    for node in ast.walk(function):
        sides: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "assertEqual":
            sides = node.args
        if any("failed_checks" in ast.unparse(side) for side in sides):
            for side in sides:
                if isinstance(side, ast.Constant) and type(side.value) is int:
                    yield side.value


def rego_cases(checks: Path) -> Iterator[Case]:
    """Objects that a test in Rego gives to its check."""
    for test in sorted(checks.glob("*_test.rego")):
        if not test.name.startswith(REGO_CHECKS):
            continue
        for match in REGO_TEST.finditer(test.read_text(encoding="utf-8")):
            said, count = _object(match[2]), COUNT.search(match[2])
            if said is not None and count is not None:
                check = f"trivy {test.stem[:-5]}"
                yield Case(
                    check,
                    match[1],
                    Source("objects.yaml", _copy(check, json.dumps(said), ".json")),
                    EVERYWHERE,
                    count[2] != "0" or count[1] in {">", "!="},
                )


def _object(body: str) -> Mapping[str, object] | None:
    """The object literal behind `with input as`; it is YAML where it is written plainly."""
    begin = body.find("with input as {")
    if begin < 0:
        return None
    begin, depth = body.index("{", begin), 0
    for at in range(begin, len(body)):
        depth += {"{": 1, "}": -1}.get(body[at], 0)
        if not depth:
            try:
                said = yaml.safe_load(body[begin : at + 1].replace("\t", " "))
            except yaml.YAMLError:
                return None
            return said if isinstance(said, dict) else None
    return None


def documented_cases(checks: Path) -> Iterator[Case]:
    """The good and the bad examples beside a check, which are its tests, too."""
    for name in EXAMPLES:
        file = checks / f"{name}.yaml"
        said = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
        for syntax, examples in said.items():
            for kind in ("good", "bad"):
                for number, text in enumerate(examples.get(kind) or (), 1):
                    check, to = f"trivy {file.stem}", FILES[syntax]
                    copied = text if syntax == "cloudformation" else _copy(check, text, to[-3:])
                    yield Case(
                        check,
                        f"{syntax} {kind} {number}",
                        Source(to, copied),
                        EVERYWHERE,
                        kind == "bad",
                    )


def trivy_secrets(folder: Path) -> Iterator[Case]:
    """Texts with secrets of built-in rules: lines of settings as they are, all else as JSON."""
    test = folder / "scanner_test.go"
    for match in GO_CASE.finditer(test.read_text(encoding="utf-8") if test.exists() else ""):
        name = match["joined"] or match["plain"]
        if name in OWN_RULES:
            continue
        text = (folder / "testdata" / name).read_text(encoding="utf-8", errors="replace")
        yield Case("trivy secrets", name, _as_read(name, text), EVERYWHERE, not match["nothing"])


def _as_read(name: str, text: str) -> Source:
    if not name.endswith(".txt"):
        return Source(name, text)
    if all("=" in line for line in text.splitlines() if line.strip()):
        return Source(".env", text)
    return Source("notes.json", json.dumps({"text": text}))
