// One `scripts/mcp.py` for a gateway: started when first asked, it ends when the gateway's end of its pipe does.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../scripts/mcp.py", import.meta.url));
const AGAIN_AFTER_MS = 60_000;
let server = null;
let failedAt = -AGAIN_AFTER_MS;

/** Start the server, so that the first question finds it ready. */
export function warm() {
  connected();
}

/** What a tool of ours answers, as an object; null where anything is missing, wrong or late. */
export async function ask(tool, args, withinMs) {
  const result = await request("tools/call", { name: tool, arguments: args }, withinMs);
  if (!result || result.isError) return null;
  if (result.structuredContent) return result.structuredContent;
  try {
    return JSON.parse(result.content[0].text);
  } catch {
    return null;
  }
}

function request(method, params, withinMs) {
  const here = connected();
  if (!here) return Promise.resolve(null);
  return new Promise((resolve) => {
    const id = ++here.last;
    const done = (result) => {
      clearTimeout(timer);
      here.waiting.delete(id);
      if (here.waiting.size === 0) hold(here.child, false);
      resolve(result);
    };
    const timer = setTimeout(() => done(null), withinMs);
    here.waiting.set(id, done);
    hold(here.child, true);
    send(here.child, { id, method, params });
  });
}

function connected() {
  if (server || Date.now() - failedAt < AGAIN_AFTER_MS) return server;
  try {
    const child = spawn("python3", [SCRIPT], { stdio: ["pipe", "pipe", "ignore"], windowsHide: true });
    const here = { child, last: 0, waiting: new Map() };
    const end = () => {
      if (server === here) [server, failedAt] = [null, Date.now()];
      for (const done of [...here.waiting.values()]) done(null);
    };
    child.on("error", end).on("exit", end);
    child.stdin.on("error", end);
    createInterface({ input: child.stdout }).on("line", (line) => take(here, line));
    hold(child, false);
    send(child, { id: 0, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "openclaw", version: "1" } } });
    send(child, { method: "notifications/initialized" });
    server = here;
  } catch {
    failedAt = Date.now();
  }
  return server;
}

function take(here, line) {
  try {
    const message = JSON.parse(line);
    here.waiting.get(message.id)?.(message.result ?? null);
  } catch {
    // not of the protocol: nobody waits for it
  }
}

function send(child, message) {
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

/** Whether the gateway's process waits for the child: only while somebody waits for an answer. */
function hold(child, waits) {
  for (const each of [child, child.stdin, child.stdout]) waits ? each.ref?.() : each.unref?.();
}
