import type { ReactNode } from 'react';
import type { ExerciseAction, ExerciseShown } from '../../../src/control/exercises/answer.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Badge, State } from '../../kit/badge.tsx';
import { Empty, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';

const DAY_MS = 24 * 60 * 60_000;

/** What is changed because of an exercise: whose it is, until when, and that it was done or why not. */
export function Actions({ exercise: { id, actions, state } }: { readonly exercise: ExerciseShown }): ReactNode {
  const isOpen = state !== 'closed';
  return (
    <Panel title={t('exercises.toChange')} actions={isOpen ? <Another exercise={id} /> : undefined}>
      {actions.length === 0 ? <Empty title={t('exercises.noActions')} /> : (
        <ul className="exercises-packs">
          {actions.map((action) => (
            <li key={action.id}>
              <p><State value={action.state} /> <Text value={action.what} /></p>
              <p className="quiet">
                {action.owner === undefined ? <Badge tone="held">{t('exercises.nobodys')}</Badge> : <Text value={action.owner} />}
                {' '}{action.due !== undefined && <Moment at={action.due} />} <Text value={action.note} />
              </p>
              {isOpen && action.state === 'open' && <Drive exercise={id} action={action} />}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const dueIn = (days = ''): number => Date.now() + Number(days) * DAY_MS;

function Another({ exercise }: { readonly exercise: string }): ReactNode {
  return (
    <Act label={t('exercises.another')} needs="investigate" method="POST" path={pathOf`/exercises/${exercise}/actions`}
      asks={[
        { name: 'what', label: t('exercises.what'), kind: 'lines', required: true }, { name: 'owner', label: t('exercises.owner'), required: true },
        { name: 'days', label: t('exercises.days'), kind: 'number', value: '30', required: true },
      ]}
      body={({ what, owner, days }) => ({ what, owner, due: dueIn(days) })}
      command={({ what = '', owner = '', days = '' }) => ['exercise', 'action', exercise, '--what', what, '--owner', owner, '--due', `${days}d`]} />
  );
}

function Drive({ exercise, action }: { readonly exercise: string; readonly action: ExerciseAction }): ReactNode {
  const acting = { needs: 'investigate', method: 'PUT', path: pathOf`/exercises/${exercise}/actions/${action.id}` } as const;
  const owner = { name: 'owner', label: t('exercises.owner'), required: true, value: action.owner ?? '' } as const;
  const words = ['exercise', 'action', exercise, action.id];
  return (
    <div className="exercises-verbs">
      <Act {...acting} label={t('exercises.give')} asks={[owner, { name: 'days', label: t('exercises.days'), kind: 'number', value: '30', required: true }]}
        body={(values) => ({ owner: values['owner'], due: dueIn(values['days']) })}
        command={(values) => [...words, '--owner', values['owner'] ?? '', '--due', `${values['days'] ?? ''}d`]} />
      <Act {...acting} tone="primary" label={t('exercises.done')} asks={[owner, { name: 'note', label: t('exercises.doneNote'), required: true }]}
        body={(values) => ({ owner: values['owner'], state: 'done', note: values['note'] })}
        command={(values) => [...words, '--owner', values['owner'] ?? '', '--done', values['note'] ?? '']} />
      <Act {...acting} label={t('exercises.drop')} asks={[owner, { name: 'note', label: t('exercises.dropNote'), required: true }]}
        body={(values) => ({ owner: values['owner'], state: 'dropped', note: values['note'] })}
        command={(values) => [...words, '--owner', values['owner'] ?? '', '--drop', values['note'] ?? '']} />
    </div>
  );
}
