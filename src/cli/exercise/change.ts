import type { Json, JsonObject } from '../../domain/json.ts';
import { usageError } from '../arguments.ts';
import { show } from '../command.ts';
import { part, text } from '../json-view.ts';
import { plain, readSpan } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';

export const wash: Verb = {
  usage: 'wash EXERCISE QUESTION ANSWER',
  run: async (call) => tell(call, await call.client.send('POST', pathOf(call, 'wash'), {
    question: call.need(1, 'the question'), answer: call.need(2, 'what was said'),
  }), 'has it in its hot wash'),
};

const ACTION_USAGE = `action EXERCISE --what TEXT --owner WHO --due 30d
exercise action EXERCISE ACTION [--owner WHO] [--due 30d] [--done WHAT-WAS-DONE | --drop WHY-NOT]`;

export const action: Verb = {
  usage: ACTION_USAGE,
  options: { what: { type: 'string' }, owner: { type: 'string' }, due: { type: 'string' }, done: { type: 'string' }, drop: { type: 'string' } },
  run: async (call) => {
    const { client, options, needText } = call;
    const named = options.positionals[1];
    const owner = options.text('owner');
    const [done, dropped] = [options.text('done'), options.text('drop')];
    if (named === undefined) {
      const body = { what: needText('what'), owner: needText('owner'), due: dueOf(needText('due')) };
      return tell(call, await client.send('POST', pathOf(call, 'actions'), body), 'has one more thing to change');
    }
    const due = options.text('due');
    const body: JsonObject = {
      ...(owner !== undefined && { owner }), ...(due !== undefined && { due: dueOf(due) }), ...(done !== undefined && { state: 'done', note: done }),
      ...(dropped !== undefined && { state: 'dropped', note: dropped }),
    };
    return tell(call, await client.send('PUT', `${pathOf(call, 'actions')}/${encodeURIComponent(named)}`, body), 'was brought up to date');
  },
};

function dueOf(given: string): number {
  const ms = readSpan(given);
  if (ms === undefined) throw usageError({ usage: `exercise ${ACTION_USAGE}` }, '--due is no time span: write for instance 30d');
  return Date.now() + ms;
}

export const close: Verb = {
  usage: 'close EXERCISE --reason WHY',
  options: { reason: { type: 'string' } },
  run: async (call) => tell(call, await call.client.send('POST', pathOf(call, 'close'), { reason: call.needText('reason') }), 'is closed'),
};

function pathOf({ need }: Call, below: string): string {
  return `/exercises/${encodeURIComponent(need(0, 'the exercise'))}/${below}`;
}

function tell({ io, options }: Call, answer: Json, what: string): number {
  show(io, options.json, answer, () => `Exercise ${plain(text(part(answer, 'id')))} ${what}.\n`);
  return 0;
}
