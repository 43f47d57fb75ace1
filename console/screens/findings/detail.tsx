import type { ReactNode } from 'react';
import type { FindingShown } from '../../../src/control/findings/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Severity, State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Asked, Facts } from '../../kit/page.tsx';
import { Bar } from '../../kit/pictures.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';
import { triage, verbsFor } from './triage.ts';
import './findings.css';

/** One finding: what it is about, what was done about it, and what can be. */
export function Detail({ id }: { readonly id: string }): ReactNode {
  const answer = useAsk<FindingShown>(pathOf`/findings/${id}`);
  return (
    <Asked of={answer}>
      {(finding) => (
        <>
          <div className="findings-verbs">{verbsFor(finding).map((verb) => <Act key={verb} {...triage(verb, id)} />)}</div>
          <Facts rows={[
            [t('findings.state'), <State key="state" value={finding.state} />],
            [t('findings.until'), finding.until === undefined ? undefined : <Moment key="until" at={finding.until} />],
            [t('findings.severity'), <Severity key="severity" value={finding.severity} />],
            [t('findings.about'), <span key="about">{tWord('about', finding.about.kind)} <Text value={finding.about.name} /></span>],
            [t('findings.count'), t('findings.countSays', { count: finding.count, silenced: finding.silenced })],
            [t('findings.first'), <Moment key="first" at={finding.firstAt} />], [t('findings.last'), <Moment key="last" at={finding.lastAt} />],
          ]} />
          <Bar label={t('findings.outcomes')} parts={[
            { name: t('findings.stopped'), count: finding.outcomes.stopped, tone: 'good' },
            { name: t('findings.passed'), count: finding.outcomes.passed, tone: 'bad' },
            { name: t('findings.seen'), count: finding.outcomes.seen, tone: 'info' },
          ]} />
          <Incidents finding={finding} />
          <Deeds finding={finding} />
          <Records finding={finding} />
        </>
      )}
    </Asked>
  );
}

/** What it is a signal of. */
function Incidents({ finding: { incidents } }: { readonly finding: FindingShown }): ReactNode {
  if (incidents.length === 0) return null;
  return (
    <>
      <h3>{t('findings.incidents')}</h3>
      <ul>
        {incidents.map(({ id, title, severity, status }) => (
          <li key={id}><To to={pathOf`/incidents/${id}`}><Text value={title} /></To> <Severity value={severity} /> <State value={status} /></li>
        ))}
      </ul>
    </>
  );
}

function Deeds({ finding: { deeds } }: { readonly finding: FindingShown }): ReactNode {
  if (deeds.length === 0) return null;
  return (
    <>
      <h3>{t('findings.deeds')}</h3>
      <ol className="findings-deeds">
        {deeds.toReversed().map(({ at, by, did, reason, until }) => (
          <li key={`${at} ${did}`}>
            <Moment at={at} /> <Text value={by} max={100} /> <strong>{tWord('deed', did)}</strong>
            {until !== undefined && <> {t('findings.until')} <Moment at={until} /></>}
            <p><Text value={reason} /></p>
          </li>
        ))}
      </ol>
    </>
  );
}

/** Where the same stands in the ledger. */
function Records({ finding: { exchanges, filter } }: { readonly finding: FindingShown }): ReactNode {
  return (
    <>
      <h3>{t('findings.records')}</h3>
      {exchanges.length > 0 && (
        <ul className="findings-exchanges">
          {exchanges.toReversed().map((exchange) => (
            <li key={exchange}><To to="/log" search={{ q: `exchange = "${exchange}"` }}>{exchange}</To></li>
          ))}
        </ul>
      )}
      {filter !== '' && <CommandLine words={['audit', 'query', filter]} />}
    </>
  );
}
