import type { ReactNode } from 'react';
import type { AssetShown } from '../../../src/control/inventory/answer.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import type { Values } from '../../kit/act.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { useGo } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';

/** The way under the gate: on the machine whose clients start it, or, of one that is elsewhere, by declaring where it is. */
export function Adopt({ asset: { id, kind, status, runs, evidence, name } }: { readonly asset: AssetShown }): ReactNode {
  const go = useGo();
  if (kind !== 'server' || (status !== 'rogue' && status !== 'bypassing')) return null;
  const hosts = [...new Set(evidence.filter(({ sensor, goneAt }) => sensor === 'client-file' && goneAt === undefined).map(({ host }) => host ?? ''))];
  const url = runs?.kind === 'remote' ? runs.url ?? '' : '';
  return (
    <Panel title={t('inventory.adopt')}>
      {hosts.length > 0 && (
        <>
          <p>{t('inventory.adoptSays')}</p>
          <p>{t('inventory.adoptOn')} <Text value={hosts.join(', ')} max={200} /></p>
          <CommandLine words={['discover', 'adopt', id, '--owner', t('inventory.whom')]} />
        </>
      )}
      {status === 'rogue' && (
        <>
          <p>{t('inventory.declareSays')}</p>
          <Act<{ readonly id: string }> label={t('inventory.declare')} tone="primary" needs="change" method="POST" path="/servers"
            asks={[
              { name: 'id', label: t('inventory.declareId'), required: true, value: idFrom(name), hint: t('inventory.declareIdHint') },
              { name: 'url', label: t('inventory.declareUrl'), required: true, value: url },
              { name: 'owner', label: t('inventory.declareOwner'), required: true },
              { name: 'private', label: t('inventory.declarePrivate'), kind: 'check' },
            ]}
            body={declared} command={commandOf} onDone={(made) => go(pathOf`/servers/${made.id}`)} />
        </>
      )}
      {hosts.length === 0 && status === 'bypassing' && <><p>{t('inventory.closeSays')}</p><CommandLine words={['segment', 'export']} /></>}
    </Panel>
  );
}

/** What control takes for a name; people may write another. */
function idFrom(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 40);
}

/** As `sallyport server add` declares one that nothing else is said of. */
function declared({ id, url, owner, private: isPrivate }: Values): unknown {
  return {
    id, endpoint: { transport: 'http', url, allowPrivate: isPrivate === 'yes' }, owner, hosting: 'self', tier: 'internal',
    labels: { confidentiality: 'confidential', categories: [], integrity: 'untrusted' }, credentials: { type: 'none' }, tools: {},
  };
}

function commandOf({ id = '', url = '', owner = '', private: isPrivate }: Values): readonly string[] {
  return ['server', 'add', id, '--url', url, '--owner', owner, ...(isPrivate === 'yes' ? ['--allow-private'] : [])];
}
