import type { ReactNode } from 'react';
import type { Comparison, DifferenceRow, PermitRow } from '../../../src/control/configuration/answer.ts';
import { Badge } from '../../kit/badge.tsx';
import { Diff } from '../../kit/diff.tsx';
import { Empty } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { asText, Text } from '../../kit/text.tsx';
import { t, tWord } from '../../texts/t.ts';

const SHOWN_MAX = 100;

/** What differs, each with whether more can happen afterwards. */
export function Differences({ differences }: { readonly differences: readonly DifferenceRow[] }): ReactNode {
  if (differences.length === 0) return <Empty title={t('configuration.nothingDiffers')} />;
  return (
    <>
      <ul className="configuration-differences">
        {differences.slice(0, SHOWN_MAX).map((one) => <li key={`${one.space} ${one.resource} ${one.id}`}><One difference={one} /></li>)}
      </ul>
      {differences.length > SHOWN_MAX && <p className="quiet">{t('configuration.further', { count: differences.length - SHOWN_MAX })}</p>}
    </>
  );
}

function One({ difference: { resource, space, id, verb, weight, parts } }: { readonly difference: DifferenceRow }): ReactNode {
  return (
    <details open={parts.length < 20}>
      <summary>
        <Weight value={weight} /> <strong>{tWord('change', verb)}</strong> {resource} <Text value={id} mono max={300} />
        {space !== 'default' && <span className="quiet"> {t('configuration.inSpace')} <Text value={space} max={100} /></span>}
      </summary>
      <Diff label={t('configuration.difference')} value={parts.map(linesOf).join('\n')} />
    </details>
  );
}

/** A place as lines that are gone and lines that are new; texts of several lines below their place. */
function linesOf({ path, before, after }: DifferenceRow['parts'][number]): string {
  const texts = [before, after].map((value) => (value === null ? undefined : asText(value)));
  const isLong = texts.some((value) => value?.includes('\n') === true);
  const lines = (sign: string, value: string | undefined): readonly string[] => (value === undefined ? []
    : isLong ? value.split('\n').map((line) => `${sign} ${line}`) : [`${sign} ${path}: ${value}`]);
  return [...(isLong ? [`@@ ${path}`] : []), ...lines('-', texts[0]), ...lines('+', texts[1])].join('\n');
}

function Weight({ value }: { readonly value: DifferenceRow['weight'] }): ReactNode {
  if (value === 'same') return null;
  return <Badge tone={value === 'more' ? 'held' : 'good'}>{t(value === 'more' ? 'configuration.more' : 'configuration.less')}</Badge>;
}

const COLUMNS: readonly Column<PermitRow>[] = [
  { id: 'who', title: t('configuration.who'), cell: ({ caller }) => <Text value={caller} line />, sort: ({ caller }) => caller },
  { id: 'tool', title: t('configuration.tool'), cell: ({ tool }) => <Text value={tool} mono line />, sort: ({ tool }) => tool },
  {
    id: 'weight', title: t('configuration.can'), width: 'fit', cell: ({ more }) => <Weight value={more ? 'more' : 'less'} />, sort: ({ more }) => Number(more),
  },
  { id: 'before', title: t('configuration.before'), width: 'fit', cell: ({ before }) => tWord('reach', before) },
  { id: 'after', title: t('configuration.after'), width: 'fit', cell: ({ after }) => tWord('reach', after) },
];

/** Who can get a call of which tool through afterwards that they could not before, or the other way round. */
export function Permits({ comparison: { permits, problem } }: { readonly comparison: Comparison }): ReactNode {
  if (permits === null) return <p><Badge tone="held">{t('configuration.unknown')}</Badge> {t('configuration.unknownSays')} <Text value={problem} /></p>;
  return (
    <Table label={t('configuration.permits')} rows={permits} columns={COLUMNS} id={({ caller, space, tool }) => `${space} ${caller} ${tool}`}
      empty={<p className="quiet">{t('configuration.nobody')}</p>} />
  );
}
