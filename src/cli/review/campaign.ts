import { day } from '../../review/days.ts';
import { show as showAnswer } from '../command.ts';
import { readGrantee } from '../grantee.ts';
import { number, part, text } from '../json-view.ts';
import { withProgress } from '../progress.ts';
import { plain } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { countsOf } from './counts.ts';

export const open: Verb = {
  usage: 'open --title TITLE [--due DAYS] [--stand-ins group:NAME|principal:ID] [--unused 30|60|90]',
  options: { title: { type: 'string' }, due: { type: 'string' }, 'stand-ins': { type: 'string' }, unused: { type: 'string' } },
  run: async ({ client, io, options, needText }) => {
    const [due, standIns, unused] = [options.text('due'), options.text('stand-ins'), options.text('unused')];
    const answer = await withProgress(io, 'looking at everything', () => client.send('POST', '/reviews', {
      title: needText('title'), ...(due === undefined ? {} : { dueInDays: Number(due) }), ...(standIns === undefined ? {}
        : { standIns: readGrantee(standIns) }),
      ...(unused === undefined ? {} : { unusedDays: Number(unused) }),
    }));
    showAnswer(io, options.json, answer, () =>
      `Opened ${plain(text(part(answer, 'id')))}: ${number(part(answer, 'items'))} items, due on ${day(number(part(answer, 'dueAt')))}.\n`
      + countsOf(part(answer, 'checks')));
    return 0;
  },
};

export const remind: Verb = {
  usage: 'remind CAMPAIGN',
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('POST', `/reviews/${encodeURIComponent(need(0, 'the campaign'))}/remind`);
    showAnswer(io, options.json, answer, () => `${number(part(answer, 'mailed'))} people were mailed.\n`);
    return 0;
  },
};

export const verify: Verb = {
  usage: 'verify CAMPAIGN',
  run: async ({ client, io, options, need }) => {
    const path = `/reviews/${encodeURIComponent(need(0, 'the campaign'))}/verify`;
    const answer = await withProgress(io, 'looking again', () => client.send('POST', path));
    showAnswer(io, options.json, answer, () => countsOf(part(answer, 'remedies')));
    return 0;
  },
};

export const close: Verb = {
  usage: 'close CAMPAIGN',
  run: async ({ client, io, options, need }) => {
    const id = need(0, 'the campaign');
    const answer = await withProgress(io, 'looking again, and sealing the evidence', () => client.send('POST', `/reviews/${encodeURIComponent(id)}/close`));
    showAnswer(io, options.json, answer, () =>
      `Closed; its evidence has the digest ${plain(text(part(answer, 'digest')))}.\n${countsOf(part(answer, 'states'))}${countsOf(part(answer, 'remedies'))}`
      + `For people outside: sallyport review evidence ${plain(id)} --out FILE.tar\n`);
    return 0;
  },
};
