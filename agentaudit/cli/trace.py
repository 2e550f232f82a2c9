"""`agentaudit trace`: what is done with recordings, a command a file: `trace_…` and its name."""

from agentaudit.cli.commands import command_group

app = command_group(
    {
        "show": (
            "The breakdown of a recording, also of one that is still being written or was cut off."
        ),
        "compare": (
            "What got slower and what got cheaper from one recording to another, by request and by"
            " step."
        ),
        "export": (
            "A recording for other programs. Prompts, arguments and results are in none of them."
        ),
        "import": (
            "A recording from a trace that another program wrote, to show, compare and replay."
        ),
        "merge": (
            "Recordings of many hosts, or of several processes of one host, as one recording."
        ),
        "summarize": (
            "Where the time of many hosts goes: by step kind, by type of request, by host."
        ),
    },
    files="agentaudit.cli.trace_{}",
    add_completion=False,
    help="Recordings of agents: show, compare, import, export, merge and sum them up.",
)
