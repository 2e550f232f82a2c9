"""Strands; its own spans go where OTEL_EXPORTER_OTLP_ENDPOINT says, where asked for."""

import os

from ground import KEY, MODEL, crunch, serve
from strands import Agent, tool
from strands.models.openai import OpenAIModel

if os.environ.get("WITH_SPANS"):
    from strands.telemetry import StrandsTelemetry

    StrandsTelemetry().setup_otlp_exporter()

model = OpenAIModel(client_args={"base_url": f"{MODEL}/v1", "api_key": KEY}, model_id="gpt-4o")


def ask(question):
    return Agent(model=model, tools=[tool(crunch)], callback_handler=None)(question)


serve(ask)
