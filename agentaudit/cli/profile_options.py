"""The options of `agentaudit profile`, as its help shows them: in groups."""

from pathlib import Path
from typing import Annotated

import typer

from agentaudit.cli.load import MOST_USERS
from agentaudit.cli.samplers import SamplerChoice

_MODEL = "Model"
_SAMPLING = "Stacks and steps"
_LOAD = "Load"
_SPANS = "Spans and markers"

Pid = Annotated[
    int | None,
    typer.Option("--pid", "-p", metavar="PID", help="A running process to attach to."),
]
Duration = Annotated[
    str,
    typer.Option(
        "--duration", "-d", metavar="TIME", help="How long: 500ms, 30s, 5m; 0 is until the end."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="The recording (*.aatrace)."),
]
Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="The breakdown as an artifact (profile.json)."),
]
Rules = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        metavar="DIR",
        help="A folder with rules of your own for steps and spans. Repeatable.",
        rich_help_panel=_SAMPLING,
    ),
]
RequestFrame = Annotated[
    list[str] | None,
    typer.Option(
        "--request-frame",
        metavar="FILE.PY:FUNCTION",
        help="What serves one request, where none is known. Repeatable.",
        rich_help_panel=_SAMPLING,
    ),
]
LlmEndpoint = Annotated[
    list[str] | None,
    typer.Option(
        "--llm-endpoint",
        metavar="HOST:PORT",
        help="A model that no usual port gives away. Repeatable.",
        rich_help_panel=_MODEL,
    ),
]
Endpoint = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        metavar="URL",
        help="Metrics page of an inference server (vLLM, SGLang, llama.cpp, TGI) or of a DCGM"
        " exporter, read once a second. Repeatable.",
        rich_help_panel=_MODEL,
    ),
]
Rate = Annotated[
    int,
    typer.Option(
        "--rate",
        metavar="HZ",
        min=1,
        max=1000,
        help="Looks at stacks a second, within what they may cost.",
        rich_help_panel=_SAMPLING,
    ),
]
Sampler = Annotated[
    SamplerChoice,
    typer.Option(
        "--sampler",
        help="Who reads the stacks; auto takes what suits each process.",
        rich_help_panel=_SAMPLING,
    ),
]
Inject = Annotated[
    bool,
    typer.Option(
        "--inject",
        help="CPython 3.14+: known functions mark their steps exactly, until the end.",
        rich_help_panel=_SAMPLING,
    ),
]
LoadUrl = Annotated[
    str | None,
    typer.Option(
        "--load",
        metavar="URL",
        help="Ask the agent at this address meanwhile.",
        rich_help_panel=_LOAD,
    ),
]
Repeat = Annotated[
    bool,
    typer.Option(
        "--repeat",
        help="Run the command again and again: a run a request.",
        rich_help_panel=_LOAD,
    ),
]
LoadUsers = Annotated[
    int,
    typer.Option(
        "--load-users",
        metavar="N",
        min=1,
        max=MOST_USERS,
        help="Requests at once.",
        rich_help_panel=_LOAD,
    ),
]
LoadRate = Annotated[
    float,
    typer.Option(
        "--load-rate",
        metavar="HZ",
        min=0.0,
        help="Requests a second, at random; 0: each user asks again when it was answered.",
        rich_help_panel=_LOAD,
    ),
]
LoadRequests = Annotated[
    int,
    typer.Option(
        "--load-requests",
        metavar="N",
        min=0,
        help="At most so many; the recording ends with the last. 0: no limit.",
        rich_help_panel=_LOAD,
    ),
]
LoadBody = Annotated[
    str,
    typer.Option(
        "--load-body",
        metavar="TEXT|@FILE",
        help="What is posted: a text, or @FILE with a body a line, in turn.",
        rich_help_panel=_LOAD,
    ),
]
LoadHeader = Annotated[
    list[str] | None,
    typer.Option(
        "--load-header",
        metavar="HEADER|@FILE",
        help="`Name: value`, or @FILE, which keeps secrets out of the command line. Repeatable.",
        rich_help_panel=_LOAD,
    ),
]
LoadTimeout = Annotated[
    str,
    typer.Option(
        "--load-timeout",
        metavar="TIME",
        help="Longest wait for an answer.",
        rich_help_panel=_LOAD,
    ),
]
Otlp = Annotated[
    bool,
    typer.Option(
        "--otlp/--no-otlp",
        help="Receive spans of OpenTelemetry on this machine.",
        rich_help_panel=_SPANS,
    ),
]
OtlpPort = Annotated[
    int | None,
    typer.Option(
        "--otlp-port",
        metavar="PORT",
        min=0,
        max=65535,
        help="Where spans are received: 4318 for a process that runs, any free port (0) for a"
        " command, which is told of it.",
        rich_help_panel=_SPANS,
    ),
]
OtlpFile = Annotated[
    list[Path] | None,
    typer.Option(
        "--otlp-file",
        metavar="FILE",
        help="Spans as a file exporter writes them, one JSON a line; read at the end. Repeatable.",
        rich_help_panel=_SPANS,
    ),
]
OtelInstrument = Annotated[
    bool,
    typer.Option(
        "--otel-instrument",
        help="Start the command with opentelemetry-instrument.",
        rich_help_panel=_SPANS,
    ),
]
CaptureContent = Annotated[
    bool,
    typer.Option(
        "--capture-content",
        help="Keep prompts, arguments and results that spans hold. Without it nothing of them is"
        " stored.",
        rich_help_panel=_SPANS,
    ),
]
