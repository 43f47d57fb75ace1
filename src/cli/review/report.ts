import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { writeBundle } from '../audit/bundle.ts';
import { objects, part, text } from '../json-view.ts';
import { withProgress } from '../progress.ts';
import { plain } from '../terminal.ts';
import { show } from '../command.ts';
import type { Verb } from '../verbs.ts';

const FORMS = ['json', 'html', 'markdown', 'csv', 'ocsf'];

export const report: Verb = {
  usage: `report CAMPAIGN [--form ${FORMS.join('|')}] [--out FILE]`,
  options: { form: { type: 'string' }, out: { type: 'string' } },
  run: async ({ client, io, options, need }) => {
    const form = options.text('form') ?? 'markdown';
    if (!FORMS.includes(form)) throw new SallyportError('ERR_USAGE', `there is no form "${form}"`, { remedy: `Forms: ${FORMS.join(', ')}.` });
    const answer = await client.get(`/reviews/${encodeURIComponent(need(0, 'the campaign'))}/report`, { form });
    const words = form === 'ocsf' ? objects(part(answer, 'events')).map((one) => `${JSON.stringify(one)}\n`).join('')
      : form === 'json' ? `${JSON.stringify(answer, undefined, 2)}\n` : text(part(answer, 'text'));
    const out = options.text('out');
    if (out === undefined) io.out(form === 'markdown' ? plain(words, true) : words);
    else {
      await writeFile(resolve(io.cwd, out), words, { mode: 0o600 });
      io.note(`Written to ${plain(out)}.`);
    }
    return 0;
  },
};

export const evidence: Verb = {
  usage: 'evidence CAMPAIGN --out FOLDER|FILE.tar',
  options: { out: { type: 'string' } },
  run: async ({ client, io, options, need, needText }) => {
    const out = resolve(io.cwd, needText('out'));
    const path = `/reviews/${encodeURIComponent(need(0, 'the campaign'))}/evidence`;
    const files = writeBundle(out, await withProgress(io, 'gathering the evidence', () => client.get(path)));
    show(io, options.json, { out, files }, () => 
      `${plain(out)}: ${files.length} files. Check it with \`sallyport audit verify-bundle\`, or with the verify.mjs in it.\n`);
    return 0;
  },
};
