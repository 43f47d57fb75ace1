import type { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Rows } from '../../store/store.ts';
import type { By, Control } from '../control.ts';
import { pinDefinition } from '../packages/definition.ts';
import { needStored, putStored } from '../stored.ts';
import { checkDefinition } from './findings.ts';
import type { NEW_SERVER } from './schema.ts';
import { showServer } from './show.ts';

export type NewServer = z.infer<typeof NEW_SERVER>;

export interface Declaring {
  /** Who wrote the definition, where that is not who asks: somebody else approves what the server says. */
  readonly declaredBy?: string;
  readonly detail?: JsonObject;
  /** Done in the same change. */
  readonly also?: (rows: Rows) => Promise<void>;
}

/** Declares a server, its package fetched and pinned; nothing can be called on it until it is approved. */
export async function declareServer({ admin, space }: By, { id, ...declared }: NewServer, control: Control,
  { declaredBy, detail, also }: Declaring = {}): Promise<Json> {
  checkDefinition(declared, true);
  await checkNameFree(control.store, id);
  if (declared.vendor !== undefined) await needStored(control.store, 'vendor', space, declared.vendor);
  const definition = await pinDefinition({ admin, space }, declared, control);
  checkDefinition(definition);
  const author = declaredBy ?? (admin.proof === undefined ? undefined : admin.id);
  return control.change({ admin, space }, { resource: 'server', id, verb: 'add', detail: { owner: definition.owner, ...detail } }, async (rows) => {
    await checkNameFree(rows, id);
    await putStored(rows, 'server', space, id, { ...definition, status: 'declared', ...(author === undefined ? {} : { declaredBy: author }) }, admin.id);
    await also?.(rows);
    return showServer(rows, space, id, control);
  });
}

/** Policies name servers without their space, so a name belongs to one server of the whole installation. */
async function checkNameFree(rows: Rows, id: string): Promise<void> {
  if ((await rows.list('server')).some((row) => row.id === id)) {
    throw new SallyportError('ERR_CONFLICT', `the name "${id}" is taken`, { remedy: 'Take another name, or remove that server first.' });
  }
}
