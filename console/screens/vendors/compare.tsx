import type { ReactNode } from 'react';
import type { VendorRow, VendorShown } from '../../../src/control/vendors/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Select } from '../../kit/field.tsx';
import { Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { t, tWord } from '../../texts/t.ts';

/** Two vendors side by side, by what their scores are made of. */
export function Compare({ vendors, one, other, onChange }: {
  readonly vendors: readonly VendorRow[]; readonly one: string; readonly other: string; readonly onChange: (some: Readonly<Record<string, string>>) => void;
}): ReactNode {
  const choices = [['', '–'] as const, ...vendors.map(({ id, name }) => [id, name] as const)];
  const left = useAsk<VendorShown>(pathOf`/vendors/${one}`, {}, { when: one !== '' });
  const right = useAsk<VendorShown>(pathOf`/vendors/${other}`, {}, { when: other !== '' });
  const both = one !== '' && other !== '' && left.data !== undefined && right.data !== undefined ? [left.data, right.data] : [];
  return (
    <Panel title={t('vendors.compare')}>
      <div className="vendors-verbs">
        <Select inline label={t('vendors.one')} value={one} onChange={(value) => onChange({ one: value })} choices={choices} />
        <Select inline label={t('vendors.other')} value={other} onChange={(value) => onChange({ other: value })} choices={choices} />
      </div>
      {both.length > 0 && (
        <table className="vendors-table">
          <thead>
            <tr><th scope="col">{t('vendors.domain')}</th>{both.map(({ id, name }) => <th key={id} scope="col"><Text value={name} /></th>)}</tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{t('vendors.score')}</th>
              {both.map(({ id, score: { score, grade } }) => <td key={id}>{t('vendors.scoreOf', { score, grade })}</td>)}
            </tr>
            {left.data?.score.domains.map(({ domain }) => (
              <tr key={domain}>
                <th scope="row">{tWord('domain', domain)}</th>
                {both.map(({ id, score }) => <td key={id}>{Math.round((score.domains.find((own) => own.domain === domain)?.share ?? 0) * 100)} %</td>)}
              </tr>
            ))}
            <tr><th scope="row">{t('vendors.mismatches')}</th>{both.map(({ id, score }) => <td key={id}>{score.mismatches.length}</td>)}</tr>
            <tr><th scope="row">{t('vendors.missing')}</th>{both.map(({ id, score }) => <td key={id}>{score.missing.length}</td>)}</tr>
          </tbody>
        </table>
      )}
    </Panel>
  );
}
