// Our memories in OpenClaw: beside its own in memory_search, before prompts, and from each turn. See references/hosts.md.
import { ask, warm } from "./client.mjs";

const SEARCH_MS = 10_000;
const PROMPT_MS = 4_000;
const TURN_MS = 20_000;
const MOST = 6;
/** Where is what was told: by the user everywhere, without naming a place; where turns are kept comes after both. */
const NAMESPACES = ["shared", "default"];
const EPISODES = ["shared/episodes"];
const PREFIX = "ntm-memory/";

export default {
  id: "ntm-memory-system/memory",
  name: "NTM Memory",
  description: "Long-term memory that comes by itself, on this machine alone",
  register(api) {
    warm();
    api.registerMemoryCorpusSupplement({ search, get });
    api.on("before_tool_call", alsoOurs, { matcher: ["memory_search", "memory_get"] });
    api.on("before_prompt_build", beforePrompt);
    api.on("agent_end", afterTurn);
  },
};

/** Memories that answer a question, as OpenClaw's memory_search shows them. */
export async function search({ query, maxResults, agentSessionKey }) {
  if (!isPrivate(agentSessionKey)) return [];
  const found = await recalled(query, NAMESPACES, maxResults);
  return found.length > 0 ? found : recalled(query, EPISODES, maxResults);
}

/** One memory whole, by the path that `search` gave. */
export async function get({ lookup, agentSessionKey }) {
  const id = lookup.startsWith(PREFIX) ? lookup.slice(PREFIX.length) : "";
  const answer = id && isPrivate(agentSessionKey) ? await ask("status", { history: id }, SEARCH_MS) : null;
  const memory = answer?.memory;
  if (!memory || !Object.hasOwn(memory, "content")) return null;
  return { corpus: "memory", path: lookup, content: memory.content, fromLine: 1, lineCount: 1, updatedAt: memory.updated_at };
}

async function recalled(query, namespaces, most = MOST) {
  const answers = await Promise.all(
    namespaces.map((namespace) => ask("recall", { query, namespace, top_k: Math.min(most, 20) }, SEARCH_MS)),
  );
  return answers
    .flatMap((answer) => answer?.memories ?? [])
    .sort((one, other) => (other.chance ?? 0) - (one.chance ?? 0))
    .slice(0, most)
    .map((memory) => ({
      corpus: "memory",
      path: PREFIX + memory.id,
      id: memory.id,
      score: memory.chance ?? 0,
      snippet: memory.content,
      startLine: 1,
      endLine: 1,
      source: "memory",
      kind: memory.kind,
      provenanceLabel: [memory.source, memory.occurred_at ?? memory.created_at].filter(Boolean).join(", "),
    }));
}

/** Without being told where, OpenClaw's own tools look only into its own files; what is not among them it calls a wiki. */
function alsoOurs({ params }) {
  if (params?.corpus !== undefined) return undefined;
  return { params: { ...params, corpus: params?.path?.startsWith?.(PREFIX) ? "wiki" : "all" } };
}

async function beforePrompt(event, ctx) {
  const prompt = event.currentUserMessage ?? event.prompt;
  if (!prompt || !isTurnOfAPerson(ctx)) return undefined;
  const answer = await ask("hook", hook("UserPromptSubmit", ctx, { prompt }), PROMPT_MS);
  const text = answer?.hookSpecificOutput?.additionalContext;
  return text ? { prependContext: text } : undefined;
}

async function afterTurn(event, ctx) {
  const said = event.success && isTurnOfAPerson(ctx) ? lastWords(event.messages) : "";
  if (said) await ask("hook", hook("Stop", ctx, { last_assistant_message: said }), TURN_MS);
}

/** An event as the hooks of all hosts read it; without a folder it is the user's own place. */
function hook(event, ctx, fields) {
  return { event, host: "openclaw", session_id: ctx.sessionId ?? ctx.sessionKey ?? "", cwd: "", ...fields };
}

function lastWords(messages) {
  const last = messages.findLast((message) => message?.role === "assistant");
  const blocks = typeof last?.content === "string" ? [{ type: "text", text: last.content }] : (last?.content ?? []);
  return blocks.map((block) => (block?.type === "text" ? block.text : "")).join("\n").trim();
}

/** Not a heartbeat, not a schedule, not another session, and not where others read along. */
function isTurnOfAPerson(ctx) {
  const origin = ctx.inputProvenance?.kind ?? "external_user";
  return (ctx.trigger ?? "user") === "user" && origin === "external_user" && isPrivate(ctx.sessionKey);
}

function isPrivate(sessionKey = "") {
  const parts = sessionKey.toLowerCase().split(":");
  return !parts.includes("group") && !parts.includes("channel");
}
