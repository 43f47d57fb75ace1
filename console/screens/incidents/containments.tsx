import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Containments, ContainedShown } from '../../../src/control/containments/answer.ts';
import type { IncidentShown } from '../../../src/control/incidents/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { Act } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { useKey } from '../../kit/keys.ts';
import { Asked, Empty } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t, tWord } from '../../texts/t.ts';
import { Contain } from './contain.tsx';

/** What was stopped or narrowed because of an incident, and what can be. */
export function Contained({ incident }: { readonly incident: IncidentShown }): ReactNode {
  const answer = useAsk<Containments>('/containments', { incident: incident.id });
  const [open, setOpen] = useState(false);
  const may = useMay('stop');
  useKey('c', t('incidents.containOne'), () => setOpen(true), may);
  return (
    <>
      <div className="incidents-verbs">
        <Button tone="danger" disabled={!may} onClick={() => setOpen(true)} {...(may ? {} : { 'aria-description': t('kit.needsAccess', { access: 'stop' }) })}>
          {t('incidents.containOne')}
        </Button>
      </div>
      <Asked of={answer}>
        {({ containments }) => (containments.length === 0
          ? <Empty title={t('incidents.noContainments')} />
          : <ul className="incidents-steps">{containments.map((one) => <One key={one.id} contained={one} />)}</ul>)}
      </Asked>
      {open && <Contain incident={incident} onClose={() => setOpen(false)} />}
    </>
  );
}

function One({ contained: { id = '', verb, scope, state, at, until, reason, principal, does, back } }: { readonly contained: ContainedShown }): ReactNode {
  return (
    <li>
      <strong>{tWord('verb', verb)}</strong> {tWord('about', scope.target)} <Text value={scope.name} mono max={200} /> <State value={state} />
      <p className="quiet">{does} · <Moment at={at} /> {until !== undefined && <>→ <Moment at={until} /></>}</p>
      <p><Text value={principal} max={100} /> <Text value={reason} /></p>
      {state === 'applied' && (
        <Act label={t('incidents.lift')} says={back} needs="change" method="POST" path={pathOf`/containments/${id}/lift`}
          asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={(values) => ({ reason: values['reason'] })}
          command={(values) => ['incident', 'lift', id, '--reason', values['reason'] ?? '']} />
      )}
    </li>
  );
}
