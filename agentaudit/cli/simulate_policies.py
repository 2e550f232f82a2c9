"""`agentaudit simulate policies`: what each shipped policy does, and where it comes from."""

from typing import Annotated

import typer

from agentaudit.cli.commands import command
from agentaudit.cli.terminal import terminal_of

app = command()


@app.command()
def policies(
    context: typer.Context,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As the table that docs/policies.md keeps.")
    ] = False,
) -> None:
    """
    List the policies: what each does, and where it comes from.

    How to write one of your own stands in docs/policies.md.

    Exit codes: 0 listed; 2 usage.
    """
    from agentaudit.report.policy_list import PolicyRow, render_policies, render_policy_table
    from agentaudit.simulation.policies.caps import PAPER
    from agentaudit.simulation.policies.catalogue import SHIPPED

    made = {name: shipped.make(PAPER) for name, shipped in SHIPPED.items()}
    rows = [
        PolicyRow(
            name=name,
            what=SHIPPED[name].what,
            parameters=policy.parameters,
            source=policy.source,
        )
        for name, policy in made.items()
    ]
    out = terminal_of(context).out
    text = render_policy_table(rows) if markdown else render_policies(rows, width=out.width)
    out.print(text, end="", soft_wrap=True, markup=False, highlight=False)
