import type { Exchange } from '../../domain/exchange.ts';
import type { RequestMessage } from '../../domain/message.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';

/** Calls a tool of the exchange's server as its caller does, decided and recorded like any call of theirs; undefined: that was refused. */
export type CallAside = (exchange: Exchange, tool: string, args: JsonObject) => Promise<JsonObject | undefined>;

/** `none`: the tool has no dry run. `refused`: it has one, and it may not be called, or failed. */
export type Preview = { readonly kind: 'shown'; readonly json: Json } | { readonly kind: 'none' | 'refused' };

/** Whether the call is nothing but a dry run: what a declared argument makes it is shown to whoever asks. */
export function isDryRun({ tool, call, dispatchers = [] }: Exchange): boolean {
  const dryRun = tool?.dryRun;
  if (tool === undefined || dryRun === undefined || !('argument' in dryRun) || dispatchers.length > 0) return false;
  return isOwnArgument(tool, dryRun.argument) && call.arguments?.[dryRun.argument] === dryRun.value;
}

const RECENT_MS = 15_000;
const REMEMBERED_MAX = 1_000;

/** Dry runs of calls that wait: looked at every second, they are made anew only now and then, and at the end. */
export function keepPreviews(call: CallAside, now: () => number = Date.now): {
  readonly recent: (message: RequestMessage, exchange: Exchange) => Promise<{ readonly preview: Preview; readonly isFresh: boolean }>;
  readonly now: (message: RequestMessage, exchange: Exchange) => Promise<Preview>;
} {
  const kept = new Map<string, { readonly preview: Preview; readonly at: number }>();
  const fresh = async (message: RequestMessage, exchange: Exchange): Promise<Preview> => {
    const preview = await previewOf(exchange, call);
    if (kept.size >= REMEMBERED_MAX) kept.clear();
    kept.set(keyOf(message, exchange), { preview, at: now() });
    return preview;
  };
  return {
    now: fresh,
    async recent(message, exchange) {
      const known = kept.get(keyOf(message, exchange));
      if (known !== undefined && now() - known.at < RECENT_MS) return { preview: known.preview, isFresh: false };
      return { preview: await fresh(message, exchange), isFresh: true };
    },
  };
}

function keyOf({ params }: RequestMessage, { space, flow, server, tool }: Exchange): string {
  const text = JSON.stringify([space, flow, server.id, tool?.digest ?? null, params?.['name'] ?? null, params?.['arguments'] ?? null]);
  return new Bun.CryptoHasher('sha256').update(text).digest('base64url');
}

/** What the call would do, by the tool's own word. An argument that the pinned schema does not have would be ignored, and the call done. */
async function previewOf(exchange: Exchange, call: CallAside): Promise<Preview> {
  const { tool, server, call: { arguments: args = {} }, dispatchers = [] } = exchange;
  const dryRun = tool?.dryRun;
  if (tool === undefined || dryRun === undefined || dispatchers.length > 0) return { kind: 'none' };
  if ('argument' in dryRun && !isOwnArgument(tool, dryRun.argument)) return { kind: 'refused' };
  // Whatever else it is called, what shows and does nothing reads, and needs to be shown by nothing else.
  const other = 'tool' in dryRun ? server.baseline?.surface.tools.find(({ name }) => name === dryRun.tool) : undefined;
  if ('tool' in dryRun && (other === undefined || other.effect !== 'read' || other.dryRun !== undefined)) return { kind: 'refused' };
  const result = 'tool' in dryRun ? await call(exchange, dryRun.tool, args) : await call(exchange, tool.name, { ...args, [dryRun.argument]: dryRun.value });
  if (result === undefined || result['isError'] === true) return { kind: 'refused' };
  const { content = [], structuredContent } = result;
  return { kind: 'shown', json: structuredContent === undefined ? { content } : { content, structuredContent } };
}

function isOwnArgument({ definition }: NonNullable<Exchange['tool']>, argument: string): boolean {
  const schema = definition['inputSchema'];
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) && Object.hasOwn(properties, argument);
}
