import { EXERCISE } from '../../control/exercises/schema.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import { afterActionMarkdown, afterActionPage } from '../../exercise/after-action.ts';
import type { Verb } from '../verbs.ts';
import { hand } from './write.ts';

export const report: Verb = {
  usage: 'report EXERCISE [--markdown] [--out FILE]',
  options: { markdown: { type: 'boolean' }, out: { type: 'string' } },
  run: async ({ client, io, options, need }) => {
    const answer = await client.get(`/exercises/${encodeURIComponent(need(0, 'the exercise'))}`);
    const { id: _, ...body } = isObject(answer) ? answer : {};
    const read = EXERCISE.safeParse(body, { reportInput: false });
    if (!read.success) throw new SallyportError('ERR_INTERNAL', 'control gave no exercise', { remedy: 'Use control and the command line of one version.' });
    await hand(io, options, options.flag('markdown') ? afterActionMarkdown(read.data) : afterActionPage(read.data, Date.now()));
    return 0;
  },
};
