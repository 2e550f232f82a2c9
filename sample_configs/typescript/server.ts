/** Notes on customers, as a server of MCP that handles the protocol by hand. */

import { unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const properties = { path: { type: "string" }, text: { type: "string" } };
const TOOLS = [
  { name: "keep_note", description: "Keep a note.", inputSchema: { type: "object", properties } },
  { name: "drop_note", description: "Drop a note.", inputSchema: { type: "object", properties } },
];

const server = new Server({ name: "notes", version: "1.0.0" }, { capabilities: { tools: {} } });

server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: TOOLS }));

server.setRequestHandler(CallToolRequestSchema, async (request) => {
  const { name, arguments: given } = request.params;
  switch (name) {
    case "keep_note":
      await writeFile(given.path, given.text);
      break;
    case "drop_note":
      await unlink(given.path);
      break;
    default:
      throw new Error(`no tool is called ${name}`);
  }
  return { content: [{ type: "text", text: "done" }] };
});

const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
await server.connect(transport);
createServer((request, response) => transport.handleRequest(request, response)).listen(3000);
