import type { Json, JsonObject } from '../../domain/json.ts';
import { scorePaper } from '../../exercise/score.ts';
import type { Answer } from '../../exercise/score.ts';
import type { Pack } from '../../exercise/pack.ts';
import { usageError } from '../arguments.ts';
import { show } from '../command.ts';
import { part, text } from '../json-view.ts';
import type { Verb } from '../verbs.ts';
import { packOf } from './packs.ts';
import { describeScore } from './view.ts';

const USAGE = 'score EXERCISE [--met ID,ID] [--late ID] [--wrong ID] [--pack FILE.yaml]';

export const score: Verb = {
  usage: USAGE,
  options: { met: { type: 'string' }, late: { type: 'string' }, wrong: { type: 'string' }, pack: { type: 'string' } },
  run: async ({ client, io, options, need }) => {
    const id = need(0, 'the exercise');
    const path = `/exercises/${encodeURIComponent(id)}`;
    const pack = await packOf(options.text('pack') ?? text(part(await client.get(path), 'pack', 'id')));
    const [met, late, wrong] = [options.text('met'), options.text('late'), options.text('wrong')].map(words);
    checkKnown(pack, [...(met ?? []), ...(late ?? [])], wrong ?? []);
    const said: Record<string, Answer> = {};
    for (const one of late ?? []) said[one] = 'late';
    for (const one of met ?? []) said[one] = 'in-time';
    const scored = scorePaper(pack, said, wrong ?? []);
    const body: JsonObject = JSON.parse(JSON.stringify({ score: scored }));
    const answer: Json = await client.send('POST', `${path}/score`, body);
    show(io, options.json, answer, () => describeScore(scored, []));
    return 0;
  },
};

function words(list: string | undefined): readonly string[] {
  return (list ?? '').split(',').map((word) => word.trim()).filter((word) => word !== '');
}

function checkKnown({ injects, wrong }: Pack, answers: readonly string[], wrongs: readonly string[]): void {
  const known = injects.flatMap(({ expected }) => expected.map(({ id }) => id));
  const stranger = answers.find((id) => !known.includes(id)) ?? wrongs.find((id) => !wrong.some((one) => one.id === id));
  if (stranger === undefined) return;
  const names = `--met and --late take ${known.join(', ')}; --wrong ${wrong.map(({ id }) => id).join(', ')}`;
  throw usageError({ usage: `exercise ${USAGE}` }, `the pack has no ${stranger}: ${names}`);
}
