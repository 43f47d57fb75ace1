import type { ReactNode } from 'react';
import type { BindingRow, Bindings, RoleRow, Roles } from '../../../src/control/roles/answer.ts';
import type { Servers } from '../../../src/control/servers/answer.ts';
import { EFFECTS } from '../../../src/domain/server.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Asked, Empty, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { t, tWord } from '../../texts/t.ts';

const WHO = ['group', 'agent', 'principal'] as const;

/** Roles in plain words, and who has which. */
export function RoleList(): ReactNode {
  const roles = useAsk<Roles>('/roles');
  const bindings = useAsk<Bindings>('/bindings');
  return (
    <>
      <div className="policies-acts"><MakeRole /><GiveRole roles={roles.data?.roles ?? []} /></div>
      <Asked of={roles}>
        {({ roles: all }) => (all.length === 0 ? <Empty title={t('policies.noRoles')}>{t('policies.noRolesSays')}</Empty> : all.map((role) => (
          <One key={role.id} role={role} bindings={bindings.data?.bindings.filter((one) => one.role === role.id) ?? []} />
        )))}
      </Asked>
    </>
  );
}

function One({ role: { id, allow }, bindings }: { readonly role: RoleRow; readonly bindings: readonly BindingRow[] }): ReactNode {
  return (
    <Panel title={id} actions={(
      <Act label={t('policies.removeRole')} tone="quiet" needs="change" method="DELETE" path={pathOf`/roles/${id}`} says={t('policies.removeRoleSays')}
        command={() => ['policy', 'unrole', id]} />
    )}>
      <div className="policies-role">
        <div>
          <h3>{t('policies.allows')}</h3>
          <ul>
            {allow.map(({ server, toolset, effects, tools, prompts, resources }) => (
              <li key={JSON.stringify([server, toolset, effects, tools, prompts])}>
                <Text value={server ?? toolset} mono /> <span className="quiet"><Text value={[
                  ...(effects ?? []), ...(tools ?? []), ...(prompts ?? []), ...(resources === true ? [t('policies.resources')] : []),
                ].join(', ')} /></span>
              </li>
            ))}
          </ul>
        </div>
        <div>
          <h3>{t('policies.who')}</h3>
          {bindings.length === 0 ? <p className="quiet">{t('policies.nobody')}</p> : (
            <ul>
              {bindings.map((binding) => (
                <li key={binding.id}>
                  <Text value={Object.entries(binding.to).map(([kind, name]) => `${kind} ${name}`).join()} />{' '}
                  <Act label={t('policies.take')} tone="quiet" needs="change" method="DELETE" path={pathOf`/bindings/${binding.id}`}
                    says={<Text value={Object.values(binding.to).join()} />} command={() => ['policy', 'unbind', binding.id]} />
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
    </Panel>
  );
}

function GiveRole({ roles }: { readonly roles: readonly RoleRow[] }): ReactNode {
  const choices = roles.map(({ id }) => [id, id] as const);
  return (
    <Act label={t('policies.give')} needs="change" method="POST" path="/bindings" disabled={roles.length === 0} asks={[
      { name: 'role', label: t('policies.role'), kind: 'choice', choices, value: choices[0]?.[0] ?? '' },
      { name: 'kind', label: t('policies.to'), kind: 'choice', choices: WHO.map((kind) => [kind, tWord('excepted', kind)]), value: 'group' },
      { name: 'name', label: t('policies.name'), required: true },
    ]} body={({ role, kind = '', name }) => ({ role, to: { [kind]: name } })}
      command={({ role = '', kind = '', name = '' }) => ['policy', 'bind', role, '--to', `${kind}:${name}`]} />
  );
}

function MakeRole(): ReactNode {
  const { data } = useAsk<Servers>('/servers');
  const servers = data?.servers.map(({ id }) => [id, id] as const) ?? [];
  return (
    <Act label={t('policies.makeRole')} needs="change" method="PUT" path={({ role = '' }) => pathOf`/roles/${role}`} says={t('policies.makeRoleSays')} asks={[
      { name: 'role', label: t('policies.role'), required: true },
      { name: 'server', label: t('policies.server'), kind: 'choice', choices: servers, value: servers[0]?.[0] ?? '' },
      ...EFFECTS.map((effect) => ({ name: effect, label: effect, kind: 'check' as const, value: effect === 'read' ? 'yes' : '' })),
    ]} body={(values) => ({ allow: [{ server: values['server'], effects: EFFECTS.filter((effect) => values[effect] === 'yes') }] })}
      command={(values) => ['policy', 'role', values['role'] ?? '', '--server', values['server'] ?? '',
        ...EFFECTS.flatMap((effect) => (values[effect] === 'yes' ? ['--effect', effect] : []))]} />
  );
}
