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
  readonly expect: 'allowed' | 'denied';
  readonly note?: string;
}

export interface Attempt {
  readonly who: string;
  readonly sdk: string;
  readonly server: string;
  readonly tool: string;
  readonly args: string;
  readonly outcome: 'allowed' | 'denied';
  readonly asExpected: boolean;
  /** The exchange id that a refusal names. */
  readonly exchange: string | undefined;
}

/** Makes one call with an official SDK client and tells what the gate let happen. */
export async function askAs(access: Access, step: Step): Promise<Attempt> {
  const secure = (input: string | URL | Request, init?: RequestInit): Promise<Response> => fetch(input, { ...init, tls: { ca: access.ca } });
  const url = new URL(`${access.url}/mcp/${step.server}`);
  const options = { requestInit: { headers: { authorization: `Bearer ${access.token}` } }, fetch: secure };
  const self = { name: `${step.who}-agent`, version: '1.0.0' };
  const client = step.sdk === 'v1' ? new ClientV1(self) : new ClientV2(self, { versionNegotiation: { mode: 'auto' } });
  let refusal: unknown;
  try {
    if (client instanceof ClientV1) await client.connect(new TransportV1(url, options));
    else await client.connect(new TransportV2(url, options));
    await client.callTool({ name: step.tool, arguments: { ...step.args } });
  } catch (fault) {
    refusal = fault;
  } finally {
    await client.close();
  }
  const outcome = refusal === undefined ? 'allowed' : 'denied';
  return {
    who: step.who, sdk: step.sdk, server: step.server, tool: step.tool,
    args: `${JSON.stringify(step.args)}${step.note === undefined ? '' : ` (${step.note})`}`,
    outcome, asExpected: outcome === step.expect, exchange: exchangeIn(refusal),
  };
}

function exchangeIn(refusal: unknown): string | undefined {
  const data: unknown = typeof refusal === 'object' && refusal !== null && 'data' in refusal ? refusal.data : undefined;
  return typeof data === 'object' && data !== null && 'exchange' in data && typeof data.exchange === 'string' ? data.exchange : undefined;
}
