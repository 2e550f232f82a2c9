"""Gems of groups: those for tests and developers alone are none that a program is built with."""

import pytest

from agentaudit.readers.manifests import dependencies_in


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("group :test do\n  gem 'ruby_llm'\nend\n", 0),
        ("group(:development, :test) do # both\n  if a\n    gem 'ruby_llm'\n  end\nend\n", 0),
        ("gem 'ruby_llm', group: :test\n", 0),
        ("gem 'ruby_llm', groups: [:development, :test]\n", 0),
        ("gem 'ruby_llm', :group => :test\n", 0),
        ("group :test do\n  gem 'a'\nend\ngem 'ruby_llm'\n", 1),
        ("group :test do\n  platforms :ruby do\n  end\nend\ngem 'ruby_llm'\n", 1),
        ("group :ai do\n  gem 'ruby_llm'\nend\n", 1),
        ("group :test, :production do\n  gem 'ruby_llm'\nend\n", 1),
        ("gem 'ruby_llm', groups: [:test, :production]\n", 1),
        ("gem 'ruby_llm' # group: :test\n", 1),
        ("group :test do\ngem 'ruby_llm'\n", 1),
    ],
)
def test_gems_that_only_tests_or_developers_need_are_left_out(text: str, count: int) -> None:
    """A block that nothing closes leaves nothing out."""
    assert len(list(dependencies_in("Gemfile", text))) == count
