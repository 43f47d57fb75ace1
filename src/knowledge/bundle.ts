import { sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { TABLES } from './shape.ts';
import type { Tables } from './shape.ts';

/** Put before the bytes that are signed: such a key signs nothing else, and nothing else is taken for a bundle. */
const PURPOSE = 'sallyport/knowledge-bundle/v1\n';

const BUNDLE = z.strictObject({
  format: z.literal('sallyport-knowledge/1'),
  /** The exact text that is signed: the tables as JSON. */
  tables: z.string().max(LIMITS.knowledgeCharsMax),
  signatures: z.array(z.strictObject({ by: z.string().min(1).max(100), signature: z.base64().max(200) })).max(16),
});

/** Public halves (Ed25519) by whose they are. */
export type BundleKeys = Readonly<Record<string, KeyObject>>;

/** The tables as one file, signed by a key (Ed25519) in somebody's name. */
export function writeBundle(tables: Tables, by: string, key: KeyObject): string {
  const text = JSON.stringify(TABLES.parse(tables));
  const signature = sign(null, Buffer.from(PURPOSE + text), key).toString('base64');
  return `${JSON.stringify({ format: 'sallyport-knowledge/1', tables: text, signatures: [{ by, signature }] } satisfies z.infer<typeof BUNDLE>)}\n`;
}

/** What a bundle says, whoever signed it: for looking at, never for use. Throws `ERR_VERIFY_FAILED`. */
export function readBundle(text: string): Tables {
  return tablesOf(parse(BUNDLE, text));
}

/**
 * What a bundle says, and who of the known ones signed it: at least one. Throws `ERR_VERIFY_FAILED`; nothing of the tables is looked at before
 * the signature is good.
 */
export function openBundle(text: string, keys: BundleKeys): { readonly tables: Tables; readonly signers: readonly string[] } {
  const bundle = parse(BUNDLE, text);
  const bytes = Buffer.from(PURPOSE + bundle.tables);
  const good = bundle.signatures.filter(({ by, signature }) => {
    const key = Object.hasOwn(keys, by) ? keys[by] : undefined;
    return key !== undefined && verify(null, bytes, key, Buffer.from(signature, 'base64'));
  });
  if (good.length === 0) throw refused('nobody whose key is known has signed it');
  return { tables: tablesOf(bundle), signers: [...new Set(good.map(({ by }) => by))].toSorted() };
}

function tablesOf({ tables }: z.infer<typeof BUNDLE>): Tables {
  return parse(TABLES, tables);
}

function parse<T>(shape: z.ZodType<T>, text: string): T {
  if (text.length > 2 * LIMITS.knowledgeCharsMax) throw refused('it is too large');
  try {
    const read = shape.safeParse(JSON.parse(text), { reportInput: false });
    if (read.success) return read.data;
  } catch {
    // Told below.
  }
  throw refused('it is no bundle of this version');
}

function refused(why: string): SallyportError {
  return new SallyportError('ERR_VERIFY_FAILED', `the bundle is refused: ${why}`, {
    remedy: 'Take it from who makes it, and name their key under `knowledge.keys` of sallyport.yaml (docs/knowledge.md).',
  });
}
