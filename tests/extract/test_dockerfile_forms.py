"""Dockerfiles in their less usual forms: names of stages, users, heredocs, ONBUILD, lists."""

import pytest

from agentaudit.extract.containers.dockerfile_instructions import started_by
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.readers.dockerfile import parse_dockerfile

AGENT = 'CMD ["claude", "-p"]\n'
WRITTEN = "hunter2horse99"


def of(text: str) -> Deployment:
    return deployment_of({"Dockerfile": text})


def as_root(text: str) -> Truth:
    (runtime,) = of(text + AGENT).runtimes
    return runtime.runs_as_root


def secrets(text: str) -> set[str]:
    return {each.name for each in of(text + AGENT).credentials if each.exposure == "image"}


def test_names_of_stages_are_the_same_in_large_letters() -> None:
    (runtime,) = of(f"FROM python:3.12 AS Base\nUSER app\nFROM base AS final\n{AGENT}").runtimes

    assert runtime.runs_as_root is Truth.NO
    assert runtime.image_pinned is Truth.UNKNOWN


def test_a_target_is_the_same_in_large_letters() -> None:
    compose = "services: {desk-agent: {build: {context: ., target: Small}}}"
    image = "FROM python:3.12 AS small\nUSER app\nFROM python:3.12\n"
    (runtime,) = deployment_of({"compose.yaml": compose, "Dockerfile": image}).runtimes

    assert runtime.runs_as_root is Truth.NO


@pytest.mark.parametrize(
    ("user", "root"),
    [
        *((user, Truth.YES) for user in ("root", "0", "0:1000", "root:app", "0:0", "root:$GROUP")),
        *((user, Truth.NO) for user in ("app", "1000:0", "1000:root", "app:$GROUP")),
        *((user, Truth.UNKNOWN) for user in ("$APP", "${APP:-0}", "${APP}:root")),
    ],
)
def test_the_user_decides_whatever_the_group_is(user: str, root: Truth) -> None:
    assert as_root(f"FROM python:3.12\nUSER {user}\n") is root


@pytest.mark.parametrize(
    ("user", "root"),
    [
        *((user, Truth.YES) for user in ("0:1000", "${ID:-0}:${GROUP:-0}", "${ID-root}")),
        *((user, Truth.NO) for user in ("1000", "${ID:-1000}:${GROUP:-0}")),
        *((user, Truth.UNKNOWN) for user in ("$ID", "${ID}:${GROUP}", "${ID:-${OTHER:-0}}")),
    ],
)
def test_a_service_is_whom_its_default_names_or_open(user: str, root: Truth) -> None:
    compose = f'services: {{desk: {{image: "acme/agent:1", user: "{user}"}}}}'
    (runtime,) = deployment_of({"compose.yaml": compose}).runtimes

    assert runtime.runs_as_root is root


@pytest.mark.parametrize(
    "copied",
    [
        'COPY [".env", "/app/"]',
        "COPY package.json .env* /app/",
        "ONBUILD COPY .env /app/",
        "COPY --chown=app .env.production /app/.env",
        "COPY .env /x/\nFROM node:22\nCOPY --chown=app --from=built /x /x",
        "COPY .env /x/\nFROM node:22\nCOPY --from=built --chown=app /x /x",
    ],
)
def test_environment_files_are_found_in_every_form_of_copy(copied: str) -> None:
    (name,) = secrets(f"FROM node:22 AS built\n{copied}\n")

    assert name.startswith(".env")


@pytest.mark.parametrize(
    ("copied", "confidence"), [(".env", Confidence.CERTAIN), (".env*", Confidence.LIKELY)]
)
def test_of_several_files_some_may_be_left_out(copied: str, confidence: Confidence) -> None:
    dockerfile = f"FROM node:22\nCOPY {copied} /app/\nCMD claude\n"
    (found,) = deployment_of({"Dockerfile": dockerfile}).credentials

    assert found.confidence is confidence


@pytest.mark.parametrize(
    "copied",
    [
        'COPY [".env.example", "/app/.env"]',
        "COPY <<EOF /app/.env\nPORT=8080\nEOF",
        "COPY .env /x/\nFROM node:22\nCOPY --chown=app --from=built /x/dist /x",
        "ONBUILD COPY . /app/",
    ],
)
def test_what_holds_no_secret_yet_or_stays_behind_is_none(copied: str) -> None:
    assert not secrets(f"FROM node:22 AS built\n{copied}\n")


@pytest.mark.parametrize(
    "written",
    [
        f"ONBUILD ENV ADMIN_PASSWORD={WRITTEN}",
        f"ONBUILD RUN ADMIN_PASSWORD={WRITTEN} make",
        f"RUN --mount=type=secret,id=a export ADMIN_PASSWORD={WRITTEN} && make",
        f"COPY <<EOF /app/a.env\nADMIN_PASSWORD={WRITTEN}\nEOF",
        f"COPY <<A <<B /app/\nx\nA\nADMIN_PASSWORD={WRITTEN}\nB",
    ],
)
def test_a_password_is_found_wherever_an_instruction_writes_it(written: str) -> None:
    assert secrets(f"FROM node:22\n{written}\n") == {"ADMIN_PASSWORD"}


def test_what_is_mounted_while_an_image_is_built_is_no_secret_in_it() -> None:
    mounted = "--mount=type=secret,id=a ADMIN_PASSWORD=$(cat /run/secrets/a) make"

    assert not secrets(f"FROM node:22\nRUN {mounted}\nONBUILD RUN {mounted}\n")


def test_two_texts_of_one_instruction_end_in_turn() -> None:
    document = parse_dockerfile("Dockerfile", "COPY <<A <<B /x/\nB\nA\nENV C=1\nB\nENV D=1\n")

    assert [key for node in document.root.elements for key, _ in node.items()] == ["COPY", "ENV"]
    assert not document.problems


def test_the_second_text_that_does_not_end_is_told() -> None:
    document = parse_dockerfile("Dockerfile", "COPY <<A <<B /x/\nA\n")

    assert "'B'" in document.problems[0][2]


@pytest.mark.parametrize(("base", "reached"), [("base", True), ("other", False)])
def test_a_container_has_what_stages_set_that_its_last_is_of(base: str, *, reached: bool) -> None:
    image = (
        "FROM node:22 AS base\nENV NODE_TLS_REJECT_UNAUTHORIZED=0\nFROM node:22 AS other\n"
        f"FROM {base}\nUSER node\n{AGENT}"
    )
    compose = "services: {agent: {build: .}}"
    (runtime,) = deployment_of({"compose.yaml": compose, "Dockerfile": image}).runtimes

    assert runtime.tls_verification_off is reached


@pytest.mark.parametrize(
    ("own", "begun"),
    [
        ("", (("run",), ("agent",))),
        ("ENTRYPOINT other\n", (("other",), ())),
        ("CMD other\n", (("run",), ("other",))),
        ("CMD other\nENTRYPOINT a\n", (("a",), ("other",))),
    ],
)
def test_a_stage_has_the_command_of_its_base_until_it_says_otherwise(
    own: str, begun: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    image = f"FROM a AS base\nENTRYPOINT run\nCMD agent\nFROM b AS c\nCMD c\nFROM base\n{own}"

    assert started_by(parse_dockerfile("Dockerfile", image)) == begun
