import type { ReactNode } from 'react';
import type { ExercisePack, ExercisePacks } from '../../../src/control/exercises/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import type { Asks, Values } from '../../kit/act.tsx';
import { t } from '../../texts/t.ts';

const ANSWERS = ['in-time', 'late', 'missed'] as const;

/** The facilitator says what was done, expectation by expectation; control makes the score. */
export function Paper({ id, pack: named }: { readonly id: string; readonly pack: string }): ReactNode {
  const { data } = useAsk<ExercisePacks>('/exercise-packs');
  const pack = data?.packs.find((one) => one.id === named);
  if (pack === undefined) return null;
  const expected = pack.injects.flatMap((inject) => inject.expected);
  const saying = (values: Values, what: string): readonly string[] => expected.filter((one) => values[one.id] === what).map((one) => one.id);
  const wrong = (values: Values): readonly string[] => pack.wrong.filter((one) => values[one.id] === 'yes').map((one) => one.id);
  return (
    <Act label={t('exercises.say')} tone="primary" needs="investigate" method="POST" path={pathOf`/exercises/${id}/paper`} says={t('exercises.saySays')}
      asks={asksOf(pack)} body={(values) => ({ answers: Object.fromEntries(expected.map((one) => [one.id, values[one.id]])), wrong: wrong(values) })}
      command={(values) => [
        'exercise', 'score', id, '--met', saying(values, 'in-time').join(','), '--late', saying(values, 'late').join(','), '--wrong', wrong(values).join(','),
      ]} />
  );
}

function asksOf({ injects, wrong }: ExercisePack): readonly Asks[] {
  return [
    ...injects.flatMap(({ expected }) => expected.map(({ id, what }): Asks => ({
      name: id, label: what, kind: 'choice', value: 'missed', choices: ANSWERS.map((one) => [one, t(`exercises.answer-${one}`)] as const),
    }))),
    ...wrong.map(({ id, what }): Asks => ({ name: id, label: what, kind: 'check' })),
  ];
}
