import type { ReactNode } from 'react';
import type { People as Answer, PersonRow } from '../../../src/control/people/answer.ts';
import type { Bindings } from '../../../src/control/roles/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Badge } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Facts } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { readNames } from './ceiling.ts';

const COLUMNS: readonly Column<PersonRow>[] = [
  { id: 'name', title: t('people.name'), cell: ({ userName }) => <Text value={userName} line />, sort: ({ userName }) => userName },
  { id: 'state', title: t('people.state'), width: 'fit', cell: (person) => <Active person={person} />, sort: ({ active }) => Number(active) },
  { id: 'source', title: t('people.source'), width: 'fit', cell: ({ source }) => t(`people.source-${source}`), sort: ({ source }) => source },
  { id: 'groups', title: t('people.groups'), width: 2, cell: ({ groups }) => <Text value={groups.join(', ')} line /> },
];

/** People and their groups; whoever is deactivated has nothing that works. */
export function Persons(): ReactNode {
  const [view, change] = useView({ tab: 'agents', q: '', open: '' });
  const answer = useAsk<Answer>('/people');
  return (
    <>
      <Filters view={view} onChange={change} text="q" />
      <Asked of={answer}>
        {({ people }) => {
          const open = people.find(({ id }) => id === view.open);
          return (
            <Split side={open === undefined ? undefined : (
              <Drawer title={<Text value={open.userName} max={200} />} onClose={() => change({ open: '' })} actions={<Verbs person={open} />}>
                <Person person={open} />
              </Drawer>
            )}>
              <Table label={t('people.people')} rows={people.filter((one) => isFound(one, view.q))} columns={COLUMNS} id={({ id }) => id} openId={view.open}
                onOpen={({ id }) => change({ open: id })} empty={<Empty title={t('people.noPeople')} />} />
            </Split>
          );
        }}
      </Asked>
    </>
  );
}

function Active({ person: { active } }: { readonly person: PersonRow }): ReactNode {
  return <Badge tone={active ? 'good' : 'bad'}>{active ? t('people.active') : t('people.deactivated')}</Badge>;
}

function Person({ person }: { readonly person: PersonRow }): ReactNode {
  const { data } = useAsk<Bindings>('/bindings');
  const { displayName, email, source, groups, principals, createdAt, deactivatedAt } = person;
  const roles = (data?.bindings ?? []).filter(({ to }) =>
    ('group' in to && groups.includes(to.group)) || ('principal' in to && principals.includes(to.principal)));
  return (
    <Facts rows={[
      [t('people.state'), <Active key="s" person={person} />],
      [t('people.displayName'), displayName === undefined ? undefined : <Text key="d" value={displayName} />],
      [t('people.email'), email === undefined ? undefined : <Text key="m" value={email} />], [t('people.source'), t(`people.source-${source}`)],
      [t('people.groups'), <Text key="g" value={groups.join(', ')} />],
      [t('people.roles'), roles.length === 0 ? undefined : <Text key="r" value={roles.map(({ role }) => role).join(', ')} />],
      [t('people.principals'), <Text key="p" value={principals.join('\n')} mono />], [t('people.made'), <Moment key="c" at={createdAt} />],
      [t('people.deactivated'), deactivatedAt === undefined ? undefined : <Moment key="x" at={deactivatedAt} />],
    ]} />
  );
}

function Verbs({ person: { id, userName, active, source, groups } }: { readonly person: PersonRow }): ReactNode {
  return (
    <>
      {source === 'local' && (
        <Act label={t('people.changeGroups')} needs="govern" reach="organisation" method="PUT" path={pathOf`/people/${id}/groups`} says={t('people.groupsSay')}
          asks={[{ name: 'groups', label: t('people.groups'), hint: t('people.groupsHint'), value: groups.join(', ') }]}
          body={(values) => ({ groups: readNames(values['groups']) })}
          command={(values) => ['person', 'groups', userName, ...readNames(values['groups']).flatMap((one) => ['--group', one])]} />
      )}
      {active
        ? (
          <Act label={t('people.deactivate')} tone="danger" needs="stop" reach="organisation" method="POST" path={pathOf`/people/${id}/deactivate`}
            says={t('people.deactivateSays')} command={() => ['person', 'deactivate', userName]} />
        )
        : (
          <Act label={t('people.activate')} needs="govern" reach="organisation" method="POST" path={pathOf`/people/${id}/activate`}
            says={t('people.activateSays')} command={() => ['person', 'activate', userName]} />
        )}
    </>
  );
}

function isFound({ userName, displayName = '', groups }: PersonRow, typed: string): boolean {
  return `${userName} ${displayName} ${groups.join(' ')}`.toLowerCase().includes(typed.toLowerCase());
}
