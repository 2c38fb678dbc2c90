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
/** A memory is one line; memory_get reads parts by their numbers, so a long one is told in lines of so many characters. */
const LINE = 400;
const MOST_LINES = 100;

export default {
  id: "ntm-memory-system/memory",
  name: "NTM Memory",
  description: "Long-term memory that comes by itself, on this machine alone",
  register(api) {
    warm();
    api.registerMemoryCorpusSupplement({ search, get });
    api.on("before_tool_call", quiet(alsoOurs), { matcher: ["memory_search", "memory_get"] });
    api.on("before_prompt_build", quiet(beforePrompt));
    api.on("agent_end", quiet(afterTurn));
  },
};

/** What the host calls never throws into it: where anything is missing or odd there is nothing to say. */
function quiet(act, otherwise) {
  return (...told) => {
    try {
      const done = act(...told);
      return typeof done?.then === "function" ? done.catch(() => otherwise) : done;
    } catch {
      return otherwise;
    }
  };
}

/** Memories that answer a question, as OpenClaw's memory_search shows them. */
export const search = quiet(async ({ query, maxResults, agentSessionKey }) => {
  if (typeof query !== "string" || !isPrivate(agentSessionKey)) return [];
  const found = await recalled(query, NAMESPACES, maxResults);
  return found.length > 0 ? found : await recalled(query, EPISODES, maxResults);
}, Promise.resolve([]));

/** One memory by the path that `search` gave, whole or the lines asked for. */
export const get = quiet(async ({ lookup, fromLine, lineCount, agentSessionKey }) => {
  if (!lookup.startsWith(PREFIX) || !isPrivate(agentSessionKey)) return null;
  const memory = await named(lookup.slice(PREFIX.length));
  if (!memory || !Object.hasOwn(memory, "content")) return null;
  const lines = inLines(memory.content);
  const first = Math.max(fromLine || 1, 1);
  const told = lines.slice(first - 1, first - 1 + Math.max(lineCount || MOST_LINES, 1));
  const rest = lines.length - (first - 1 + told.length);
  const about = { fromLine: first, lineCount: told.length, totalLines: lines.length, updatedAt: memory.updated_at };
  return { corpus: "memory", path: lookup, content: told.join("\n"), ...about, ...(rest > 0 ? { truncated: true } : {}) };
}, Promise.resolve(null));

/** The memory that a path names, its namespace before its id; one without a namespace is looked for in all of ours. */
async function named(path) {
  const end = path.lastIndexOf("/");
  const history = path.slice(end + 1);
  for (const namespace of end > 0 ? [path.slice(0, end)] : [...NAMESPACES, ...EPISODES]) {
    const answer = history ? await ask("status", { history, namespace }, SEARCH_MS) : null;
    if (answer?.memory) return answer.memory;
  }
  return null;
}

/** A text in lines, broken at blanks where there are any. */
function inLines(text) {
  const lines = [];
  let rest = text;
  while (rest.length > LINE) {
    const blank = rest.lastIndexOf(" ", LINE);
    const end = blank > LINE / 2 ? blank : LINE - (/[\uD800-\uDBFF]/.test(rest[LINE - 1]) ? 1 : 0);
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

async function recalled(query, namespaces, most) {
  const count = Math.min(Number.isInteger(most) && most > 0 ? most : MOST, 20);
  const answers = await Promise.all(
    namespaces.map(async (namespace) => {
      const answer = await ask("recall", { query, namespace, top_k: count }, SEARCH_MS);
      return (answer?.memories ?? []).map((memory) => ({ ...memory, namespace }));
    }),
  );
  return answers
    .flat()
    .sort((one, other) => (other.chance ?? 0) - (one.chance ?? 0))
    .slice(0, count)
    .map((memory) => ({
      corpus: "memory",
      path: `${PREFIX}${memory.namespace}/${memory.id}`,
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
  const prompt = event?.currentUserMessage ?? event?.prompt;
  if (!prompt || !isTurnOfAPerson(ctx)) return undefined;
  const answer = await ask("hook", hook("UserPromptSubmit", ctx, { prompt }), PROMPT_MS);
  const text = answer?.hookSpecificOutput?.additionalContext;
  return text ? { prependContext: text } : undefined;
}

async function afterTurn(event, ctx) {
  const said = event?.success && isTurnOfAPerson(ctx) ? lastWords(event.messages) : "";
  if (said) await ask("hook", hook("Stop", ctx, { last_assistant_message: said }), TURN_MS);
}

/** An event as the hooks of all hosts read it; without a folder it is the user's own place. */
function hook(event, ctx, fields) {
  return { event, host: "openclaw", session_id: ctx?.sessionId ?? ctx?.sessionKey ?? "", cwd: "", ...fields };
}

function lastWords(messages) {
  const last = messages?.findLast?.((message) => message?.role === "assistant");
  const blocks = typeof last?.content === "string" ? [{ type: "text", text: last.content }] : (last?.content ?? []);
  return blocks.map((block) => (block?.type === "text" ? block.text : "")).join("\n").trim();
}

/** Not a heartbeat, not a schedule, not another session, and not where others read along. */
function isTurnOfAPerson(ctx) {
  const origin = ctx?.inputProvenance?.kind ?? "external_user";
  return (ctx?.trigger ?? "user") === "user" && origin === "external_user" && isPrivate(ctx?.sessionKey);
}

function isPrivate(sessionKey) {
  const parts = String(sessionKey ?? "").toLowerCase().split(":");
  return !parts.includes("group") && !parts.includes("channel");
}
