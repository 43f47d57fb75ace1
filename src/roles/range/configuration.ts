import { createHash } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { parseManifestText } from '../../registry/manifest-text.ts';

/** A configuration as `GET /manifest` exports it: sallyport.yaml, and the policy files that it names. */
export interface RangeConfiguration {
  readonly text: string;
  readonly policies: readonly { readonly file: string; readonly text: string }[];
}

/** What is brought into force on top of it. */
export interface Staged {
  /** By id, as the manifest declares them; `url` as `Range.serve` gave it. */
  readonly servers: Readonly<Record<string, JsonObject>>;
  /** Cedar text. */
  readonly policy?: string;
  /** Keys of the manifest laid over the configuration's own, objects key by key. */
  readonly settings?: JsonObject;
}

/** What is rehearsed against: what decides, and nothing that reaches out, holds a secret or names who may administer. */
const KEPT: readonly string[] = [
  'limits', 'detect', 'flow', 'classification', 'defaults', 'approvals', 'agents', 'roles', 'bindings', 'toolsets', 'vendors', 'servers', 'exceptions',
  'policies',
];
/** Of a server: what policy and detectors know it by. Where it is and what it is given are the range's. */
const KEPT_OF_SERVER: readonly string[] = ['owner', 'hosting', 'tier', 'region', 'labels', 'flow', 'resources', 'pages', 'tools', 'vendor'];
/** Reach outside, or run code of their own. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = { detect: ['remote', 'plugins'], approvals: ['webhooks'] };
/** Nothing listens there: a server of the configuration has its name in policies, and is not called. */
const NOWHERE = 'http://127.0.0.1:9/mcp';
const STAGED_FILE = 'range-staged.cedar';

export interface BareConfiguration {
  readonly base: { readonly manifest: JsonObject; readonly policies: RangeConfiguration['policies'] };
  readonly leftOut: readonly string[];
  /** SHA-256 of `base`, in hex. */
  readonly digest: string;
}

/** What of a configuration is rehearsed against. Throws `ERR_CONFIG_SYNTAX`. */
export function bareConfiguration({ text, policies }: RangeConfiguration = { text: '{}', policies: [] }): BareConfiguration {
  const read: Json = JSON.parse(JSON.stringify(parseManifestText(text, 'sallyport.yaml').value ?? {}));
  const whole: JsonObject = isObject(read) ? read : {};
  const leftOut = Object.keys(whole).filter((key) => key !== 'apiVersion' && !KEPT.includes(key));
  const manifest: Record<string, Json> = {};
  for (const key of KEPT) {
    const value = whole[key];
    if (value === undefined || key === 'policies') continue;
    const outside = OUTSIDE[key] ?? [];
    leftOut.push(...(isObject(value) ? outside.filter((one) => value[one] !== undefined).map((one) => `${key}.${one}`) : []));
    manifest[key] = key === 'servers' ? standIns(value) : isObject(value) ? without(value, outside) : value;
  }
  const base = { manifest, policies };
  return { base, leftOut, digest: createHash('sha256').update(JSON.stringify(base)).digest('hex') };
}

function standIns(servers: Json): JsonObject {
  return Object.fromEntries(Object.entries(isObject(servers) ? servers : {}).map(([id, server]) => {
    const kept = Object.entries(isObject(server) ? server : {}).filter(([key]) => KEPT_OF_SERVER.includes(key));
    return [id, { ...Object.fromEntries(kept), url: NOWHERE, allowPrivate: true }];
  }));
}

function without(value: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

/** The whole manifest with what is staged, as files. JSON is YAML. */
export function stagedManifest({ manifest, policies }: BareConfiguration['base'], { servers, policy, settings = {} }: Staged): RangeConfiguration {
  const staged = Object.fromEntries(Object.entries(servers).map(([id, server]) => [id, { ...server, allowPrivate: true }]));
  const own = policy === undefined ? [] : [{ file: STAGED_FILE, text: policy }];
  const files = [...policies, ...own];
  const whole = { apiVersion: 'sallyport/v1', ...over(over(manifest, settings), { servers: staged }), policies: files.map(({ file }) => file) };
  return { text: JSON.stringify(whole), policies: files };
}

function over(below: JsonObject, above: JsonObject): JsonObject {
  return Object.fromEntries([...new Set([...Object.keys(below), ...Object.keys(above)])].map((key) => {
    const [one, other] = [below[key], above[key]];
    return [key, isObject(one) && isObject(other) ? over(one, other) : (other ?? one ?? null)];
  }));
}
