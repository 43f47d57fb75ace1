import type { ReactNode } from 'react';
import type { Checked } from '../../../src/control/policies/answer.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Text } from '../../kit/text.tsx';
import { t } from '../../texts/t.ts';

type Complaint = Checked['diagnostics'][number];

/** What the compiler has to say, the gravest first; `onGo` leads to the place. */
export function Complaints({ of, onGo }: { readonly of: readonly Complaint[]; readonly onGo?: (complaint: Complaint) => void }): ReactNode {
  const sorted = [...of.filter(({ severity }) => severity === 'error'), ...of.filter(({ severity }) => severity !== 'error')];
  if (sorted.length === 0) return null;
  return (
    <ul className="policies-complaints">
      {sorted.map((one) => {
        const { severity, file, line, column, code, message, remedy } = one;
        const place = `${file}:${line}:${column}`;
        return (
          <li key={`${place} ${code} ${message}`}>
            <Badge tone={severity === 'error' ? 'bad' : 'held'}>{severity === 'error' ? t('policies.error') : t('policies.warning')}</Badge>{' '}
            {onGo === undefined ? <Text value={place} mono /> : <Button tone="quiet" onClick={() => onGo(one)}><Text value={place} mono /></Button>}{' '}
            <Text value={message} /> <span className="quiet"><Text value={remedy} /> <code>{code}</code></span>
          </li>
        );
      })}
    </ul>
  );
}
