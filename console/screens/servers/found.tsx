import type { ReactNode } from 'react';
import type { ServerFinding } from '../../../src/control/servers/answer.ts';
import { Badge } from '../../kit/badge.tsx';
import type { Tone } from '../../kit/badge.tsx';
import { Empty } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { t } from '../../texts/t.ts';
import './servers.css';

const TONES: Readonly<Record<ServerFinding['severity'], Tone>> = { block: 'bad', warn: 'held', info: 'info' };

/** What was found of a server before and since it was approved, the gravest first. */
export function Found({ findings }: { readonly findings: readonly ServerFinding[] }): ReactNode {
  if (findings.length === 0) return <Empty title={t('servers.nothingFound')} />;
  const order = Object.keys(TONES);
  return (
    <ul className="servers-found">
      {findings.toSorted((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity)).map(({ rule, severity, item, message }) => (
        <li key={`${rule} ${item ?? ''} ${message}`}>
          <Badge tone={TONES[severity]}>{t(`servers.severity-${severity}`)}</Badge> <Text value={rule} mono />
          {' '}{item !== undefined && <Text value={item} mono max={200} />}
          <p><Text value={message} /></p>
        </li>
      ))}
    </ul>
  );
}
