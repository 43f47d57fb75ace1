import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** Where an agent of the demo calls, and as whom. */
export interface Access {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** One thing that the script lets an agent do. */
export interface Step {
  readonly who: string;
  /** Which official client SDK makes the call: v1 speaks 2025-11-25, v2 speaks 2026-07-28. */
  readonly sdk: 'v1' | 'v2';
  readonly server: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, string | number>>;
  readonly expect: 'allowed' | 'denied' | 'withheld';
  readonly note?: string;
}

export interface Attempt {
  readonly who: string;
  readonly sdk: string;
  readonly server: string;
  readonly tool: string;
  readonly args: string;
  /** `held`: a person must approve it first; `withheld`: a person must look at its answer. `failed`: something broke, which is never what a step expects. */
  readonly outcome: 'allowed' | 'denied' | 'held' | 'withheld' | 'failed';
  readonly asExpected: boolean;
  /** The exchange id that a refusal names. */
  readonly exchange: string | undefined;
  /** What came back, as text; empty where nothing did. */
  readonly answer: string;
}

/**
 * Makes one call with an official SDK client and tells what the gate let happen. `patience`: the client listens to progress, so
 * that the gate holds the call while people decide; ends with it.
 */
export async function askAs(access: Access, step: Step, patience?: AbortSignal): Promise<Attempt> {
  const secure = (input: string | URL | Request, init?: RequestInit): Promise<Response> => fetch(input, { ...init, tls: { ca: access.ca } });
  const url = new URL(`${access.url}/mcp/${step.server}`);
  const options = { requestInit: { headers: { authorization: `Bearer ${access.token}` } }, fetch: secure };
  const self = { name: `${step.who}-agent`, version: '1.0.0' };
  const client = step.sdk === 'v1' ? new ClientV1(self) : new ClientV2(self, { versionNegotiation: { mode: 'auto' } });
  let refusal: unknown;
  let isError = false;
  let answer = '';
  try {
    if (client instanceof ClientV1) await client.connect(new TransportV1(url, options));
    else await client.connect(new TransportV2(url, options));
    const called = { name: step.tool, arguments: { ...step.args } };
    const waiting = patience === undefined ? undefined : { signal: patience, timeout: HELD_MS, onprogress: () => undefined };
    const result = client instanceof ClientV1 ? await client.callTool(called, undefined, waiting) : await client.callTool(called, waiting);
    isError = 'isError' in result && result.isError === true;
    answer = textOf(result);
  } catch (fault) {
    refusal = fault;
  } finally {
    await client.close();
  }
  const code = memberIn(refusal, 'code') ?? '';
  const outcome = OUTCOMES[code] ?? (refusal === undefined && !isError ? 'allowed' : 'failed');
  return {
    who: step.who, sdk: step.sdk, server: step.server, tool: step.tool,
    args: `${JSON.stringify(step.args)}${step.note === undefined ? '' : ` (${step.note})`}`,
    outcome, asExpected: outcome === step.expect, exchange: memberIn(refusal, 'exchange'), answer,
  };
}

/** Longer than the gate holds a call: it is the gate that says that the time is over. */
const HELD_MS = 300_000;

/** Sends the same call again and again until somebody has decided it; what came of it then. Rejects when `signal` aborts. */
export async function askUntilDecided(access: Access, step: Step, signal: AbortSignal): Promise<Attempt> {
  for (;;) {
    const attempt = await askAs(access, step, signal);
    signal.throwIfAborted();
    if (attempt.outcome !== 'held') return attempt;
  }
}

function textOf(result: object): string {
  const content: unknown = 'content' in result ? result.content : undefined;
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  return parts.map((one) => (typeof one === 'object' && one !== null && 'text' in one && typeof one.text === 'string' ? one.text : '')).join('\n');
}

/** What the gate says when policy refuses: plainly, or as for a tool that is not there; and when people must decide. */
const OUTCOMES: Readonly<Record<string, Attempt['outcome']>> = {
  ERR_POLICY_DENIED: 'denied', ERR_TOOL_UNKNOWN: 'denied', ERR_PIN_DRIFT: 'denied', ERR_APPROVAL_DENIED: 'denied', ERR_APPROVAL_REQUIRED: 'held',
  ERR_QUARANTINED: 'withheld',
};

/** A text in the `data` of a JSON-RPC error, whichever SDK threw it. */
function memberIn(refusal: unknown, key: 'code' | 'exchange'): string | undefined {
  const data: unknown = typeof refusal === 'object' && refusal !== null && 'data' in refusal ? refusal.data : undefined;
  if (typeof data !== 'object' || data === null) return undefined;
  const found: unknown = Object.entries(data).find(([name]) => name === key)?.[1];
  return typeof found === 'string' ? found : undefined;
}
