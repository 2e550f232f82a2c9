"""`agentaudit trace`: what is done with recordings, a command a file: `trace_…` and its name."""

from agentaudit.cli.commands import command_group

app = command_group(
    {
        "show": "The breakdown of a recording, also of one that still grows.",
        "compare": "What got slower and what got cheaper between two recordings.",
        "export": "A recording for other programs, as Perfetto or Parquet.",
        "import": "A recording from a trace that another program wrote.",
        "merge": "Recordings of several hosts or processes as one.",
        "summarize": "Where the time of many hosts goes.",
    },
    files="agentaudit.cli.trace_{}",
    add_completion=False,
    help="Show, compare, import, export, merge and sum up recordings.",
)
