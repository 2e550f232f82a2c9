/** The support agent as a chat: one Durable Object for each customer. */

import { AIChatAgent } from "@cloudflare/ai-chat";
import { convertToModelMessages, stepCountIs, streamText } from "ai";
import { MAX_STEPS } from "./limits";
import { lookUpOrder, readPage, runShell } from "./tools";

const billingApiKey = "opens-no-door-billing-41";

export class SupportChat extends AIChatAgent<Env> {
  onStart() {
    this.addMcpServer("crm", "http://crm-tools.internal.acme.test:8080/mcp", {
      transport: { headers: { Authorization: `Bearer ${billingApiKey}` } },
    });
  }

  async onChatMessage() {
    const result = streamText({
      model: this.env.MODEL,
      messages: await convertToModelMessages(this.messages),
      tools: { lookUpOrder, readPage, runShell, ...this.mcp.getAITools() },
      stopWhen: stepCountIs(MAX_STEPS),
    });
    return result.toUIMessageStreamResponse();
  }
}
