"""
Agents whose calls are activities of Temporal: who ends a call that keeps failing, or a run.

An activity without a retry policy of its own is tried for ever, each time for a minute where
nothing else is said: `schedule_to_close_timeout` ends its tries together, `maximum_attempts` counts
them, and what a workflow may take ends all of it. https://docs.temporal.io/encyclopedia/retry-policies
and https://ai.pydantic.dev/durable_execution/temporal, autumn 2026.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from agentaudit.extract.collector import fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import UNFOLDED, Call, Module, written_keys
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.python.building import Building
from agentaudit.model.evidence import Confidence, Known
from agentaudit.model.facts.controls import Retry

_OF_PYDANTIC = ("model_activity_config", "activity_config")
_WRAPPERS: Mapping[str, tuple[str, ...]] = {
    "pydantic_ai.durable_exec.temporal.TemporalAgent": _OF_PYDANTIC,
    "pydantic_ai.durable_exec.temporal.TemporalDurability": _OF_PYDANTIC,
    "temporalio.contrib.openai_agents.OpenAIAgentsPlugin": ("model_params",),
    "temporalio.contrib.strands.TemporalAgent": (),
}
"""What makes activities of an agent's calls, and which arguments say how they are tried."""
_PLUGIN = "OpenAIAgentsPlugin"
"""Of a worker it says how calls are tried; of what only starts workflows, nothing."""
_TOGETHER = "schedule_to_close_timeout"
_POLICY = "retry_policy"
_ENDS_WORKFLOWS = ("execution_timeout=", "run_timeout=")
_WEIGHT = (Known.NONE, Known.UNKNOWN, Known.SET)
_PACKAGES = ("temporalio", "pydantic_ai.durable_exec")


def temporal_retries(
    documents: Documents, module: Module, calls: Sequence[Call]
) -> Iterator[Retry]:
    """How long the calls of an agent are tried, once for each wrapper."""
    asking = _only_asks(calls)
    for call in calls:
        if call.name in _WRAPPERS and not (asking and call.last == _PLUGIN):
            limit = _limit(module, call.node, _WRAPPERS[call.name])
            if limit is Known.NONE and documents.once(_workflows_end):
                limit = Known.UNKNOWN
            key = f"{module.document.file}#{call.last}:{call.node.lineno}"
            yield Retry(
                id=fact_id("retry", call.last, key),
                name=call.last,
                evidence=(module.place(call.node.func, call.last),),
                confidence=Confidence.LIKELY,
                around="model",
                limit=limit,
            )


def _only_asks(calls: Sequence[Call]) -> bool:
    """Whether a program connects to Temporal and works for nobody: it tries no call itself."""
    connects = any(call.name == "temporalio.client.Client.connect" for call in calls)
    return connects and not any(call.name == "temporalio.worker.Worker" for call in calls)


def _workflows_end(documents: Documents) -> bool:
    """Whether some program starts workflows that end in time; of which it does not say."""
    return any(
        end in document.text for document in documents.of("python") for end in _ENDS_WORKFLOWS
    )


def ends_with_temporal(building: Building, call: Call) -> bool:
    """Whether a run may end by Temporal: each of its calls does, or the workflow it is part of."""
    if call.name in _WRAPPERS and keyword(call.node, _TOGETHER) is not None:
        return True
    imported = building.module.imports.values()
    of_temporal = any(name.startswith(_PACKAGES) for name in imported)
    return of_temporal and building.documents.once(_workflows_end)


def _limit(module: Module, call: ast.Call, names: Sequence[str]) -> Known:
    """By the arguments of the wrapper, or of the first mapping or object that has any."""
    told = [item for name in names if (item := keyword(call, name)) is not None]
    given = told if names else [call]
    if not given:
        return Known.UNKNOWN if splatted(call) else Known.NONE
    return max((_of_config(module, item) for item in given), key=_WEIGHT.index)


def _of_config(module: Module, node: ast.expr) -> Known:
    config = module.meant(node)
    if not isinstance(config, ast.Call | ast.Dict) or (
        isinstance(config, ast.Call) and splatted(config)
    ):
        return Known.UNKNOWN
    policy, together = (_argument(module, config, name) for name in (_POLICY, _TOGETHER))
    if together is not None and module.value(together) is not None:
        return Known.SET
    if policy is None or module.value(policy) is None:
        return Known.NONE
    made = module.meant(policy)
    if not isinstance(made, ast.Call) or splatted(made):
        return Known.UNKNOWN
    most = keyword(made, "maximum_attempts")
    count = module.value(most) if most is not None else 0
    if count is UNFOLDED:
        return Known.UNKNOWN
    return Known.SET if isinstance(count, int) and count > 0 else Known.NONE


def _argument(module: Module, config: ast.Call | ast.Dict, name: str) -> ast.expr | None:
    """What an object or a mapping is given under a name."""
    if isinstance(config, ast.Call):
        return keyword(config, name)
    return next((value for key, value in written_keys(module, config) if key == name), None)
