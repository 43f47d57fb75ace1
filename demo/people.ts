import type { Client } from '../src/cli/client.ts';
import { part, text } from '../src/cli/json-view.ts';
import { SallyportError } from '../src/domain/errors.ts';
import type { Json } from '../src/domain/json.ts';

/** Who works with the console in the demo, each in one role. */
export interface Colleague {
  readonly role: 'admin' | 'approver' | 'analyst' | 'auditor';
  readonly userName: string;
  readonly groups: readonly string[];
  /** What they see to, in a few words. */
  readonly does: string;
}

const COLLEAGUES: readonly Colleague[] = [
  { role: 'admin', userName: 'olivia', groups: ['administrators'], does: 'administrator: servers, policies, people' },
  { role: 'approver', userName: 'marcus', groups: ['approvers', 'treasury'], does: 'approver: a payment waits for him' },
  { role: 'analyst', userName: 'nina', groups: ['secops'], does: 'analyst: findings and incidents' },
  { role: 'auditor', userName: 'theo', groups: ['auditors'], does: 'auditor: reads, and verifies the log' },
];

/** A colleague with the path of the page that opens their account, once, within a quarter of an hour. */
export interface Invited extends Colleague {
  readonly path: string;
}

/** Makes the accounts; where a home has them from an earlier demo they are opened anew. */
export async function invite(client: Client): Promise<readonly Invited[]> {
  const invited: Invited[] = [];
  for (const one of COLLEAGUES) invited.push({ ...one, path: text(part(await account(client, one), 'link', 'path')) });
  return invited;
}

async function account(client: Client, { userName, groups }: Colleague): Promise<Json> {
  try {
    return await client.send('POST', '/accounts', { userName, groups: [...groups] });
  } catch (fault) {
    if (!(fault instanceof SallyportError) || fault.code !== 'ERR_CONFLICT') throw fault;
    return client.send('POST', `/accounts/${userName}/reset`, {});
  }
}
