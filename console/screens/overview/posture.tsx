import type { ReactNode } from 'react';
import type { Figure, Overview } from '../../../src/control/overview/answer.ts';
import { Severity } from '../../kit/badge.tsx';
import { Stat } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { span } from '../../kit/time.tsx';
import { placeOf, To } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';

/** What tells that something is wrong, rather than that there is something to do. */
const GRAVE: ReadonlySet<Figure['id']> = new Set(['servers-quarantined', 'assets-unsanctioned', 'sensors-silent', 'jobs-failed', 'incidents-open']);

/** What is in force, and every number that isn't nought, with what it is of; what is in order is said in one line. */
export function Posture({ overview: { force, figures } }: { readonly overview: Overview }): ReactNode {
  const [wanting, fine] = [figures.filter(({ count }) => count > 0), figures.filter(({ count }) => count === 0)];
  return (
    <section aria-label={t('overview.posture')}>
      <div className="stats">
        {force !== undefined && <Force force={force} />}
        {wanting.map((figure) => <Wanting key={figure.id} figure={figure} />)}
      </div>
      {fine.length > 0 && <p className="overview-fine quiet">{t('overview.fine')} {fine.map(({ id }) => t(`overview.fine-${id}`)).join(' · ')}</p>}
    </section>
  );
}

function Wanting({ figure: { id, count, of, names, worst, place } }: { readonly figure: Figure }): ReactNode {
  return (
    <Stat label={t(`overview.figure-${id}`)} value={of === undefined ? count.toLocaleString('en') : t('overview.countOf', { count, of })}
      tone={GRAVE.has(id) || worst === 'critical' || worst === 'high' ? 'bad' : 'held'}>
      {worst !== undefined && <span><Severity value={worst} /></span>}
      {names.length > 0 && <span className="overview-names quiet"><Text value={names.join(', ')} max={160} line /></span>}
      <To to={placeOf(place.screen)}>{t('overview.goTo', { place: tWord('place', place.screen) })}</To>
    </Stat>
  );
}

function Force({ force: { snapshot, leaseEndsInMs, problems, stopped, roles } }: { readonly force: NonNullable<Overview['force']> }): ReactNode {
  const lacking = Object.entries(roles).filter(([, there]) => there === false || there === 0).map(([name]) => name);
  const isBad = snapshot === null || leaseEndsInMs === null || leaseEndsInMs <= 0 || problems.length > 0 || lacking.length > 0;
  return (
    <>
      <Stat label={t('overview.force')} value={isBad ? t('overview.forceBad') : t('overview.forceGood')} tone={isBad ? 'bad' : 'good'}>
        <span className="quiet">
          {snapshot === null ? t('overview.nothingInForce') : t('overview.since', { version: snapshot.version, span: span(snapshot.ageMs) })}
        </span>
        {lacking.length > 0 && <span>{t('overview.lacking', { roles: lacking.join(', ') })}</span>}
        {problems.length > 0 && <Text value={problems.join('\n')} max={300} />}
      </Stat>
      {stopped.length > 0 && (
        <Stat label={t('overview.stopped')} value={stopped.length} tone="bad">
          <span className="overview-names quiet"><Text value={stopped.join(', ')} max={160} line /></span>
        </Stat>
      )}
    </>
  );
}
