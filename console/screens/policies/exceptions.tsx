import type { ReactNode } from 'react';
import type { ExceptionRow, Exceptions } from '../../../src/control/exceptions/answer.ts';
import type { Servers } from '../../../src/control/servers/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import type { Asks, Values } from '../../kit/act.tsx';
import { State } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Asked, Empty, Facts } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment, Time } from '../../kit/time.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';

const DAY_MS = 24 * 60 * 60_000;
const RULED = ['definition', 'exposure', 'package', 'vendor'] as const;
const WHO = ['group', 'agent', 'principal'] as const;

const COLUMNS: readonly Column<ExceptionRow>[] = [
  {
    id: 'what', title: t('policies.excepted'), width: 2,
    cell: ({ scope }) => <><span className="quiet">{tWord('excepted', scope.kind)}</span> <Text value={aboutOf(scope)} line /></>,
  },
  { id: 'why', title: t('kit.reason'), width: 2, cell: ({ reason }) => <Text value={reason} line /> },
  { id: 'owner', title: t('policies.owner'), cell: ({ owner }) => <Text value={owner} line />, sort: ({ owner }) => owner },
  { id: 'state', title: t('policies.state'), width: 'fit', cell: ({ state }) => <State value={state} />, sort: ({ state }) => state },
  { id: 'ends', title: t('policies.ends'), width: 'fit', cell: ({ expiresAt }) => <Time at={expiresAt} />, sort: ({ expiresAt }) => expiresAt },
];

/** What is excepted from the rules, by whom and until when. */
export function ExceptionList(): ReactNode {
  const [view, change] = useView({ exception: '' });
  const answer = useAsk<Exceptions>('/exceptions');
  const close = (): void => change({ exception: '' });
  return (
    <>
      <div className="policies-acts"><ExceptCalls /><ExceptRule /></div>
      <Asked of={answer}>
        {({ exceptions }) => {
          const open = exceptions.find(({ id }) => id === view.exception);
          return (
            <Split side={open === undefined ? undefined : <One of={open} onClose={close} />}>
              <Table label={t('policies.exceptions')} rows={exceptions} columns={COLUMNS} id={({ id }) => id} openId={view.exception}
                onOpen={({ id }) => change({ exception: id })} empty={<Empty title={t('policies.noExceptions')}>{t('policies.noExceptionsSays')}</Empty>} />
            </Split>
          );
        }}
      </Asked>
    </>
  );
}

function One({ of: { id, scope, reason, owner, approver, createdAt, expiresAt, state }, onClose }: {
  readonly of: ExceptionRow; readonly onClose: () => void;
}): ReactNode {
  return (
    <Drawer title={t('policies.exception')} onClose={onClose} actions={(
      <Act label={t('policies.endIt')} tone="danger" needs="change" method="DELETE" path={pathOf`/exceptions/${id}`} says={t('policies.endSays')}
        command={() => ['exception', 'remove', id]} onDone={onClose} />
    )}>
      <Facts rows={[
        [t('policies.excepted'), <Text key="what" value={`${tWord('excepted', scope.kind)} ${aboutOf(scope)}`} />],
        [t('kit.reason'), <Text key="why" value={reason} />], [t('policies.owner'), <Text key="owner" value={owner} />],
        [t('policies.approver'), <Text key="approver" value={approver} />], [t('policies.state'), <State key="state" value={state} />],
        [t('policies.made'), <Moment key="made" at={createdAt} />], [t('policies.ends'), <Moment key="ends" at={expiresAt} />],
      ]} />
    </Drawer>
  );
}

const SHARED: readonly Asks[] = [
  { name: 'reason', label: t('kit.reason'), required: true }, { name: 'owner', label: t('policies.owner'), required: true },
  { name: 'approver', label: t('policies.approver'), required: true },
  { name: 'days', label: t('policies.days'), kind: 'number', value: '14', required: true, hint: t('policies.daysHint') },
];

function ExceptCalls(): ReactNode {
  const { data } = useAsk<Servers>('/servers');
  const servers = data?.servers.map(({ id }) => [id, id] as const) ?? [];
  return (
    <Act label={t('policies.exceptCalls')} needs="change" method="POST" path="/exceptions" says={t('policies.exceptCallsSays')} asks={[
      { name: 'server', label: t('policies.server'), kind: 'choice', choices: servers, value: servers[0]?.[0] ?? '' },
      { name: 'tool', label: t('policies.tool'), hint: t('policies.toolHint') },
      { name: 'kind', label: t('policies.to'), kind: 'choice', choices: WHO.map((kind) => [kind, tWord('excepted', kind)]), value: 'group' },
      { name: 'name', label: t('policies.name'), required: true }, ...SHARED,
    ]} body={(values) => ({
      scope: {
        kind: 'calls', server: values['server'], to: { [values['kind'] ?? '']: values['name'] }, ...(values['tool'] === '' ? {} : { tool: values['tool'] }),
      }, ...sharedOf(values),
    })} command={(values) => [
      'exception', 'add', '--server', values['server'] ?? '', ...(values['tool'] === '' ? [] : ['--tool', values['tool'] ?? '']),
      '--to', `${values['kind']}:${values['name']}`, ...sharedWords(values),
    ]} />
  );
}

function ExceptRule(): ReactNode {
  return (
    <Act label={t('policies.exceptRule')} needs="change" method="POST" path="/exceptions" says={t('policies.exceptRuleSays')} asks={[
      { name: 'kind', label: t('policies.of'), kind: 'choice', choices: RULED.map((kind) => [kind, tWord('excepted', kind)]), value: 'definition' },
      { name: 'about', label: t('policies.about'), hint: t('policies.aboutHint'), required: true },
      { name: 'rule', label: t('policies.rule'), hint: t('policies.ruleHint'), required: true }, ...SHARED,
    ]} body={(values) => ({ scope: ruledOf(values), ...sharedOf(values) })} command={(values) => {
      const { kind = '', about = '', rule = '' } = values;
      const scope = kind === 'package' ? ['--package', about, '--rule', rule]
        : kind === 'vendor' ? ['--vendor', about, '--item', rule] : ['--server', about, `--${kind}`, rule];
      return ['exception', 'add', ...scope, ...sharedWords(values)];
    }} />
  );
}

function ruledOf({ kind, about, rule }: Values): unknown {
  if (kind === 'package') return { kind, package: about, rule };
  return kind === 'vendor' ? { kind, vendor: about, item: rule } : { kind, server: about, rule };
}

function sharedOf({ reason, owner, approver, days }: Values): object {
  return { reason, owner, approver, expiresAt: Date.now() + Number(days) * DAY_MS };
}

function sharedWords({ reason = '', owner = '', approver = '', days = '' }: Values): readonly string[] {
  return ['--reason', reason, '--owner', owner, '--approver', approver, '--for', `${days}d`];
}

function aboutOf(scope: ExceptionRow['scope']): string {
  const to = 'to' in scope ? Object.entries(scope.to).map(([kind, name]) => `${kind} ${name}`).join() : '';
  switch (scope.kind) {
    case 'calls': return `${scope.server}${scope.tool === undefined ? '' : `/${scope.tool}`} → ${to}`;
    case 'learn': return `${scope.server} → ${to}`;
    case 'package': return `${scope.package}: ${scope.rule}`;
    case 'vendor': return `${scope.vendor}: ${scope.item}`;
    case 'definition': case 'exposure': default: return `${scope.server}: ${scope.rule}`;
  }
}
