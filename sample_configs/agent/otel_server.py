r"""
The same agent with OpenTelemetry GenAI spans, sent by the SDK's own OTLP/HTTP exporter.

    OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 \
        python otel_server.py --model http://127.0.0.1:8000/v1 --data /tmp/agent --port 0
"""

import os
import sys
from collections.abc import Sequence

from agent import Agent, Answer, Task, parts
from llm import Message, Reply, ToolCall
from memory import Turn
from retrieval import Passage
from server import options, serve

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import SpanKind, Tracer
except ImportError:
    sys.exit(
        "otel_server.py needs the OpenTelemetry SDK:"
        " pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
    )

EXPORT_EVERY_MS = 200


class TracedAgent(Agent):
    """
    A span for every kind of work, named as the GenAI conventions ask.

    Message texts, arguments and results stay out of the spans.
    """

    tracer: Tracer

    def run(self, task: Task) -> Answer:
        attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": task.kind,
            "gen_ai.conversation.id": task.session,
        }
        with self.tracer.start_as_current_span(f"invoke_agent {task.kind}", attributes=attributes):
            return super().run(task)

    def think(self, messages: Sequence[Message], tools: Sequence[Message] = ()) -> Reply:
        name = f"chat {self.model.name}"
        attributes: dict[str, str | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": self.model.name,
            "server.address": self.model.host,
            "server.port": self.model.port,
        }
        with self.tracer.start_as_current_span(
            name, kind=SpanKind.CLIENT, attributes=attributes
        ) as span:
            reply = super().think(messages, tools)
            span.set_attribute("gen_ai.usage.input_tokens", reply.prompt_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", reply.completion_tokens)
            return reply

    def act(self, call: ToolCall) -> str:
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call.id,
        }
        with self.tracer.start_as_current_span(f"execute_tool {call.name}", attributes=attributes):
            return super().act(call)

    def retrieve(self, task: Task) -> list[Passage]:
        attributes = {"gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "reports"}
        with self.tracer.start_as_current_span(
            "retrieval reports", kind=SpanKind.CLIENT, attributes=attributes
        ):
            return super().retrieve(task)

    def recall(self, task: Task) -> list[Turn]:
        attributes = {"gen_ai.operation.name": "search_memory"}
        with self.tracer.start_as_current_span("search_memory", attributes=attributes):
            return super().recall(task)

    def remember(self, task: Task, answer: Answer) -> None:
        attributes = {"gen_ai.operation.name": "update_memory"}
        with self.tracer.start_as_current_span("update_memory", attributes=attributes):
            super().remember(task, answer)


def main() -> None:
    asked = options()
    resource = Resource.create({"service.name": "sample-agent", "process.pid": os.getpid()})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=EXPORT_EVERY_MS)
    )
    model, tools, retriever, memory = parts(asked.data, asked.model)
    agent = TracedAgent(model=model, tools=tools, retriever=retriever, memory=memory)
    agent.tracer = provider.get_tracer("sample-agent")
    try:
        serve(agent, asked)
    finally:
        provider.shutdown()


if __name__ == "__main__":
    main()
