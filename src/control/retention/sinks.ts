import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { SECRET_REFERENCE } from '../../domain/server.ts';
import type { SinksSent } from '../../domain/sink.ts';
import type { AuditShape } from '../../registry/audit-shape.ts';
import type { Control } from '../control.ts';
import { readNetwork } from '../manifest/settings.ts';

/**
 * The sinks as the ledger is told them, for the moment in which it is told: every reference to a secret replaced by the secret.
 * One whose secret can't be read is sent with that, and holds up no other.
 */
export async function sinksToSend({ sinks = {} }: AuditShape, { store, vault }: Pick<Control, 'store' | 'vault'>): Promise<SinksSent> {
  const read = async (reference: string): Promise<string> => (await vault.read(DEFAULT_SPACE, reference)).value;
  const sent = await Promise.all(Object.entries(sinks).map(async ([name, sink]) => {
    const spec: Json = JSON.parse(JSON.stringify(sink));
    try {
      return [name, { spec: await resolved(spec, read) }] as const;
    } catch (error) {
      return [name, { spec, error: error instanceof SallyportError ? error.code : 'ERR_INTERNAL' }] as const;
    }
  }));
  const { extraRoots } = await readNetwork(store);
  return { sinks: Object.fromEntries(sent), ...(extraRoots === undefined ? {} : { roots: extraRoots }) };
}

async function resolved(value: Json, read: (reference: string) => Promise<string>): Promise<Json> {
  if (typeof value === 'string') return SECRET_REFERENCE.test(value) ? read(value) : value;
  if (isArray(value)) return Promise.all(value.map((item) => resolved(item, read)));
  if (!isObject(value)) return value;
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([name, item]) => [name, await resolved(item, read)] as const)));
}
