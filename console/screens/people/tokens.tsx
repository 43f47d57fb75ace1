import type { ReactNode } from 'react';
import type { TokenRow, Tokens as Answer } from '../../../src/control/tokens/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { Copy } from '../../kit/button.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Facts } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { Moment, Time } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { readLines, readNames } from './ceiling.ts';

const COLUMNS: readonly Column<TokenRow>[] = [
  { id: 'agent', title: t('people.agent'), cell: ({ agent }) => <Text value={agent} line />, sort: ({ agent }) => agent },
  { id: 'subject', title: t('people.forWhom'), cell: ({ subject }) => <Text value={subject} line />, sort: ({ subject }) => subject },
  { id: 'groups', title: t('people.groups'), cell: ({ groups }) => <Text value={groups.join(', ')} line /> },
  { id: 'audience', title: t('people.routes'), cell: ({ audience }) => <Text value={audience.join(' ')} mono line /> },
  { id: 'state', title: t('people.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'ends', title: t('people.expires'), width: 'fit', cell: ({ expiresAt }) => <Time at={expiresAt} />, sort: ({ expiresAt }) => expiresAt },
];

/** Agent tokens: made here and shown once, revoked at once. */
export function Tokens(): ReactNode {
  const [view, change] = useView({ tab: 'agents', q: '', open: '' });
  const answer = useAsk<Answer>('/tokens');
  return (
    <>
      <Filters view={view} onChange={change} text="q"><Make /></Filters>
      <Asked of={answer}>
        {({ tokens }) => {
          const open = tokens.find(({ id }) => id === view.open);
          return (
            <Split side={open === undefined ? undefined
              : <Drawer title={t('people.token')} onClose={() => change({ open: '' })} actions={<Revoke token={open} />}><Token token={open} /></Drawer>}>
              <Table label={t('people.tokens')} rows={tokens.filter((one) => isFound(one, view.q))} columns={COLUMNS} id={({ id }) => id} openId={view.open}
                onOpen={({ id }) => change({ open: id })} empty={<Empty title={t('people.noTokens')} />} />
            </Split>
          );
        }}
      </Asked>
    </>
  );
}

function Token({ token }: { readonly token: TokenRow }): ReactNode {
  const { id, state, agent, kind, subject, groups, audience, issuedAt, expiresAt, revokedAt, madeBy } = token;
  return (
    <Facts rows={[
      [t('people.id'), <Text key="i" value={id} mono />], [t('people.state'), <State key="s" value={state} />],
      [t('people.agent'), <Text key="a" value={agent} />],
      [t('people.forWhom'), <span key="w">{kind === 'person' ? t('people.person') : t('people.workload')} <Text value={subject} /></span>],
      [t('people.groups'), groups.length === 0 ? undefined : <Text key="g" value={groups.join(', ')} />],
      [t('people.routes'), <Text key="r" value={audience.join('\n')} mono />], [t('people.made'), <Moment key="m" at={issuedAt} />],
      [t('people.expires'), <Moment key="e" at={expiresAt} />], [t('people.revoked'), revokedAt === undefined ? undefined : <Moment key="v" at={revokedAt} />],
      [t('people.madeBy'), madeBy === undefined ? undefined : <Text key="b" value={madeBy} max={200} />],
    ]} />
  );
}

function Make(): ReactNode {
  return (
    <Act<{ readonly token: string }> label={t('people.makeToken')} tone="primary" needs="change" method="POST" path="/tokens" says={t('people.makeTokenSays')}
      asks={[
        { name: 'agent', label: t('people.agent'), required: true },
        {
          name: 'kind', label: t('people.kind'), kind: 'choice', value: 'person',
          choices: [['person', t('people.person')], ['workload', t('people.workload')]],
        },
        { name: 'subject', label: t('people.forWhom'), required: true }, { name: 'groups', label: t('people.groups'), hint: t('people.groupsHint') },
        { name: 'audience', label: t('people.routes'), kind: 'lines', required: true, hint: t('people.routesHint') },
        { name: 'hours', label: t('people.hours'), kind: 'number', required: true, value: '8' },
      ]}
      body={({ agent, kind, subject, groups, audience, hours }) => ({
        agent, kind, subject, groups: readNames(groups), audience: readLines(audience), ttlMs: Math.round(Number(hours) * 3_600_000),
      })}
      command={({ agent = '', kind = '', subject = '', groups, audience, hours = '' }) => [
        'token', 'create', agent, ...readLines(audience).flatMap((one) => ['--for', one]), `--${kind}`, subject,
        ...readNames(groups).flatMap((one) => ['--group', one]), '--ttl', `${hours}h`,
      ]}
      shows={({ token }) => <><p>{t('people.shownOnce')}</p><Block value={token} /><Copy value={token} label={t('people.copyToken')} /></>} />
  );
}

function Revoke({ token: { id, state } }: { readonly token: TokenRow }): ReactNode {
  return (
    <Act label={t('people.revoke')} tone="danger" needs="stop" disabled={state !== 'active'} method="DELETE" path={pathOf`/tokens/${id}`}
      says={t('people.revokeSays')} command={() => ['token', 'revoke', id]} />
  );
}

function isFound({ id, agent, subject, groups }: TokenRow, typed: string): boolean {
  return `${id} ${agent} ${subject} ${groups.join(' ')}`.toLowerCase().includes(typed.toLowerCase());
}
