"""Keys by which servers of agents sign sessions: one that anybody guesses opens all of them."""

import pytest

from agentaudit.model.finding import Severity
from tests.linting.severities import found

AGENT = "from langgraph.prebuilt import create_react_agent\nagent = create_react_agent(model, [])\n"
FLASK = f"from flask import Flask, session\n{AGENT}app = Flask(__name__)\n"
STARLETTE = (
    "from fastapi import FastAPI\nfrom starlette.middleware.sessions import SessionMiddleware\n"
    f"{AGENT}app = FastAPI()\n"
)


@pytest.mark.parametrize(
    "code",
    [
        f'{FLASK}app.config["SECRET_KEY"] = "helloworld"\n',
        f'{FLASK}app.secret_key = "dev"\n',
        f'{FLASK}app.secret_key = b = "change-me"\n',
        f'{FLASK}KEY = "helloworld"\napp.secret_key = KEY\n',
        f'{FLASK}app.config.update(SECRET_KEY="helloworld", DEBUG=True)\n',
        f'{FLASK}app.config.from_mapping(SECRET_KEY="helloworld")\n',
        f'{STARLETTE}app.add_middleware(SessionMiddleware, secret_key="helloworld")\n',
        f"{FLASK}app.secret_key = {'Kq82hf' + 'Lp0XwTz99a'!r}\n",
    ],
)
def test_a_key_in_force_is_told_whatever_it_looks_like(code: str) -> None:
    assert found({"app.py": code})["literal-service-token"] is Severity.MEDIUM


@pytest.mark.parametrize(
    "code",
    [
        f'{FLASK}app.secret_key = os.environ["SECRET_KEY"]\n',
        f"{FLASK}app.secret_key = secrets.token_hex()\n",
        f'{FLASK}app.secret_key = ""\n',
        f'{FLASK}app.config["TITLE"] = "helloworld"\n',
        f'{FLASK}other["SECRET_KEY"] = "helloworld"\n',
        f'{AGENT}app.secret_key = "helloworld"\n',
        f'{FLASK}class Cloud:\n    def f(self):\n        self.secret_key = "helloworld"\n',
        f'{FLASK}client = connect()\nclient.secret_key = "helloworld"\n',
        f'{STARLETTE}app.add_middleware(CORSMiddleware, secret_key="helloworld")\n',
    ],
)
def test_what_a_machine_draws_or_what_signs_nothing_is_not(code: str) -> None:
    assert "literal-service-token" not in found({"app.py": code})


def test_in_a_test_it_is_a_note() -> None:
    code = f'{FLASK}app.secret_key = "helloworld"\n'

    assert found({"tests/test_app.py": code}).get("literal-service-token") in {None, Severity.LOW}
