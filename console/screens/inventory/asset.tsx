import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AssetShown, EvidenceRow } from '../../../src/control/inventory/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Badge, State } from '../../kit/badge.tsx';
import { Asked, Facts, Page, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';
import { Adopt } from './adopt.tsx';
import { ignoring } from './ignoring.ts';
import './inventory.css';

/** One asset as a page of its own, for who comes by a link. */
export function AssetPage(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  return (
    <Page title={t('inventory.asset')} lead={<To to="/inventory">{t('inventory.toAll')}</To>}>
      <Panel title={t('kit.details')}><Asset id={id} /></Panel>
    </Page>
  );
}

/** How it stands to the registry and why, everything that was seen of it, and what can be done about it. */
export function Asset({ id }: { readonly id: string }): ReactNode {
  const answer = useAsk<AssetShown>(pathOf`/inventory/assets/${id}`);
  return (
    <Asked of={answer}>
      {(asset) => (
        <>
          <h3><Text value={asset.name} /></h3>
          <div className="inventory-verbs">
            {asset.ignored === undefined ? <Act {...ignoring(id)} /> : <Heed id={id} />}
          </div>
          <Standing asset={asset} />
          <Adopt asset={asset} />
          <h3>{t('inventory.evidence')}</h3>
          <ul className="inventory-evidence">{asset.evidence.map((one) => <Seen key={`${one.sensor} ${one.host ?? ''} ${one.place}`} evidence={one} />)}</ul>
        </>
      )}
    </Asked>
  );
}

function Heed({ id }: { readonly id: string }): ReactNode {
  return (
    <Act label={t('inventory.heed')} says={t('inventory.heedSays')} needs="change" method="DELETE" path={pathOf`/inventory/assets/${id}/ignore`}
      command={() => ['discover', 'inventory', id, '--heed']} />
  );
}

function Standing({ asset }: { readonly asset: AssetShown }): ReactNode {
  const { kind, status, why, servers, keys, risks, hosts, persons, clients, confidence, firstSeenAt, lastSeenAt, ignored } = asset;
  return (
    <Facts rows={[
      [t('inventory.kind'), tWord('asset', kind)], [t('inventory.status'), status === undefined ? undefined : <State key="status" value={status} />],
      [t('inventory.why'), why.length === 0 ? undefined : <Text key="why" value={why.join('\n')} />],
      [t('inventory.ignored'), ignored === undefined ? undefined
        : <span key="ignored"><Moment at={ignored.until} /> <Text value={ignored.by} max={100} />: <Text value={ignored.reason} /></span>],
      [t('inventory.registered'), servers.length === 0 ? undefined
        : <span key="servers">{servers.map((one) => <To key={one} to={pathOf`/servers/${one}`}>{one}</To>)}</span>],
      [t('inventory.risks'), risks.length === 0 ? undefined
        : <span key="risks" className="inventory-risks">{risks.map((one) => <Badge key={one} tone="held">{tWord('risk', one)}</Badge>)}</span>],
      [t('inventory.keys'), <Text key="keys" value={keys.join('\n')} mono />],
      [t('inventory.hosts'), <Text key="hosts" value={hosts.join(', ')} />], [t('inventory.clients'), <Text key="clients" value={clients.join(', ')} />],
      [t('inventory.persons'), <Text key="persons" value={persons.join(', ')} />], [t('inventory.sure'), `${confidence} %`],
      [t('inventory.first'), <Moment key="first" at={firstSeenAt} />], [t('inventory.seen'), <Moment key="last" at={lastSeenAt} />],
    ]} />
  );
}

function Seen({ evidence: { sensor, host, place, client, person, facts, seenAt, goneAt } }: { readonly evidence: EvidenceRow }): ReactNode {
  const said = [client, person, ...Object.entries(facts).map(([name, value]) => `${name}: ${String(value)}`)].filter((one) => one !== undefined);
  return (
    <li>
      <Badge tone="info">{tWord('sensor', sensor)}</Badge> {host !== undefined && <Text value={host} max={100} />} <Text value={place} mono max={400} />
      <p className="quiet"><Moment at={seenAt} />{goneAt !== undefined && <> · {t('inventory.gone')} <Moment at={goneAt} /></>}</p>
      {said.length > 0 && <p><Text value={said.join(' · ')} max={1000} /></p>}
    </li>
  );
}
