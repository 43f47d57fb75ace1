import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ExerciseShown } from '../../../src/control/exercises/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Badge, State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Asked, Empty, Facts, Page, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment, span } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';
import { Actions } from './actions.tsx';
import { Paper } from './paper.tsx';
import './exercises.css';

/** One exercise: its score with what shows each answer, the hot wash, and what is changed because of it until all of it is. */
export function ExercisePage(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  const answer = useAsk<ExerciseShown>(pathOf`/exercises/${id}`);
  return (
    <Page title={t('exercises.exercise')} lead={<To to="/exercises">{t('exercises.toAll')}</To>}
      actions={answer.data === undefined || answer.data.state === 'closed' ? undefined : <Verbs exercise={answer.data} />}>
      <Asked of={answer}>{(exercise) => <Whole exercise={exercise} />}</Asked>
    </Page>
  );
}

function Verbs({ exercise: { id, state, pack, mode } }: { readonly exercise: ExerciseShown }): ReactNode {
  return (
    <>
      {state === 'running' && mode === 'paper' && <Paper id={id} pack={pack.id} />}
      <Act label={t('exercises.wash')} needs="investigate" method="POST" path={pathOf`/exercises/${id}/wash`}
        asks={[
          { name: 'question', label: t('exercises.question'), required: true },
          { name: 'answer', label: t('exercises.said'), kind: 'lines', required: true },
        ]}
        body={({ question, answer }) => ({ question, answer })}
        command={({ question = '', answer = '' }) => ['exercise', 'wash', id, question, answer]} />
      <Act label={t('exercises.close')} tone="primary" needs="investigate" method="POST" path={pathOf`/exercises/${id}/close`} says={t('exercises.closeSays')}
        asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={({ reason }) => ({ reason })}
        command={({ reason = '' }) => ['exercise', 'close', id, '--reason', reason]} />
    </>
  );
}

function Whole({ exercise }: { readonly exercise: ExerciseShown }): ReactNode {
  const { id, pack, mode, state, startedAt, startedBy, participants, score, harm, wash } = exercise;
  return (
    <>
      <Panel title={t('kit.details')}>
        <h3><Text value={pack.title} /> <State value={state} /></h3>
        <Facts rows={[
          [t('exercises.mode'), t(`exercises.mode-${mode}`)], [t('exercises.began'), <Moment key="b" at={startedAt} />],
          [t('exercises.holder'), <Text key="h" value={startedBy} max={100} />],
          [t('exercises.participants'), <Text key="p" value={participants.join(', ')} />],
          [t('exercises.score'), score === undefined ? undefined : t('exercises.points', { percent: score.percent, points: score.points, most: score.most })],
          [t('exercises.harm'), harm.length === 0 ? undefined : <Text key="x" value={harm.join('; ')} />],
        ]} />
        <CommandLine words={['exercise', 'report', id, '--out', 'after-action.html']} />
      </Panel>
      {score !== undefined && <Panel title={t('exercises.score')}><Score score={score} /></Panel>}
      <Actions exercise={exercise} />
      <Panel title={t('exercises.washed')}>
        {wash.length === 0 ? <Empty title={t('exercises.noWash')} /> : (
          <ul className="exercises-packs">
            {wash.map(({ question, answer, by, at }) => (
              <li key={at}>
                <strong><Text value={question} /></strong><p><Text value={answer} /></p>
                <p className="quiet"><Text value={by} max={100} /> <Moment at={at} /></p>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </>
  );
}

const TONES = { 'in-time': 'good', late: 'held', missed: 'bad' } as const;

function Score({ score: { answers, areas, wrong } }: { readonly score: NonNullable<ExerciseShown['score']> }): ReactNode {
  return (
    <>
      <p className="exercises-areas">
        {areas.map(({ area, points, most }) => <span key={area}>{tWord('area', area)} <strong>{points}/{most}</strong></span>)}
      </p>
      <table className="exercises-score">
        <thead>
          <tr>
            <th scope="col">{t('exercises.expected')}</th><th scope="col">{t('exercises.answer')}</th><th scope="col">{t('exercises.after')}</th>
            <th scope="col">{t('exercises.point')}</th><th scope="col">{t('exercises.shown')}</th>
          </tr>
        </thead>
        <tbody>
          {answers.map(({ id, what, answer, afterMs, points, most, shown }) => (
            <tr key={id}>
              <th scope="row"><Text value={what} /></th><td><Badge tone={TONES[answer]}>{t(`exercises.answer-${answer}`)}</Badge></td>
              <td>{afterMs === undefined ? '' : span(Math.max(0, afterMs))}</td><td>{points}/{most}</td><td><Text value={shown} mono /></td>
            </tr>
          ))}
          {wrong.map(({ id, what, minus, shown }) => (
            <tr key={id}>
              <th scope="row"><Text value={what} /></th><td><Badge tone="bad">{t('exercises.wrong')}</Badge></td><td /><td>−{minus}</td>
              <td><Text value={shown} mono /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
