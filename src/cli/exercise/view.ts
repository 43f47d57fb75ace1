import type { Score } from '../../exercise/score.ts';
import { span, table } from '../terminal.ts';

export function describeScore({ percent, grade, points, most, answers, wrong }: Score, harm: readonly string[]): string {
  return [
    `${percent} %, ${grade}: ${points} of ${most} points.\n`,
    table(['expected', 'answer', 'after', 'points', 'shown by'], answers.map((one) => [
      one.what, one.answer, one.afterMs === undefined ? '' : span(Math.max(0, one.afterMs)), `${one.points} / ${one.most}`, one.shown,
    ])),
    ...(wrong.length === 0 ? [] : [table(['what made it worse', 'points', 'shown by'], wrong.map(({ what, minus, shown }) => [what, `−${minus}`, shown]))]),
    harm.length === 0 ? '' : `It happened: ${harm.join('; ')}.\n`,
  ].join('\n');
}
