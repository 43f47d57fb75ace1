import { z } from 'zod';
import { toTar } from '../../audit/bundle/tar.ts';
import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { makeBundle } from './bundle.ts';
import { LOG_PROOF } from './log-answer.ts';
import { viewFor } from './people.ts';

const IDS = z.array(z.string().min(1).max(512)).max(100);
const BUNDLE = z
  .strictObject({
    incident: z.string().min(1).max(128).regex(/^[\w.:-]+$/).exactOptional(), contexts: IDS.default([]), exchanges: IDS.default([]),
    since: z.int().nonnegative().exactOptional(), until: z.int().nonnegative().exactOptional(), reveal: z.boolean().default(false),
    /** As one archive, for who has no command to write the files by. */
    tar: z.boolean().default(false),
  })
  .refine(({ contexts, exchanges, since }) => contexts.length + exchanges.length > 0 || since !== undefined, {
    error: 'must name contexts, exchanges, or a time',
  });

/** Evidence for people outside: it proves itself, without us. */
export const bundleRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/audit/bundle', summary: 'Evidence of contexts, exchanges or a time, with its proofs', access: 'investigate', reach: 'space',
    body: BUNDLE,
    act: async ({ admin, space, body: { reveal, tar, ...scope } }, control) => {
      const files = await makeBundle(control, { admin, space, reveal }, scope);
      if (!tar) return { files: Object.fromEntries(files) };
      const bytes = new Map([...files].map(([name, text]): [string, Uint8Array] => [name, Buffer.from(text)]));
      return { tar: Buffer.from(toTar(bytes, control.now())).toString('base64') };
    },
  }),
  route({
    method: 'GET', path: '/audit/exchanges/:id/proof', summary: 'Proofs that the records of an exchange stand in the log', access: 'audit', reach: 'space',
    query: { reveal: z.literal('true').exactOptional() }, answer: LOG_PROOF,
    act: async ({ admin, space, params: { id = '' }, query: { reveal } }, control) => {
      const view = await viewFor(control, admin, space, reveal !== undefined);
      const { entries } = await control.ledger.query({ space, exchange: id, order: 'oldest', limit: 1_000 });
      if (entries.length === 0) return { vkey: '', note: '', records: [] };
      const { vkey, note, proofs } = await control.ledger.prove(entries.map(({ position }) => position));
      return { vkey, note, records: proofs.map(({ position, line, proof }) => ({ position, proof, ...disclosed(line, view) })) };
    },
  }),
];

/** The line as it was written where nobody's name is hidden in it; else what the log has of it, and the record as it may be read. */
function disclosed(line: string, view: (record: { readonly [name: string]: Json }) => { readonly [name: string]: Json }): { readonly [name: string]: Json } {
  const read: Json = JSON.parse(line);
  const { leaf = '', record } = isObject(read) ? read : {};
  if (!isObject(record)) return { leaf, record: null };
  const shown = view(record);
  return { leaf, record: shown, ...(Bun.deepEquals(shown, record) ? { line } : {}) };
}
