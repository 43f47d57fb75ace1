import type { ReactNode } from 'react';
import { Badge } from '../../kit/badge.tsx';
import { Text } from '../../kit/text.tsx';
import { Time } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';
import type { Happened } from './use-now.ts';

const TONES = { permitted: 'good', stopped: 'bad', held: 'held' } as const;

/** The last few calls, as they come. */
export function Now({ last }: { readonly last: readonly Happened[] }): ReactNode {
  return (
    <section className="overview-now" aria-label={t('overview.now')}>
      {last.length === 0 && <p className="quiet">{t('overview.quiet')}</p>}
      <ol>
        {last.map(({ id, at, outcome, agent, server, what }) => (
          <li key={id}>
            <Time at={at} clock />
            <Badge tone={TONES[outcome]}>{t(`overview.was-${outcome}`)}</Badge>
            <Text value={[agent, server, what].filter((one) => one !== '').join(' → ')} max={160} line />
          </li>
        ))}
      </ol>
    </section>
  );
}
