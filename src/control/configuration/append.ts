import type { KeyObject } from 'node:crypto';
import { redact } from '../../domain/redacted.ts';
import type { Rows } from '../../store/store.ts';
import type { By, What } from '../control.ts';
import { signBytes } from '../snapshot/sign.ts';
import type { Envelope } from '../vault/keeper.ts';
import type { RowChange } from './state.ts';
import { digestOf, writeContent, type Statement, type Version } from './version.ts';

/** Who made a version, and of what. */
export interface Made {
  readonly by: By;
  readonly what: What;
  /** Epoch ms. */
  readonly at: number;
  readonly snapshot: number;
}

export interface Appending {
  readonly rows: Rows;
  readonly key: KeyObject;
  readonly envelope: Envelope;
  readonly last: Version | undefined;
}

/** `more`: what an accepted one says besides. */
export async function appendVersion(
  { rows, key, envelope, last }: Appending, changes: readonly RowChange[], root: string, { by, what, at, snapshot }: Made,
  more?: Pick<Statement, 'anchor' | 'number'>,
): Promise<Version> {
  const { admin, space } = by;
  const content = writeContent(changes);
  const statement: Statement = {
    number: (last?.statement.number ?? 0) + 1, previous: last?.digest ?? '', ...more,
    at, author: admin.id, via: admin.proof?.via ?? 'control', approvers: [...(admin.approvals ?? [])], space,
    action: `${what.resource}.${what.verb}`, id: what.id.slice(0, 300), ...(what.reason === undefined ? {} : { reason: redact(what.reason) }),
    root, content: digestOf(content), changes: changes.length,
    ...(what.manifest === undefined ? {} : { manifest: what.manifest }), ...(what.restores === undefined ? {} : { restores: what.restores }),
    snapshot,
  };
  const { bytes, signature } = signBytes('configuration', JSON.stringify(statement), key);
  await rows.configuration.append({ number: statement.number, statement: bytes, signature, content: await envelope.seal(rows, content) });
  return { statement, digest: digestOf(bytes) };
}
