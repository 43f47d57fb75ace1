import { APPROVAL_STATES, type ApprovalAsk, type ApprovalWord } from '../domain/approval.ts';
import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json } from '../domain/json.ts';
import type { ApprovalDesk } from '../gateway/obligations/approve.ts';
import type { Link } from '../link/connect.ts';

/** People, as control asks them and keeps what they said. */
export function approvalsOver(control: Link, node: string): ApprovalDesk {
  const body = (ask: ApprovalAsk): { readonly [key: string]: Json } => JSON.parse(JSON.stringify({ ...ask, node }));
  return {
    ask: async (ask) => readWord(await control.call('control.ask-approval', body(ask))),
    async use(ask, id) {
      const answer = await control.call('control.use-approval', { ...body(ask), id });
      const { bytes, signature } = isObject(answer) ? answer : {};
      return typeof bytes === 'string' && typeof signature === 'string' ? { bytes, signature } : readWord(answer);
    },
  };
}

function readWord(answer: Json): ApprovalWord {
  const { id, state, expiresAt, url, reason } = isObject(answer) ? answer : {};
  const known = APPROVAL_STATES.find((one) => one === state);
  if (typeof id !== 'string' || known === undefined || typeof expiresAt !== 'number') {
    throw new SallyportError('ERR_LINK_FRAME', 'control was asked for an approval and answered with something else');
  }
  return {
    id, state: known, expiresAt,
    ...(typeof url === 'string' ? { url } : {}), ...(typeof reason === 'string' ? { reason } : {}),
  };
}
