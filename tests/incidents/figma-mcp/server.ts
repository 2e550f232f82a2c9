import { exec } from "node:child_process";
import { promisify } from "node:util";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const run = promisify(exec);
const server = new McpServer({ name: "designs", version: "0.6.2" });

server.tool("fetch_design", "Fetch a design", { url: z.string() }, async ({ url }) => {
  const { stdout } = await run(`curl -s "${url}"`);
  return { content: [{ type: "text", text: stdout }] };
});

await server.connect(new StdioServerTransport());
