import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import type { Arguments } from './arguments.ts';
import type { Io } from './command.ts';
import { part, text } from './json-view.ts';
import { openDoor } from './connect.ts';
import { withProgress } from './progress.ts';
import { createStdioBridge } from './stdio-bridge.ts';
import { readSaid } from './stdio-message.ts';

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'sallyport-connect', version: '0.1.0' },
};

/** How many tools a client will see, by the lines that it will write and read. Throws `ERR_VERIFY_FAILED`, and what control says. */
export async function listThrough(target: string, options: Arguments, io: Io): Promise<number> {
  const { door, ticket } = openDoor(target, options, io);
  let tools = 0;
  let cursor: string | undefined;
  try {
    await ticket.token();
    do {
      const page = await withProgress(io, `Asking ${target} for its tools`, () => ask(target, cursor, door, io));
      const listed = page['tools'] ?? null;
      if (!isArray(listed)) throw failed(target, 'its list of tools is none');
      tools += listed.length;
      cursor = typeof page['nextCursor'] === 'string' ? page['nextCursor'] : undefined;
    } while (cursor !== undefined && !io.signal.aborted);
  } finally {
    await ticket.revoke();
  }
  return tools;
}

async function ask(target: string, cursor: string | undefined, door: ReturnType<typeof openDoor>['door'], io: Io): Promise<JsonObject> {
  const answers: JsonObject[] = [];
  const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { ...(cursor === undefined ? {} : { cursor }), _meta: ENVELOPE } });
  const out = (line: string): void => {
    const message = readSaid(line)?.message;
    if (message !== undefined) answers.push(message);
  };
  const done = Promise.withResolvers<void>();
  async function* input(): AsyncGenerator<string> {
    yield `${request}\n`;
    await done.promise;
  }
  const seen = (line: string): void => {
    out(line);
    done.resolve();
  };
  await createStdioBridge({ door, out: seen, note: () => undefined }).run(input(), io.signal);
  const answer = answers.find((message) => message['id'] === 1);
  const result = answer?.['result'];
  if (isObject(result)) return result;
  const error = part(answer, 'error');
  throw failed(target, text(part(error, 'message')) || 'there was no answer', part(part(error, 'data'), 'remedy'));
}

function failed(target: string, why: string, remedy?: unknown): SallyportError {
  return new SallyportError('ERR_VERIFY_FAILED', `${target} can't be listed through the gate: ${why}`, {
    remedy: typeof remedy === 'string' ? remedy : 'See `sallyport server list` and `sallyport doctor`; then write the file again.',
  });
}
