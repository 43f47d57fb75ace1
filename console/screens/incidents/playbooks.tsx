import type { ReactNode } from 'react';
import type { IncidentShown } from '../../../src/control/incidents/answer.ts';
import type { PlaybookRuns, PlaybookRunShown, Playbooks, PlaybookStep } from '../../../src/control/playbooks/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import type { Values } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Asked, Empty, Panel } from '../../kit/page.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';

const BUSY_MS = 1500;
const DOES_MAX = 2000;

/** Runs of playbooks for an incident: started here, and driven on step by step. */
export function Runs({ incident }: { readonly incident: IncidentShown }): ReactNode {
  const answer = useAsk<PlaybookRuns>('/playbook-runs', { incident: incident.id });
  return (
    <>
      <div className="incidents-verbs"><Start incident={incident} /></div>
      <Asked of={answer}>
        {({ runs }) => (runs.length === 0 ? <Empty title={t('incidents.noRuns')} /> : runs.map(({ id }) => <Run key={id} id={id} />))}
      </Asked>
    </>
  );
}

function Start({ incident: { id, kind } }: { readonly incident: IncidentShown }): ReactNode {
  const { data } = useAsk<Playbooks>('/playbooks');
  const all = data?.playbooks ?? [];
  const fitting = all.find(({ slug }) => slug === kind) ?? all[0];
  const named = (values: Values): string => {
    const of = all.find((one) => one.id === values['playbook']);
    return of?.slug ?? values['playbook'] ?? '';
  };
  return (
    <Act key={fitting?.id ?? ''} label={t('incidents.startPlaybook')} tone="primary" needs="investigate" method="POST" disabled={all.length === 0}
      path={(values) => pathOf`/playbooks/${values['playbook'] ?? ''}/runs`} says={t('incidents.startSays')}
      asks={[
        { name: 'playbook', label: t('incidents.playbook'), kind: 'choice', value: fitting?.id ?? '', choices: all.map((one): Choice => [one.id, one.name]) },
        {
          name: 'mode', label: t('incidents.mode'), kind: 'choice', value: 'step',
          choices: [['step', t('incidents.modeStep')], ['automatic', t('incidents.modeAutomatic')], ['dry', t('incidents.modeDry')]],
        },
        { name: 'reason', label: t('kit.reason'), required: true },
      ]}
      body={(values) => ({ incident: id, mode: values['mode'], reason: values['reason'] })}
      command={(values) => [
        'incident', 'playbook', 'run', named(values), '--incident', id, '--mode', values['mode'] ?? '', '--reason', values['reason'] ?? '',
      ]} />
  );
}

function Run({ id }: { readonly id: string }): ReactNode {
  // What control does by itself goes on while one looks.
  const answer = useAsk<PlaybookRunShown>(pathOf`/playbook-runs/${id}`, {}, { everyMs: BUSY_MS });
  return (
    <Asked of={answer}>
      {({ name, mode, state, startedAt, startedBy, steps, wayBack = [], guidance = [] }) => (
        <Panel title={t('incidents.playbook')} actions={state === 'going' ? <Cancel id={id} /> : undefined}>
          <p>
            <strong><Text value={name} /></strong> <State value={state} />
            {' '}{t(`incidents.mode-${mode === 'dry' ? 'dry' : mode === 'automatic' ? 'automatic' : 'step'}`)}
          </p>
          <p className="quiet"><Moment at={startedAt} /> <Text value={startedBy} max={100} /></p>
          {guidance.map((line) => <p key={line}><Text value={line} /></p>)}
          {wayBack.map(({ containment }) => <CommandLine key={containment} words={['incident', 'lift', containment, '--reason', '…']} />)}
          <ol className="incidents-steps">
            {steps.map((step) => <Step key={step.n} run={id} step={step} going={state === 'going' || state === 'stopped'} />)}
          </ol>
        </Panel>
      )}
    </Asked>
  );
}

function Step({ run, step, going }: { readonly run: string; readonly step: PlaybookStep; readonly going: boolean }): ReactNode {
  const { n, name, who, does, state, by, note, endedAt, content } = step;
  return (
    <li>
      <strong>{n}. <Text value={name} /></strong> <State value={state} /> <span className="quiet"><Text value={who} /></span>
      {does.map((one) => <p key={one}><Text value={one} max={DOES_MAX} mono={step.kind === 'request'} /></p>)}
      {content !== undefined && state !== 'done' && <Block value={content} max={DOES_MAX} />}
      {(note !== undefined || by !== undefined) && (
        <p className="quiet"><Text value={by} max={100} /> {endedAt !== undefined && <Moment at={endedAt} />} <Text value={note} /></p>
      )}
      {going && <Drive run={run} step={step} />}
    </li>
  );
}

type What = 'go' | 'done' | 'failed' | 'retry' | 'skip';

function Drive({ run, step: { n, kind, state, answers = [] } }: { readonly run: string; readonly step: PlaybookStep }): ReactNode {
  const verbs: Readonly<Record<string, readonly What[]>> = {
    waiting: kind === 'people' ? ['done', 'failed', 'skip'] : ['go', 'skip'], failed: kind === 'people' ? ['done', 'skip'] : ['retry', 'skip'],
  };
  const labels = {
    go: t('incidents.go'), done: t('incidents.done'), failed: t('incidents.failed'), retry: t('incidents.retry'), skip: t('incidents.skip'),
  } as const;
  const asked = (what: What): readonly string[] => (what === 'done' ? answers : []);
  const given = (what: What, values: Values): Readonly<Record<string, string>> =>
    Object.fromEntries(asked(what).flatMap((name) => ((values[name] ?? '') === '' ? [] : [[name, values[name] ?? '']])));
  return (
    <div className="incidents-verbs">
      {(verbs[state] ?? []).map((what) => (
        <Act key={what} label={labels[what]} tone={what === 'go' || what === 'done' ? 'primary' : 'plain'} needs="investigate" method="POST"
          path={pathOf`/playbook-runs/${run}/step`}
          asks={[
            ...asked(what).map((name) => ({ name, label: name, hint: t('incidents.answerHint') })),
            { name: 'note', label: t('incidents.noteText'), required: what === 'skip' || what === 'failed' },
          ]}
          body={(values) => ({ n, what, values: given(what, values), ...((values['note'] ?? '') === '' ? {} : { note: values['note'] }) })}
          command={(values) => [
            'incident', 'playbook', 'step', run, String(n), what,
            ...Object.entries(given(what, values)).flatMap(([name, value]) => ['--answer', `${name}=${value}`]),
            ...((values['note'] ?? '') === '' ? [] : ['--note', values['note'] ?? '']),
          ]} />
      ))}
    </div>
  );
}

function Cancel({ id }: { readonly id: string }): ReactNode {
  return (
    <Act label={t('incidents.cancelRun')} says={t('incidents.cancelSays')} needs="investigate" method="POST" path={pathOf`/playbook-runs/${id}/cancel`}
      asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={(values) => ({ reason: values['reason'] })}
      command={(values) => ['incident', 'playbook', 'step', id, '--cancel', '--reason', values['reason'] ?? '']} />
  );
}
