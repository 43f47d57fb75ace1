import type { ReactNode } from 'react';
import type { SessionStory } from '../../../src/control/audit/session-answer.ts';
import { Badge } from '../../kit/badge.tsx';
import type { Tone } from '../../kit/badge.tsx';
import { Drawer, Split } from '../../kit/drawer.tsx';
import { Empty, Facts } from '../../kit/page.tsx';
import { Table } from '../../kit/table.tsx';
import type { Column } from '../../kit/table.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment, Time } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';

export type Step = SessionStory['told']['steps'][number];

const TONES: Readonly<Record<string, Tone>> = {
  called: 'good', listed: 'neutral', denied: 'bad', refused: 'bad', withheld: 'held', failed: 'held', asked: 'info', labels: 'info',
  finding: 'held', stopped: 'bad',
};

export function Kind({ kind }: { readonly kind: string }): ReactNode {
  return <Badge tone={TONES[kind] ?? 'neutral'}>{tWord('step', kind)}</Badge>;
}

const COLUMNS: readonly Column<Step>[] = [
  { id: 'at', title: t('sessions.at'), width: 'fit', cell: ({ at }) => <Time at={at} clock /> },
  { id: 'kind', title: t('sessions.kind'), width: 'fit', cell: ({ kind }) => <Kind kind={kind} /> },
  { id: 'says', title: t('sessions.what'), width: 3, cell: ({ says }) => <Text value={says} line max={300} /> },
  { id: 'details', title: t('sessions.why'), width: 3, cell: ({ details }) => <Text value={details.join(' · ')} line max={300} /> },
];

/** Every step, the oldest first; one opens beside it. */
export function Timeline({ steps, openId, onOpen }: {
  readonly steps: readonly Step[]; readonly openId: string; readonly onOpen: (id: string) => void;
}): ReactNode {
  const open = steps.find((step) => idOf(step) === openId);
  return (
    <Split side={open === undefined ? undefined : <Details step={open} onClose={() => onOpen('')} />}>
      <Table label={t('sessions.timeline')} rows={steps} columns={COLUMNS} id={idOf} openId={openId} onOpen={(step) => onOpen(idOf(step))}
        empty={<Empty title={t('sessions.noSteps')} />} />
    </Split>
  );
}

function idOf({ position, kind, says }: Step): string {
  return `${position}-${kind}-${says.length}`;
}

function Details({ step, onClose }: { readonly step: Step; readonly onClose: () => void }): ReactNode {
  const { at, kind, says, details, server, tool, exchange } = step;
  return (
    <Drawer title={<Kind kind={kind} />} onClose={onClose}>
      <p><Text value={says} /></p>
      <ul className="sessions-details">{details.map((one) => <li key={one}><Text value={one} /></li>)}</ul>
      <Facts rows={[
        [t('sessions.at'), <Moment key="at" at={at} />], [t('sessions.server'), server === undefined ? '' : <Text key="server" value={server} />],
        [t('sessions.tool'), tool === undefined ? '' : <Text key="tool" value={tool} />],
        [t('sessions.exchange'), exchange === undefined ? '' : <Text key="exchange" value={exchange} mono />],
      ]} />
      {exchange !== undefined && (
        <p className="page-actions">
          <To to="/log" search={{ exchange }} button>{t('sessions.records')}</To>
          <To to="/policies" search={{ tab: 'explain', exchange }} button>{t('sessions.explain')}</To>
        </p>
      )}
    </Drawer>
  );
}
