"""What the values of a chart say of images, without their templates."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth

CHART = "apiVersion: v2\nname: crm-mcp\nversion: 0.1.0\n{more}"


@pytest.mark.parametrize(
    ("more", "tag", "pinned"),
    [
        ('appVersion: "0.0.20"\n', 'tag: ""', Truth.YES),
        ('appVersion: "0.0.20"\n', "tag: latest", Truth.NO),
        ("", 'tag: ""', Truth.NO),
    ],
)
def test_an_empty_tag_is_the_version_that_the_chart_names(
    more: str, tag: str, pinned: Truth
) -> None:
    values = f"image:\n  repository: registry.example/crm-mcp\n  {tag}\n"
    files = {"chart/Chart.yaml": CHART.format(more=more), "chart/values.yaml": values}
    (server,) = deployment_of(files).tool_servers

    assert server.pinned is pinned
