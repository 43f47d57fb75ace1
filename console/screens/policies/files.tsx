import type { ReactNode } from 'react';
import type { Policies as Answer, PolicyRow } from '../../../src/control/policies/answer.ts';
import type { Proposals } from '../../../src/control/proposals/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Asked, Empty, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { To, useGo } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';

const COLUMNS: readonly Column<PolicyRow>[] = [
  { id: 'file', title: t('policies.file'), width: 2, cell: ({ file }) => <Text value={file} mono line />, sort: ({ file }) => file },
  { id: 'rules', title: t('policies.rules'), width: 'fit', align: 'right', cell: ({ source }) => rulesIn(source), sort: ({ source }) => rulesIn(source) },
  {
    id: 'lines', title: t('policies.lines'), width: 'fit', align: 'right', cell: ({ source }) => source.split('\n').length,
    sort: ({ source }) => source.split('\n').length,
  },
];

/** The files, and the changes of them that wait for a second person. */
export function Files(): ReactNode {
  const answer = useAsk<Answer>('/policies');
  const go = useGo();
  return (
    <>
      <Asked of={answer}>
        {({ policies }) => (
          <Table label={t('policies.files')} rows={policies} columns={COLUMNS} id={({ id }) => id} onOpen={({ id }) => go(pathOf`/policies/${id}`)}
            empty={<Empty title={t('policies.none')}>{t('policies.noneSays')}</Empty>} />
        )}
      </Asked>
      <Waiting />
    </>
  );
}

/** Proposals about policies that nobody has answered yet. */
function Waiting(): ReactNode {
  const { data } = useAsk<Proposals>('/proposals');
  const open = data?.proposals.filter(({ state, path }) => state === 'open' && path.startsWith('/policies')) ?? [];
  if (open.length === 0) return null;
  return (
    <div className="policies-waiting">
      <Panel title={t('policies.waiting')}>
        <ul>
          {open.map(({ id, method, path, proposer, expiresAt }) => (
            <li key={id}>
              <To to="/approvals" search={{ tab: 'proposals', proposal: id }}><Text value={`${method} ${path}`} mono /></To>{' '}
              <span className="quiet">{t('policies.proposedBy')} <Text value={proposer.id} max={100} /> · {t('policies.ends')} <Time at={expiresAt} /></span>{' '}
              <To to="/policies" search={{ tab: 'simulate', proposal: id }}>{t('policies.wouldChange')}</To>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}

/** How many policies a text holds, as far as one sees without a compiler. */
function rulesIn(source: string): number {
  return (source.match(/^\s*(?:permit|forbid)\s*\(/gm) ?? []).length;
}
