import type { ReactNode } from 'react';
import type { ServerTool } from '../../../src/control/servers/answer.ts';
import { Badge } from '../../kit/badge.tsx';
import { t, tWord } from '../../texts/t.ts';

/** What its data is: how confidential, of which kinds, and whether strangers write it. */
export function Labels({ labels: { confidentiality, categories, integrity } }: { readonly labels: ServerTool['labels'] }): ReactNode {
  return (
    <>
      <Badge tone={confidentiality === 'restricted' || confidentiality === 'confidential' ? 'held' : 'neutral'}>{tWord('label', confidentiality)}</Badge>
      {' '}{categories.map((one) => <span key={one}><Badge>{tWord('label', one)}</Badge> </span>)}
      {integrity === 'untrusted' && <Badge tone="bad">{tWord('label', integrity)}</Badge>}
    </>
  );
}

export function Effect({ tool: { effect, confirmed, dispatches } }: { readonly tool: ServerTool }): ReactNode {
  return (
    <>
      {tWord('effect', effect)} {!confirmed && <Badge tone="held">{t('servers.guess')}</Badge>}
      {dispatches !== undefined && <> <Badge tone="info">{t('servers.dispatcher')}</Badge></>}
    </>
  );
}
