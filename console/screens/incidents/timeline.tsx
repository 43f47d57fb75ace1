import type { ReactNode } from 'react';
import type { IncidentShown, TimelineEntry } from '../../../src/control/incidents/answer.ts';
import { Badge } from '../../kit/badge.tsx';
import type { Tone } from '../../kit/badge.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';

const TONES: Readonly<Record<string, Tone>> = { signal: 'bad', severity: 'held', containment: 'good', playbook: 'info', status: 'info', note: 'neutral' };

/** What happened, and what was done, in the order of time. */
export function Timeline({ incident: { timeline, timelineLeft } }: { readonly incident: IncidentShown }): ReactNode {
  return (
    <>
      {timelineLeft > 0 && <p className="quiet">{t('incidents.timelineLeft', { count: timelineLeft })}</p>}
      <ol className="incidents-timeline">
        {/* Entries have no other identity than their place. */}
        {/* oxlint-disable-next-line react/no-array-index-key */}
        {timeline.map((entry, index) => <Entry key={index} entry={entry} />)}
      </ol>
    </>
  );
}

function Entry({ entry: { at, event, text, by, exchange } }: { readonly entry: TimelineEntry }): ReactNode {
  return (
    <li>
      <Moment at={at} /> <Badge tone={TONES[event] ?? 'neutral'}>{tWord('entry', event)}</Badge>
      {' '}{by !== undefined && by !== '' && <Text value={by} max={100} />}
      <p><Text value={text} /> {exchange !== undefined && <To to="/log" search={{ q: `exchange = "${exchange}"` }}>{t('incidents.inLog')}</To>}</p>
    </li>
  );
}
