import type { ReactNode } from 'react';
import type { RedteamRun } from '../../../src/control/redteam/answer.ts';
import { Badge, State } from '../../kit/badge.tsx';
import { Empty } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { To } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';

/** What is not as it was in the run before of the same source and agent. */
export function Differences({ run: { differences, before, results } }: { readonly run: RedteamRun }): ReactNode {
  if (before === undefined) return <Empty title={t('redteam.first')} />;
  const toBefore = <p><To to={`/redteam/${before}`}>{t('redteam.toBefore')}</To></p>;
  if (differences.length === 0) return <>{toBefore}<Empty title={t('redteam.same')} /></>;
  return (
    <>
      {toBefore}
      <table className="redteam-matrix">
        <thead>
          <tr>
            <th scope="col">{t('redteam.scenario')}</th><th scope="col">{t('redteam.was')}</th><th scope="col">{t('redteam.is')}</th>
            <th scope="col">{t('redteam.lost')}</th><th scope="col">{t('redteam.judged')}</th>
          </tr>
        </thead>
        <tbody>
          {differences.map(({ scenario, was, is, lost, regressed }) => (
            <tr key={scenario}>
              <th scope="row"><Text value={results.find(({ id }) => id === scenario)?.title ?? scenario} /></th>
              <td>{was === 'absent' ? tWord('redteam', was) : <State value={was} />}</td>
              <td>{is === 'absent' ? tWord('redteam', is) : <State value={is} />}</td>
              <td><Text value={lost.join(', ')} mono /></td><td>{regressed && <Badge tone="bad">{t('redteam.regressed')}</Badge>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
