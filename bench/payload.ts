/** The tool that the bench calls: about 1 KB of arguments, about 2 KB of result, and a nonce that ties one to the other. */
export const TOOL = 'search_contacts';

export type Era = 'legacy' | 'modern';
export const VERSION: Readonly<Record<Era, string>> = { legacy: '2025-11-25', modern: '2026-07-28' };

const WORDS = 'the quarterly review of accounts in the northern region found renewals, open invoices and two disputes; '.repeat(20);

export const INPUT_SCHEMA = {
  type: 'object',
  properties: {
    nonce: { type: 'string' },
    query: { type: 'string' },
    region: { type: 'string' },
    limit: { type: 'integer' },
    filters: { type: 'object', properties: { status: { type: 'string' }, owner: { type: 'string' }, since: { type: 'string' } } },
    notes: { type: 'string' },
  },
  required: ['nonce', 'query'],
} as const;

const ARGUMENTS = { query: 'renewals due', region: 'north', limit: 25, filters: { status: 'open', owner: 'sales-platform@example.com', since: '2026-01-01' } };

/** 1,024 bytes of arguments, whatever the nonce's length. */
function argumentsFor(nonce: string): object {
  const rest = { nonce, ...ARGUMENTS, notes: '' };
  return { ...rest, notes: WORDS.slice(0, 1024 - JSON.stringify(rest).length) };
}

/** The text that the stub returns for a nonce: 2,048 bytes with what is around it. */
export function resultText(nonce: string): string {
  return `${nonce}: ${WORDS}`.slice(0, 1984);
}

export function callBody(id: number, nonce: string, era: Era): string {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': VERSION.modern,
    'io.modelcontextprotocol/clientInfo': { name: 'sallyport-bench', version: '0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: TOOL, arguments: argumentsFor(nonce), ...(era === 'modern' ? { _meta: meta } : {}) };
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
}

/** What is wrong with an answer; undefined when it is the right one. Reads both plain JSON and an SSE body. */
export function wrongAnswer(contentType: string, body: string, id: number, nonce: string): string | undefined {
  for (const text of contentType.startsWith('text/event-stream') ? eventsOf(body) : [body]) {
    const message = parse(text);
    if (message?.id === id) return message.result?.content?.[0]?.text === resultText(nonce) ? undefined : `unexpected answer ${text.slice(0, 200)}`;
  }
  return `no answer to ${id} in ${body.slice(0, 200)}`;
}

function eventsOf(body: string): string[] {
  return body.split(/\r?\n\r?\n/).map((event) => {
    const data = event.split(/\r?\n/).filter((line) => line.startsWith('data:'));
    return data.map((line) => line.slice(5).trimStart()).join('\n');
  });
}

interface Answer {
  readonly id?: unknown;
  readonly result?: { readonly content?: readonly { readonly text?: unknown }[] };
}

function parse(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
