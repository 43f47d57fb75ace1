import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Role } from '../../domain/role.ts';
import type { Caller, Handler } from '../../link/handler.ts';
import type { MachineName } from '../../link/machines/machine.ts';
import type { Control } from '../control.ts';
import { listDead, renewNode } from './nodes.ts';

/** What roles on other machines ask of control about their certificates. */
export function linkVerbs(control: Control): Readonly<Record<string, Handler>> {
  return {
    'control.renew': { call: (_body, caller) => renewNode(control, nameOf(caller)) },
    'control.dead': { stream: (_body, { role }, signal) => watchDead(control, role, signal) },
  };
}

/** The keys of revoked nodes, at once and after each change. */
async function* watchDead(control: Control, role: Role, signal: AbortSignal): AsyncGenerator<Json> {
  let told = '';
  for await (const _ of control.machines.news.watch(role, signal)) {
    const dead = (await listDead(control.store, control.now())).map((one): Json => ({ ...one }));
    const text = JSON.stringify(dead);
    if (text === told) continue;
    told = text;
    yield dead;
  }
}

function nameOf({ role, node }: Caller): MachineName {
  if (node === undefined) throw new SallyportError('ERR_LINK_FORBIDDEN', 'only machines have certificates');
  return { role, node };
}
