import type { Json } from '../domain/json.ts';
import { show } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { plain, span, table, time } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/proposals');
    show(io, options.json, answer, () => table(['id', 'state', 'what', 'why it takes two', 'by', 'ends'], objects(part(answer, 'proposals')).map((one) => [
      text(one['id']), stateOf(one), `${text(one['method'])} ${text(one['path'])}`, text(one['reasons']), text(part(one['proposer'], 'id')),
      text(one['state']) === 'open' ? `in ${span(number(one['expiresAt']) - Date.now())}` : '',
    ])));
    return 0;
  },
};

const showOne: Verb = {
  usage: 'show ID',
  run: async ({ client, io, options, need }) => {
    const proposal = await client.get(`/proposals/${encodeURIComponent(need(0, 'the proposal'))}`);
    show(io, options.json, proposal, () => describe(proposal));
    return 0;
  },
};

/** What it is, in words: of one that failed, why; of one that nobody knows the end of, that it is to be looked at. */
function stateOf(proposal: Json): string {
  const [state, code] = [text(part(proposal, 'state')), text(part(proposal, 'outcome', 'code'))];
  if (state === 'failed') return `approved, not done: ${code}`;
  if (state === 'approved') return 'approved, being done';
  return state === 'unfinished' ? 'approved, control died over it: see whether it was done' : state;
}

/** Everything that would be done, and the digest that an approval names. */
function describe(proposal: Json): string {
  const { method, path, params, query, body, digest, state, expiresAt } = Object.fromEntries(
    ['method', 'path', 'params', 'query', 'body', 'digest', 'state', 'expiresAt'].map((name) => [name, part(proposal, name)]),
  );
  const exactly = plain(JSON.stringify({ method, path, params, query, body }, undefined, 2), true);
  const who = `${text(part(proposal, 'proposer', 'id'))}, ${time(number(part(proposal, 'proposer', 'at')))}`;
  const until = state === 'open' ? `, until ${time(number(expiresAt))}` : '';
  const head = `${plain(stateOf(proposal))}${until}\nproposed by ${plain(who)}\nbecause ${plain(text(part(proposal, 'reasons')))}`;
  return `${head}\n${exactly}\ndigest ${plain(text(digest))}\n`;
}

const approve: Verb = {
  usage: 'approve ID [--digest DIGEST]', options: { digest: { type: 'string' } },
  run: async ({ client, io, options, need }) => {
    const path = `/proposals/${encodeURIComponent(need(0, 'the proposal'))}`;
    const proposal = await client.get(path);
    const digest = options.text('digest') ?? text(part(proposal, 'digest'));
    if (options.text('digest') === undefined) {
      io.note(describe(proposal));
      if (!(await io.confirm('Approve exactly this?'))) {
        io.note('Nothing was approved. Without a terminal, name what was shown with --digest.');
        return 1;
      }
    }
    const answer = await client.send('POST', `${path}/approve`, { digest }).catch(async (error: unknown) => {
      const state = await client.get(path).then(stateOf, () => '');
      if (state.startsWith('approved')) io.note(`This proposal: ${plain(state)}. It is not tried again; propose it anew.`);
      throw error;
    });
    show(io, options.json, answer, () => (text(part(answer, 'state')) === 'done' ? 'Approved, and done.\n' : 'Approved; it waits for one more person.\n'));
    return 0;
  },
};

const reject: Verb = {
  usage: 'reject ID --reason WHY', options: { reason: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const answer = await client.send('POST', `/proposals/${encodeURIComponent(need(0, 'the proposal'))}/reject`, { reason: needText('reason') });
    show(io, options.json, answer, () => 'Rejected: it cannot be approved any more.\n');
    return 0;
  },
};

export const command = commandOf('proposal', 'Wide actions that wait for a second person', { list, show: showOne, approve, reject });
