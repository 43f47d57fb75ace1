import type { ReactNode } from 'react';
import type { SessionList } from '../../../src/control/audit/answer.ts';
import { Badge } from '../../kit/badge.tsx';
import type { Tone } from '../../kit/badge.tsx';
import { tWord } from '../../texts/t.ts';

const TONES: Readonly<Record<string, Tone>> = { restricted: 'bad', confidential: 'held', internal: 'info', public: 'neutral' };

/** The most that a context carries: how confidential, of what kind, and whether a stranger may have had a hand in it. */
export function Carried({ labels }: { readonly labels: SessionList['sessions'][number]['labels'] }): ReactNode {
  const { confidentiality, categories, untrusted } = labels;
  return (
    <>
      {confidentiality !== undefined && confidentiality !== 'public' && (
        <Badge tone={TONES[confidentiality] ?? 'neutral'}>{tWord('label', confidentiality)}</Badge>
      )}
      {categories.map((one) => <Badge key={one}>{one}</Badge>)}
      {untrusted && <Badge tone="held">{tWord('label', 'untrusted')}</Badge>}
    </>
  );
}
