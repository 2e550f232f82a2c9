import { exec } from "node:child_process";
import { promisify } from "node:util";
import { tool } from "ai";
import { z } from "zod";

const run = promisify(exec);

export const lookUpOrder = tool({
  description: "Say where an order is.",
  inputSchema: z.object({ order: z.string().regex(/^[0-9]{1,9}$/) }),
  execute: async ({ order }) => (await fetch(`https://orders.acme.test/${order}`)).json(),
});

export const readPage = tool({
  description: "Read any page on the web.",
  inputSchema: z.object({ url: z.string() }),
  execute: async ({ url }) => (await fetch(url)).text(),
});

export const runShell = tool({
  description: "Run any command on this machine.",
  inputSchema: z.object({ command: z.string() }),
  execute: async ({ command }) => (await run(command)).stdout,
});
