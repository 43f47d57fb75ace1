import type { ReactNode } from 'react';
import type { VendorShown } from '../../../src/control/vendors/answer.ts';
import { Severity } from '../../kit/badge.tsx';
import { Text } from '../../kit/text.tsx';
import { t, tWord } from '../../texts/t.ts';

type ScoreShown = VendorShown['score'];

/** Every input of the score: domains as bars, what takes points away, what keeps it down, and each answer and check as it was counted. */
export function Score({ score: { domains, penalties, caps, mismatches, items } }: { readonly score: ScoreShown }): ReactNode {
  return (
    <>
      <table className="vendors-table">
        <thead>
          <tr><th scope="col">{t('vendors.domain')}</th><th scope="col">{t('vendors.weight')}</th><th scope="col">{t('vendors.reached')}</th></tr>
        </thead>
        <tbody>
          {domains.map(({ domain, weight, share }) => (
            <tr key={domain}>
              <th scope="row">{tWord('domain', domain)}</th><td>{weight}</td>
              <td><meter min={0} max={1} value={share} aria-label={tWord('domain', domain)} /> {Math.round(share * 100)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="vendors-list">
        {penalties.map(({ why, points }) => <li key={why}>{t('vendors.minus', { points })} <Text value={why} /></li>)}
        {caps.map(({ why, max }) => <li key={why}>{t('vendors.atMost', { max })} <Text value={why} /></li>)}
        {mismatches.map(({ id, severity, said, seen }) => (
          <li key={id}><Severity value={severity} /> <Text value={id} mono /><p>{t('vendors.saidSeen')} <Text value={said} /> / <Text value={seen} /></p></li>
        ))}
      </ul>
      <div className="vendors-box" role="region" aria-label={t('vendors.inputs')} tabIndex={0}>
        <table className="vendors-table">
          <thead>
            <tr>
              <th scope="col">{t('vendors.item')}</th><th scope="col">{t('vendors.domain')}</th><th scope="col">{t('vendors.weight')}</th>
              <th scope="col">{t('vendors.known')}</th><th scope="col">{t('vendors.worth')}</th><th scope="col">{t('vendors.fresh')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ id, domain, weight, by, worth, freshness, isExcepted }) => (
              <tr key={id}>
                <th scope="row">{id}</th><td>{tWord('domain', domain)}</td><td>{weight}</td>
                <td>{isExcepted ? t('vendors.excepted') : t(`vendors.by-${by}`)}</td>
                <td>{Math.round(worth * 100)} %</td><td>{Math.round(freshness * 100)} %</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
