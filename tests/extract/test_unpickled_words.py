"""Objects that tools make of what the model writes, or of files that it names."""

import pytest

from agentaudit.extract.deployment import deployment_of

TOOL = """\
import base64, io, pickle, pickle as cucumber
from pathlib import Path
from pickle import loads
import cloudpickle, joblib, jsonpickle, numpy as np, pandas as pd, torch, yaml
from langchain_core.tools import tool

def made(given):
    return pickle.loads(given)

@tool
def restore(words: str, key: str) -> str:
    '''Go on.'''
    BODY
"""


@pytest.mark.parametrize(
    "body",
    [
        "return pickle.loads(base64.b64decode(words))",
        "return loads(bytes.fromhex(words))",
        "return cucumber.loads(words.encode())",
        "data = base64.b64decode(words)\n    return cloudpickle.loads(data)",
        "return jsonpickle.decode(words)",
        "return yaml.unsafe_load(words)",
        "return yaml.load(words, Loader=yaml.Loader)",
        "return yaml.load(words, yaml.UnsafeLoader)",
        "return torch.load(words, weights_only=False)",
        "return torch.load(io.BytesIO(base64.b64decode(words)), weights_only=False)",
        "return joblib.load(words)",
        "return joblib.load(Path(words).expanduser())",
        "return pd.read_pickle(words)",
        "return np.load(words, allow_pickle=True)",
        "with open(words, 'rb') as file:\n        return pickle.load(file)",
        "return pickle.load(open(words, 'rb'))",
        "return pickle.loads(Path(words).read_bytes())",
        "return made(base64.b64decode(words))",
    ],
)
def test_objects_of_what_the_model_writes_or_names_run_code(body: str) -> None:
    (tool,) = deployment_of({"agent.py": TOOL.replace("BODY", body)}).tools

    assert "execute" in tool.effects
    assert tool.runs_at


@pytest.mark.parametrize(
    "body",
    [
        "return yaml.safe_load(words)",
        "return yaml.load(words, Loader=yaml.SafeLoader)",
        "return yaml.load(words)",
        "return torch.load(words)",
        "return torch.load(words, weights_only=True)",
        "return np.load(words)",
        "return joblib.load('model.joblib').predict([words])",
        "return joblib.load(f'models/{words}.joblib')",
        "return joblib.load(Path('models') / words)",
        "return joblib.load(MODELS[words])",
        "return pickle.loads(cache.get(key))",
        "data = cache.get(key)\n    return pickle.loads(data)",
        "with open('state.pickle', 'rb') as file:\n        return pickle.load(file)",
        "return pickle.dumps(words)",
        "return json.loads(words)",
    ],
)
def test_what_others_wrote_or_holds_no_objects_runs_none_of_it(body: str) -> None:
    (tool,) = deployment_of({"agent.py": TOOL.replace("BODY", body)}).tools

    assert "execute" not in tool.effects
