import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { number, part, text } from '../json-view.ts';
import { plain, readSpan, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';

const REASON = { reason: { type: 'string' } } as const;

export const acknowledge: Verb = {
  usage: 'acknowledge FINDING --reason WHAT-IS-DONE',
  options: REASON,
  run: (call) => send(call, 'acknowledge', { reason: call.needText('reason') }),
};

export const suppress: Verb = {
  usage: 'suppress FINDING --for 14d --reason WHY',
  options: { ...REASON, for: { type: 'string' } },
  run: (call) => {
    const ms = readSpan(call.needText('for'));
    if (ms === undefined) throw new SallyportError('ERR_USAGE', '--for is no time span', { remedy: 'Write for instance 14d.' });
    return send(call, 'suppress', { reason: call.needText('reason'), until: Date.now() + ms });
  },
};

export const resolve: Verb = {
  usage: 'resolve FINDING --reason WHAT-WAS-MENDED',
  options: REASON,
  run: (call) => send(call, 'resolve', { reason: call.needText('reason') }),
};

export const reopen: Verb = {
  usage: 'reopen FINDING --reason WHY',
  options: REASON,
  run: (call) => send(call, 'reopen', { reason: call.needText('reason') }),
};

async function send({ client, io, options, need }: Call, verb: string, body: JsonObject): Promise<number> {
  const id = need(0, 'the id of a finding');
  const answer: Json = await client.send('POST', `/findings/${encodeURIComponent(id)}/${verb}`, body);
  const until = number(part(answer, 'until'));
  show(io, options.json, answer, () => `Finding ${plain(id)} is ${text(part(answer, 'state'))}${until === 0 ? '' : ` until ${time(until)}`}.\n`);
  return 0;
}
