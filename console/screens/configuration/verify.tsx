import type { ReactNode } from 'react';
import type { Verified } from '../../../src/control/configuration/answer.ts';
import { Act } from '../../kit/act.tsx';
import { Badge } from '../../kit/badge.tsx';
import { t } from '../../texts/t.ts';

/** Every signature checked, and what is stored against what the last one says. */
export function Verify(): ReactNode {
  return (
    <Act<Verified> label={t('configuration.verify')} says={t('configuration.verifySays')} needs="read" reach="organisation" method="POST"
      path="/configuration/verify" command={() => ['config', 'verify']}
      shows={({ versions, digest }) => (
        <>
          <p><Badge tone="good">{t('configuration.holds')}</Badge> {t('configuration.holdsSays', { count: versions })}</p>
          {digest !== null && <p className="quiet">{t('configuration.lastDigest')} <code>{digest}</code></p>}
        </>
      )} />
  );
}
