import type { ReactNode } from 'react';
import type { VendorShown } from '../../../src/control/vendors/answer.ts';
import { pathOf, siteUrl } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Copy } from '../../kit/button.tsx';
import { Empty } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';

const EVENTS = ['breach-notice', 'issuer-changed', 'domain-changed', 'certificate-changed', 'tool-drift', 'protocol-changed', 'advisory'] as const;

/** A page for the vendor to answer on, an event that asks for its word, and vouching that all of it still holds. */
export function Verbs({ vendor: { id, disclosed } }: { readonly vendor: VendorShown }): ReactNode {
  return (
    <>
      <Act label={t('vendors.note')} needs="stop" method="POST" path={pathOf`/vendors/${id}/events`} says={t('vendors.noteSays')}
        asks={[
          { name: 'event', label: t('vendors.event'), kind: 'choice', value: EVENTS[0], choices: EVENTS.map((one) => [one, one] as const) },
          { name: 'note', label: t('vendors.what'), kind: 'lines', required: true },
        ]}
        body={({ event, note }) => ({ event, note })} command={({ event = '', note = '' }) => ['vendor', 'event', id, event, '--note', note]} />
      <Act<{ readonly path: string }> label={t('vendors.link')} needs="change" method="POST" path={pathOf`/vendors/${id}/links`} says={t('vendors.linkSays')}
        asks={[{ name: 'days', label: t('vendors.days'), kind: 'number', value: '14', required: true }]} body={({ days }) => ({ days: Number(days) })}
        command={({ days = '' }) => ['vendor', 'link', id, '--days', days]} shows={({ path }) => <Shown path={path} />} />
      <Act label={t('vendors.attest')} tone="primary" needs="approve" disabled={disclosed === undefined} method="POST" path={pathOf`/vendors/${id}/attest`}
        says={t('vendors.attestSays')} asks={[{ name: 'reason', label: t('kit.reason'), required: true }]} body={({ reason }) => ({ reason })}
        command={({ reason = '' }) => ['vendor', 'attest', id, '--reason', reason]} />
    </>
  );
}

/** This once: whoever has it can answer for the vendor. */
function Shown({ path }: { readonly path: string }): ReactNode {
  const url = siteUrl(path.slice(1)).href;
  return <><p>{t('vendors.linkOnce')}</p><p className="vendors-link"><Text value={url} mono /> <Copy value={url} /></p></>;
}

export function Links({ vendor: { id, links } }: { readonly vendor: VendorShown }): ReactNode {
  if (links.length === 0) return <Empty title={t('vendors.noLinks')} />;
  return (
    <ul className="vendors-list">
      {links.map((link) => (
        <li key={link.id}>
          <Text value={link.id} mono /> {t('vendors.until')} <Moment at={link.expiresAt} />
          {' '}{link.usedAt !== undefined && t('vendors.used')}{link.revokedAt !== undefined && t('vendors.revoked')}
          {link.usedAt === undefined && link.revokedAt === undefined && (
            <Act label={t('vendors.unlink')} needs="stop" method="DELETE" path={pathOf`/vendors/${id}/links/${link.id}`}
              command={() => ['vendor', 'unlink', id, link.id]} />
          )}
        </li>
      ))}
    </ul>
  );
}
