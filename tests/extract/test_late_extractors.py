"""Extractors that are named, and loaded where something asks for them."""

import inspect

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.extractors import EXTRACTORS
from agentaudit.extract.late_extractors import LateExtractor, function_of
from agentaudit.extract.terraform import late_passes
from agentaudit.extract.terraform.late_passes import LatePass


def test_every_name_is_that_of_an_extractor() -> None:
    """It would be found out in the run of somebody who has such a file."""
    late = [extract for extract in EXTRACTORS if isinstance(extract, LateExtractor)]
    taken = [
        [parameter.annotation for parameter in inspect.signature(loaded).parameters.values()]
        for extract in late
        for loaded in extract.loaded()
    ]

    assert len(taken) > 30
    assert all(each == [Documents, Collector] for each in taken)


def test_every_name_of_a_pass_is_that_of_a_function_called_as_it_is() -> None:
    named = {
        name: function_of(each.name).__name__
        for name, each in vars(late_passes).items()
        if isinstance(each, LatePass)
    }

    assert len(named) > 10
    assert list(named) == list(named.values())
