"""Values of charts: what they switch off opens nothing, and what tests a chart nobody deploys."""

import pytest

from agentaudit.model.finding import Severity
from tests.linting.severities import found

STORE = """\
redis:
  enabled: {switch}
  auth: {{password: difyai123456}}
"""


def worth(files: dict[str, str]) -> Severity:
    return found(files)["published-default-secret"]


@pytest.mark.parametrize(
    ("switch", "severity"), [("true", Severity.CRITICAL), ("false", Severity.LOW)]
)
@pytest.mark.parametrize("file", ["chart/values.yaml", "desk/dify-values.yml"])
def test_a_default_opens_nothing_in_a_block_that_is_off(
    file: str, switch: str, severity: Severity
) -> None:
    assert worth({file: STORE.format(switch=switch)}) is severity


@pytest.mark.parametrize(
    ("auth", "severity"),
    [("", Severity.CRITICAL), ("  auth: {password: from-the-vault}\n", Severity.LOW)],
)
def test_other_values_may_switch_it_on_and_bring_their_own(auth: str, severity: Severity) -> None:
    other = f"redis:\n  enabled: true\n{auth}"

    assert worth({"values.yaml": STORE.format(switch="false"), "values-eu.yaml": other}) is severity


def test_so_they_may_where_a_block_is_one_line() -> None:
    off = "redis: {enabled: false, password: difyai123456}\n"

    assert worth({"values.yaml": off}) is Severity.LOW
    assert worth({"values.yaml": off, "values-eu.yaml": "redis: {enabled: true}\n"}) is (
        Severity.CRITICAL
    )


def test_what_is_no_file_of_values_has_no_such_switch() -> None:
    assert worth({"settings.yaml": STORE.format(switch="false")}) is Severity.CRITICAL


def test_a_secret_of_ones_own_is_given_away_where_it_is_off_too() -> None:
    text = "store:\n  enabled: {}\n  apiToken: vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG\n"
    off, on = (found({"values.yaml": text.format(switch)}) for switch in ("false", "true"))

    assert off["literal-service-token"] is on["literal-service-token"] is Severity.MEDIUM


@pytest.mark.parametrize(
    ("file", "severity"),
    [
        ("ci/values/values-external.yaml", Severity.LOW),
        ("ci/values-external.yaml", Severity.LOW),
        ("ci/values/values-prod.yaml", Severity.CRITICAL),
        ("ci/values.yaml", Severity.CRITICAL),
        ("charts/apps/desk/ci/03-unprivileged.yaml", Severity.LOW),
        ("charts/desk/ci/prod.yaml", Severity.CRITICAL),
        ("values/values-external.yaml", Severity.CRITICAL),
    ],
)
def test_a_chart_is_tested_with_what_lies_in_its_ci(file: str, severity: Severity) -> None:
    assert worth({file: STORE.format(switch="true")}) is severity


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET", "16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef"),
        ("WEAVIATE_API_KEY", "WVF5YThaHlkYwhGUSmCRgsX3tD5ngdN8pkih"),
    ],
)
def test_what_a_product_ships_opens_whatever_still_has_it(name: str, value: str) -> None:
    assert worth({"chart/values.yaml": f"config:\n  {name}: {value}\n"}) is Severity.CRITICAL
    assert worth({".env.example": f"{name}={value}\n"}) is Severity.LOW
