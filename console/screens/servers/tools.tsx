import type { ReactNode } from 'react';
import type { ServerDefinitions, ServerShown, ServerTool } from '../../../src/control/servers/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Filters } from '../../kit/filters.tsx';
import { Asked, Empty, Facts, Panel } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { useView } from '../../kit/view.ts';
import { t, tWord } from '../../texts/t.ts';
import { Effect, Labels } from './labels.tsx';

const COLUMNS: readonly Column<ServerTool>[] = [
  { id: 'name', title: t('servers.tool'), cell: ({ name }) => <Text value={name} mono line max={200} />, sort: ({ name }) => name },
  { id: 'effect', title: t('servers.effect'), width: 'fit', cell: (tool) => <Effect tool={tool} />, sort: ({ effect }) => effect },
  { id: 'labels', title: t('servers.labels'), width: 'fit', cell: ({ labels }) => <Labels labels={labels} /> },
  { id: 'says', title: t('servers.says'), width: 2, cell: ({ description }) => <Text value={description} line max={300} /> },
];

/** What it offers: of what was read last, else of what is approved. */
export function Tools({ server }: { readonly server: ServerShown }): ReactNode {
  const [view, change] = useView({ tab: 'tools', q: '', open: '' });
  const surface = server.candidate ?? server.baseline;
  if (surface === undefined) return <Empty title={t('servers.notRead')}>{t('servers.notReadSays')}</Empty>;
  const others = [
    [t('servers.prompts'), surface.prompts], [t('servers.templates'), surface.templates], [t('servers.pages'), surface.pages ?? []],
  ] as const;
  const open = surface.tools.find(({ name }) => name === view.open);
  return (
    <>
      <Filters view={view} onChange={change} text="q" />
      <p className="quiet">{server.candidate === undefined ? t('servers.ofApproved') : t('servers.ofCandidate')}</p>
      <Split side={open === undefined ? undefined
        : <Drawer title={<Text value={open.name} mono max={200} />} onClose={() => change({ open: '' })}><Tool server={server.id} tool={open} /></Drawer>}>
        <Table label={t('servers.tools')} rows={surface.tools.filter((one) => isFound(one, view.q))} columns={COLUMNS} id={({ name }) => name}
          openId={view.open} onOpen={({ name }) => change({ open: name })} empty={<Empty title={t('servers.noTools')} />} />
      </Split>
      {surface.instructions !== undefined && <Panel title={t('servers.instructions')}><Block value={surface.instructions} /></Panel>}
      {others.filter(([, list]) => list.length > 0).map(([title, list]) => (
        <Panel key={title} title={title}>
          <ul className="servers-list">{list.map(({ name }) => <li key={name}><Text value={name} mono max={300} /></li>)}</ul>
        </Panel>
      ))}
    </>
  );
}

/** One tool, with its definition as the server wrote it. */
function Tool({ server, tool }: { readonly server: string; readonly tool: ServerTool }): ReactNode {
  const answer = useAsk<ServerDefinitions>(pathOf`/servers/${server}/definitions`);
  return (
    <>
      <Facts rows={[
        [t('servers.effect'), <Effect key="effect" tool={tool} />], [t('servers.labels'), <Labels key="labels" labels={tool.labels} />],
        [t('servers.digest'), <code key="digest">{tool.digest}</code>],
      ]} />
      <h3>{t('servers.definition')}</h3>
      <Asked of={answer}>{({ tools = [] }) => <Block value={tools.find(({ name }) => name === tool.name)} />}</Asked>
    </>
  );
}

function isFound({ name, description, effect }: ServerTool, typed: string): boolean {
  return `${name} ${String(description)} ${tWord('effect', effect)}`.toLowerCase().includes(typed.toLowerCase());
}
