import { show } from '../command.ts';
import { objects, part, text } from '../json-view.ts';
import { table } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

/** One verb for each decision: the campaign, its items, and why. */
function answering(decision: 'certify' | 'revoke' | 'change' | 'delegate'): Verb {
  const isDelegation = decision === 'delegate';
  return {
    usage: `${decision} CAMPAIGN ITEM... --reason WHY${isDelegation ? ' --to PERSON' : ''}`,
    options: { reason: { type: 'string' }, ...(isDelegation ? { to: { type: 'string' } as const } : {}) },
    run: async ({ client, io, options, need, needText }) => {
      const id = need(0, 'the campaign');
      need(1, 'the item');
      const answer = await client.send('POST', `/reviews/${encodeURIComponent(id)}/decisions`, {
        items: options.positionals.slice(1), decision, reason: needText('reason'), ...(isDelegation ? { to: needText('to') } : {}),
      });
      show(io, options.json, answer, () => table(['item', 'state', 'then', 'note'], objects(part(answer, 'items')).map((one) => [
        text(one['id']), text(one['state']), text(one['remedy']), text(one['note']),
      ])));
      return objects(part(answer, 'items')).some((one) => one['remedy'] === 'failed') ? 1 : 0;
    },
  };
}

export const certify = answering('certify');
export const revoke = answering('revoke');
export const change = answering('change');
export const delegate = answering('delegate');
