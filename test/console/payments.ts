import { objects, part, text } from '../../src/cli/json-view.ts';
import { direct } from './direct.ts';
import type { Installation } from './installation.ts';

/** The id of the approval of a payment of this amount, as soon as it waits; whoever is asked for it finds it by what it says. */
export async function untilPaymentWaits({ client }: Installation, amountEur: number): Promise<string> {
  const marcus = await direct('approver');
  const seen = new Set<string>();
  for (;;) {
    const waiting = objects(part(await client.get('/approvals', { state: 'pending' }), 'approvals')).map(({ id }) => text(id));
    for (const id of waiting.filter((one) => !seen.has(one))) {
      seen.add(id);
      const { body } = await marcus.ask('GET', `/approvals/${id}`);
      if (new RegExp(`amountEur\\W+${amountEur}\\b`).test(text(part(body, 'text')))) return id;
    }
  }
}
