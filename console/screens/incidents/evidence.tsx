import type { ReactNode } from 'react';
import type { IncidentShown } from '../../../src/control/incidents/answer.ts';
import { Act } from '../../kit/act.tsx';
import { Button, CommandLine } from '../../kit/button.tsx';
import { Panel } from '../../kit/page.tsx';
import { save } from '../../kit/save.ts';
import { t } from '../../texts/t.ts';

const DAY_MS = 24 * 60 * 60_000;

/** Evidence that proves itself: the records of an incident with their proofs, as one file to keep or to hand over. */
export function Evidence({ incident: { id, firstAt, subjects } }: { readonly incident: IncidentShown }): ReactNode {
  const contexts = (subjects.context ?? []).slice(0, 100);
  // Without a session it is the time of the incident, and all that is on record in it.
  const scope = contexts.length > 0 ? { contexts } : { since: firstAt - DAY_MS };
  const command = [
    'audit', 'bundle', '--incident', id,
    ...(contexts.length > 0 ? contexts.flatMap((one) => ['--context', one]) : ['--since', new Date(firstAt - DAY_MS).toISOString()]),
    '--out', `${id}.tar`,
  ];
  return (
    <Panel title={t('incidents.evidence')}>
      <p>{t('incidents.evidenceSays')}</p>
      <div className="incidents-verbs">
        <Act<{ readonly tar: string }> label={t('incidents.makeBundle')} tone="primary" needs="investigate" method="POST" path="/audit/bundle"
          body={() => ({ incident: id, ...scope, tar: true })} command={() => command}
          shows={({ tar }) => (
            <>
              <p>{t('incidents.bundleMade', { bytes: Math.round((tar.length * 3) / 4) })}</p>
              <Button tone="primary" onClick={() => save(`${id}.tar`, tar)}>{t('incidents.save')}</Button>
              <CommandLine words={['audit', 'verify-bundle', `${id}.tar`]} />
            </>
          )} />
      </div>
    </Panel>
  );
}
