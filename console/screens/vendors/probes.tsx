import type { ReactNode } from 'react';
import type { VendorShown } from '../../../src/control/vendors/answer.ts';
import { State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Empty, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';

/** What the probes saw last at each endpoint, check by check. They run on a machine of one's own, by a permission on record. */
export function Probes({ vendor: { id, input: { probes } } }: { readonly vendor: VendorShown }): ReactNode {
  return (
    <>
      <p>{t('vendors.probeSays')}</p>
      <CommandLine words={['vendor', 'probe', id]} />
      {probes.length === 0 ? <Empty title={t('vendors.noProbes')} /> : probes.map(({ endpoint, endedAt, probes: ran }) => (
        <Panel key={endpoint} title={t('vendors.endpoints')}>
          <p><Text value={endpoint} mono /> <Moment at={endedAt} /></p>
          <table className="vendors-table">
            <tbody>
              {ran.flatMap(({ probe, checks }) => checks.map(({ check, outcome, evidence }) => (
                <tr key={`${probe} ${check}`}><th scope="row">{probe} {check}</th><td><State value={outcome} /></td><td><Text value={evidence} /></td></tr>
              )))}
            </tbody>
          </table>
        </Panel>
      ))}
    </>
  );
}
