import type { ReactNode } from 'react';
import type { RedteamRun } from '../../../src/control/redteam/answer.ts';
import { State } from '../../kit/badge.tsx';
import { Text } from '../../kit/text.tsx';
import { To } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';

const OUTCOMES = ['prevented', 'detected', 'missed', 'void'] as const;

/** By technique: how many scenarios ended how, the worst in a word, and the controls that acted. */
export function Matrix({ run: { results, techniques, id } }: { readonly run: RedteamRun }): ReactNode {
  const count = (scenarios: readonly string[], outcome: string): number =>
    results.filter((one) => one.outcome === outcome && scenarios.includes(one.id)).length;
  return (
    <div className="redteam-matrix-box" role="region" aria-label={t('redteam.matrix')} tabIndex={0}>
      <table className="redteam-matrix">
        <thead>
          <tr>
            <th scope="col">{t('redteam.technique')}</th>{OUTCOMES.map((outcome) => <th key={outcome} scope="col">{t(`redteam.${outcome}`)}</th>)}
            <th scope="col">{t('redteam.worst')}</th><th scope="col">{t('redteam.acted')}</th>
          </tr>
        </thead>
        <tbody>
          {techniques.map(({ technique, outcome, scenarios, controls }) => (
            <tr key={technique}>
              <th scope="row"><To to={`/redteam/${id}`} search={{ technique }}>{technique}</To></th>
              {OUTCOMES.map((one) => <Cell key={one} outcome={one} count={count(scenarios, one)} />)}
              <td><State value={outcome} /></td><td><Text value={controls.join(', ')} mono /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ outcome, count }: { readonly outcome: string; readonly count: number }): ReactNode {
  return <td className={count === 0 ? 'redteam-cell' : `redteam-cell redteam-cell-${outcome}`}>{count === 0 ? '' : count}</td>;
}
