import type { ReactNode } from 'react';
import { t } from '../texts/t.ts';

/** A line of counts without axes, for a row of a table; `label` says what it is. */
export function Spark({ values, label }: { readonly values: readonly number[]; readonly label: string }): ReactNode {
  const most = Math.max(1, ...values);
  const points = values.map((value, index) => `${(index / Math.max(1, values.length - 1)) * 96 + 2},${22 - (value / most) * 20}`).join(' ');
  return <svg className="spark" viewBox="0 0 100 24" role="img" aria-label={t('kit.sparkOf', { label, most })}><polyline points={points} /></svg>;
}

export interface Heat {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** A count for each row and column. */
  readonly at: (row: number, column: number) => number;
}

const SHADES = 5;

/** Counts as shades: a table in which every cell says its number too. */
export function HeatMap({ heat, label }: { readonly heat: Heat; readonly label: string }): ReactNode {
  const most = Math.max(1, ...heat.rows.flatMap((_, row) => heat.columns.map((__, column) => heat.at(row, column))));
  return (
    <div className="heat-box" tabIndex={0} role="region" aria-label={label}>
      <table className="heat">
        <thead><tr><td />{heat.columns.map((column) => <th key={column} scope="col">{column}</th>)}</tr></thead>
        <tbody>
          {heat.rows.map((row, index) => (
            <tr key={row}>
              <th scope="row"><bdi>{row}</bdi></th>
              {heat.columns.map((column, place) => {
                const count = heat.at(index, place);
                const shade = count === 0 ? 0 : Math.max(1, Math.ceil((count / most) * SHADES));
                return <td key={column} className={`heat-${shade}`}>{count === 0 ? '' : count}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export interface Part {
  readonly name: string;
  readonly count: number;
  readonly tone: 'good' | 'bad' | 'held' | 'info' | 'neutral';
}

/** Parts of a whole in one bar, each with its number in words below. */
export function Bar({ parts, label }: { readonly parts: readonly Part[]; readonly label: string }): ReactNode {
  const all = Math.max(1, parts.reduce((sum, { count }) => sum + count, 0));
  return (
    <figure className="bar" aria-label={label}>
      <div className="bar-line" aria-hidden="true">
        {parts.map(({ name, count, tone }) => <span key={name} className={`bar-${tone}`} style={{ width: `${(count / all) * 100}%` }} />)}
      </div>
      <figcaption>
        {parts.map(({ name, count, tone }) => <span key={name} className={`bar-key bar-key-${tone}`}>{name} {count.toLocaleString('en')}</span>)}
      </figcaption>
    </figure>
  );
}
