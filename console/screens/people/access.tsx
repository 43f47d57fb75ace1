import type { ReactNode } from 'react';
import type { Matrix, MatrixRow } from '../../../src/control/policies/answer.ts';
import type { BindingRow, Bindings } from '../../../src/control/roles/answer.ts';
import { showHidden } from '../../../src/domain/hidden.ts';
import { useAsk } from '../../api/ask.ts';
import { Badge } from '../../kit/badge.tsx';
import type { Tone } from '../../kit/badge.tsx';
import { Filters } from '../../kit/filters.tsx';
import type { Choice } from '../../kit/field.tsx';
import { Asked, Empty, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';

const WHO_MAX = 60;

type Cell = MatrixRow['cells'][number];
interface Row extends MatrixRow { readonly can: Cell }

const TONES: Readonly<Record<Cell, Tone>> = { allow: 'good', deny: 'bad', unknown: 'held' };

const COLUMNS: readonly Column<Row>[] = [
  { id: 'server', title: t('people.server'), cell: ({ server }) => <Text value={server} line />, sort: ({ server }) => server },
  { id: 'tool', title: t('people.tool'), width: 2, cell: ({ tool }) => <Text value={tool} mono line max={200} />, sort: ({ tool }) => tool },
  { id: 'effect', title: t('people.effect'), width: 'fit', cell: ({ effect }) => tWord('effect', effect), sort: ({ effect }) => effect },
  { id: 'can', title: t('people.can'), width: 'fit', cell: ({ can }) => <Badge tone={TONES[can]}>{t(`people.can-${can}`)}</Badge>, sort: ({ can }) => can },
];

const BINDINGS: readonly Column<BindingRow>[] = [
  { id: 'role', title: t('people.role'), cell: ({ role }) => <Text value={role} line />, sort: ({ role }) => role },
  { id: 'to', title: t('people.given'), width: 2, cell: ({ to }) => <Text value={Object.entries(to).flat().join(' ')} line /> },
];

/** Who has which role, and what comes of it: each tool for one agent and person, by what is in force now. */
export function AccessTab(): ReactNode {
  const [view, change] = useView({ tab: 'agents', q: '', who: '0', can: '' });
  const matrix = useAsk<Matrix>('/policies/matrix');
  const bindings = useAsk<Bindings>('/bindings');
  return (
    <>
      <Panel title={t('people.canDo')}>
        <Asked of={matrix}>
          {({ principals, rows }) => (
            <>
              <Filters view={view} onChange={change} text="q" choices={[
                { name: 'who', label: t('people.who'), choices: principals.map(({ id, agent }, index): Choice => [String(index), calledOf(agent, id)]) },
                {
                  name: 'can', label: t('people.can'),
                  choices: [['', t('people.any')], ...(['allow', 'deny', 'unknown'] as const).map((one): Choice => [one, t(`people.can-${one}`)])],
                },
              ]} />
              <Table label={t('people.canDo')} columns={COLUMNS} id={({ server, tool }) => `${server} ${tool}`}
                rows={rows.map((row): Row => ({ ...row, can: row.cells[Number(view.who)] ?? 'deny' })).filter((row) => isFound(row, view))}
                empty={<Empty title={t('people.nothingFound')}>{t('people.matrixSays')}</Empty>} />
            </>
          )}
        </Asked>
      </Panel>
      <Panel title={t('people.roles')}>
        <Asked of={bindings}>
          {(given) => (
            <Table label={t('people.roles')} rows={given.bindings} columns={BINDINGS} id={({ id }) => id} empty={<Empty title={t('people.noRoles')} />} />
          )}
        </Asked>
      </Panel>
    </>
  );
}

/** A choice is as wide as its longest text, and shows nothing that can't be seen. */
function calledOf(agent: string, id: string): string {
  const called = showHidden(`${agent} · ${id}`);
  return called.length > WHO_MAX ? `${called.slice(0, WHO_MAX)}…` : called;
}

function isFound({ server, tool, can }: Row, { q, can: wanted }: { readonly q: string; readonly can: string }): boolean {
  return (wanted === '' || wanted === can) && `${server} ${tool}`.toLowerCase().includes(q.toLowerCase());
}
