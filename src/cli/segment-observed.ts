import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';

/**
 * Reads what a machine or a cluster says is loaded, and keeps what a segment is compared by: a whole ruleset, or what a
 * cluster says of who changed what when, is megabytes that nobody asked for. `-` is standard input.
 */
export async function readObserved(file: string, cwd: string): Promise<JsonObject> {
  const value = parse(await readText(file, cwd));
  if (isArray(value['nftables'])) return { nftables: value['nftables'].filter(isKept) };
  if (isArray(value['items'])) return { items: value['items'].map(reduce) };
  throw unreadable('it is neither a listing of nft nor a list of network policies');
}

async function readText(file: string, cwd: string): Promise<string> {
  const path = resolve(cwd, file);
  const found = file === '-' ? undefined : await stat(path).catch(() => undefined);
  if (file !== '-' && (found === undefined || !found.isFile() || found.size > LIMITS.segmentListingBytesMax)) {
    throw unreadable(`it is no plain file of at most ${LIMITS.segmentListingBytesMax} bytes`);
  }
  if (file !== '-') return readFile(path, 'utf8');
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > LIMITS.segmentListingBytesMax) throw unreadable(`it is longer than ${LIMITS.segmentListingBytesMax} bytes`);
  }
  return text;
}

function parse(text: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable('it is no JSON');
  }
  if (!isObject(value)) throw unreadable('it is no JSON object');
  return value;
}

function unreadable(why: string): SallyportError {
  return new SallyportError('ERR_SEGMENT_INVALID', `the listing cannot be read: ${why}`, {
    remedy: 'Give it what `nft -j list ruleset` or `kubectl get networkpolicies --all-namespaces -o json` prints, whole.',
  });
}

/** Entries of our own tables: `{ table: { name } }`, and others by their table. */
function isKept(entry: Json): boolean {
  return isObject(entry) && Object.entries(entry).some(([kind, inner]) => {
    const name = isObject(inner) ? inner[kind === 'table' ? 'name' : 'table'] : undefined;
    return typeof name === 'string' && name.startsWith('sallyport_');
  });
}

function reduce(item: Json): Json {
  if (!isObject(item) || !isObject(item['metadata'])) return item;
  const { name = null, namespace = null, labels = {} } = item['metadata'];
  return { metadata: { name, namespace, labels }, spec: item['spec'] ?? {} };
}
