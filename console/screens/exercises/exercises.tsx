import type { ReactNode } from 'react';
import type { ExercisePacks, ExerciseRow, Exercises as Answer } from '../../../src/control/exercises/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { Act } from '../../kit/act.tsx';
import { Badge, State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Asked, Empty, Page, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { useGo } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';
import './exercises.css';

const COLUMNS: readonly Column<ExerciseRow>[] = [
  { id: 'title', title: t('exercises.exercise'), width: 3, cell: ({ title }) => <Text value={title} line />, sort: ({ title }) => title },
  { id: 'began', title: t('exercises.began'), width: 'fit', cell: ({ startedAt }) => <Time at={startedAt} />, sort: ({ startedAt }) => startedAt },
  { id: 'mode', title: t('exercises.mode'), width: 'fit', cell: ({ mode }) => t(`exercises.mode-${mode}`) },
  { id: 'state', title: t('exercises.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  {
    id: 'score', title: t('exercises.score'), width: 'fit', align: 'right', sort: ({ percent = -1 }) => percent,
    cell: ({ percent, grade }) => (percent === undefined ? '' : t('exercises.percent', { percent, grade: grade ?? '' })),
  },
  { id: 'open', title: t('exercises.toChange'), width: 'fit', align: 'right', cell: ({ open }) => open, sort: ({ open }) => open },
  {
    id: 'late', title: t('exercises.late'), width: 'fit', sort: ({ overdue, unowned }) => overdue + unowned,
    cell: ({ overdue, unowned }) => (
      <>
        {overdue > 0 && <Badge tone="bad">{t('exercises.overdue', { count: overdue })}</Badge>}
        {' '}{unowned > 0 && <Badge tone="held">{t('exercises.unowned', { count: unowned })}</Badge>}
      </>
    ),
  },
];

/** Exercises with their score, what is still to be changed because of them, and the packs that there are. */
export function Exercises(): ReactNode {
  const answer = useAsk<Answer>('/exercises');
  const holds = useMay('investigate');
  const go = useGo();
  return (
    <Page title={t('exercises.title')} lead={t('exercises.lead')}>
      <Asked of={answer}>
        {({ exercises }) => (
          <Table label={t('exercises.title')} rows={exercises} columns={COLUMNS} id={({ id }) => id} onOpen={({ id }) => go(pathOf`/exercises/${id}`)}
            empty={<Empty title={t('exercises.none')}>{t('exercises.noneSays')}</Empty>} />
        )}
      </Asked>
      {holds && <Packs />}
    </Page>
  );
}

function Packs(): ReactNode {
  const answer = useAsk<ExercisePacks>('/exercise-packs');
  const go = useGo();
  return (
    <Panel title={t('exercises.packs')}>
      <Asked of={answer}>
        {({ packs }) => (
          <ul className="exercises-packs">
            {packs.map(({ id, version, title, kind, minutes, objectives, injects }) => (
              <li key={id}>
                <div className="exercises-verbs">
                  <strong><Text value={title} /></strong> <span className="quiet">{t('exercises.packSays', { minutes, injects: injects.length })}</span>
                  <Act<{ readonly id: string }> label={t('exercises.begin')} needs="investigate" method="POST" path="/exercises" says={t('exercises.beginSays')}
                    asks={[{ name: 'with', label: t('exercises.participants'), hint: t('exercises.participantsHint') }]}
                    body={(values) => ({ pack: { id, version, title, kind }, mode: 'paper', participants: wordsOf(values['with']) })}
                    command={(values) => ['exercise', 'run', id, '--paper', '--with', wordsOf(values['with']).join(',')]}
                    onDone={(begun) => go(pathOf`/exercises/${begun.id}`)} />
                </div>
                <p className="quiet"><Text value={objectives.join('; ')} /></p>
                <CommandLine words={['exercise', 'run', id, '--live']} />
              </li>
            ))}
          </ul>
        )}
      </Asked>
    </Panel>
  );
}

function wordsOf(typed = ''): readonly string[] {
  return typed.split(',').map((word) => word.trim()).filter((word) => word !== '');
}
