import type { ReactNode } from 'react';
import type { ToolsetRow, Toolsets as Answer } from '../../../src/control/toolsets/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import type { Values } from '../../kit/act.tsx';
import { Asked, Empty, Facts, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { To } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';
import './servers.css';

type Member = ToolsetRow['members'][number];

/** Tools of several servers under one route. */
export function Toolsets(): ReactNode {
  const answer = useAsk<Answer>('/toolsets');
  return (
    <>
      <div className="servers-foot"><Put /><span className="quiet">{t('servers.toolsetsSay')}</span></div>
      <Asked of={answer}>
        {({ toolsets }) => (toolsets.length === 0
          ? <Empty title={t('servers.noToolsets')} /> : toolsets.map((toolset) => <Toolset key={toolset.id} toolset={toolset} />))}
      </Asked>
    </>
  );
}

function Toolset({ toolset: { id, members } }: { readonly toolset: ToolsetRow }): ReactNode {
  return (
    <Panel title={`/mcp/t/${id}`} actions={
      <span className="page-actions">
        <Put id={id} members={members} />
        <Act label={t('servers.remove')} tone="quiet" needs="change" method="DELETE" path={pathOf`/toolsets/${id}`} says={t('servers.removeToolsetSays')}
          command={() => ['toolset', 'remove', id]} />
      </span>
    }>
      {members.map(({ server, tools, prompts, resources }) => (
        <Facts key={server} rows={[
          [t('servers.id'), <To key="s" to={pathOf`/servers/${server}`}>{server}</To>], [t('servers.tools'), <Names key="t" names={tools} />],
          [t('servers.prompts'), prompts.length === 0 ? undefined : <Names key="p" names={prompts} />],
          [t('servers.resources'), resources ? t('servers.included') : undefined],
        ]} />
      ))}
    </Panel>
  );
}

function Names({ names }: { readonly names: Member['tools'] }): ReactNode {
  return names === '*' ? t('servers.all') : <Text value={names.join(', ')} mono />;
}

/** A line a server, as the command line writes it: `crm=search,update`, `crm=*`. */
function Put({ id = '', members = [] }: { readonly id?: string; readonly members?: readonly Member[] }): ReactNode {
  const isNew = id === '';
  const kept = new Map(members.map((member) => [member.server, member]));
  const nameOf = (values: Values): string => (isNew ? values['id'] ?? '' : id);
  return (
    <Act label={isNew ? t('servers.newToolset') : t('servers.changeToolset')} tone={isNew ? 'primary' : 'plain'} needs="change" method="PUT"
      path={(values) => pathOf`/toolsets/${nameOf(values)}`}
      asks={[
        ...(isNew ? [{ name: 'id', label: t('servers.name'), required: true }] : []),
        { name: 'tools', label: t('servers.tools'), kind: 'lines', required: true, hint: t('servers.toolsHint'), value: members.map(lineOf).join('\n') },
      ]}
      body={(values) => ({
        members: pairsOf(values).map(([server, names]) => ({
          server, tools: names === '*' ? '*' : names.split(',').map((one) => one.trim()).filter(Boolean), prompts: kept.get(server)?.prompts ?? [],
          resources: kept.get(server)?.resources ?? false,
        })),
      })}
      command={(values) => [
        'toolset', 'put', nameOf(values), ...pairsOf(values).flatMap(([server, names]) => [
          '--tools', `${server}=${names}`, ...restOf(kept.get(server)),
        ]),
      ]} />
  );
}

function lineOf({ server, tools }: Member): string {
  return `${server}=${tools === '*' ? '*' : tools.join(',')}`;
}

function restOf(member: Member | undefined): readonly string[] {
  if (member === undefined) return [];
  const { server, prompts, resources } = member;
  const names = prompts === '*' ? '*' : prompts.join(',');
  return [...(names === '' ? [] : ['--prompts', `${server}=${names}`]), ...(resources ? ['--resources', server] : [])];
}

function pairsOf({ tools = '' }: Values): readonly (readonly [server: string, names: string])[] {
  return tools.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, '*'] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
}
