import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { LogProof } from '../../../src/control/audit/log-answer.ts';
import { ask, pathOf } from '../../api/client.ts';
import { useSpace } from '../../api/space.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button, CommandLine, Copy } from '../../kit/button.tsx';
import { Field } from '../../kit/field.tsx';
import { Facts, Problem } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { t } from '../../texts/t.ts';
import { verifyProof } from './verify.ts';
import type { Verified } from './verify.ts';

const KNOWN_KEY = 'sallyport-log-key';

interface Outcome {
  readonly verified: Verified;
  readonly vkey: string;
  /** The key that this browser saw first; undefined: this is the first. */
  readonly before: string | undefined;
}

/** Asks for the proofs of an exchange and checks them in this browser: signature, place in the tree, and that nothing was written over. */
export function Proof({ exchange, position, names = '' }: { readonly exchange: string; readonly position?: number; readonly names?: string }): ReactNode {
  const { space } = useSpace();
  const check = useMutation<Outcome>({
    mutationFn: async () => {
      const proof = await ask<LogProof>({ method: 'GET', path: pathOf`/audit/exchanges/${exchange}/proof`, query: { space, reveal: names } });
      const records = proof.records.filter((one) => position === undefined || one.position === position);
      return { verified: await verifyProof({ ...proof, records }), vkey: proof.vkey, before: remember(proof.vkey) };
    },
  });
  return (
    <section className="log-proof" aria-label={t('log.proof')}>
      <Button tone="primary" onClick={() => check.mutate()} disabled={check.isPending}>{check.isPending ? t('kit.working') : t('log.verify')}</Button>
      <div role="status">
        {check.isError && <Problem error={check.error} />}
        {check.data !== undefined && <Found {...check.data} exchange={exchange} />}
      </div>
    </section>
  );
}

function Found({ verified, vkey, before, exchange }: Outcome & { readonly exchange: string }): ReactNode {
  const { signed, origin, size, root, records } = verified;
  const holds = signed && records.length > 0 && records.every(({ inLog, asWritten }) => inLog && asWritten !== false);
  return (
    <>
      <p><Verdict holds={holds} whole={records.every(({ asWritten }) => asWritten === true)} /> {t('log.provenSays')}</p>
      <ul className="log-steps">
        <Step holds={signed}>{t('log.signed', { size })}</Step>
        {records.map(({ position, inLog, asWritten }) => (
          <li key={position}>
            <Mark holds={inLog} /> {t('log.included', { position })}{' '}
            {asWritten === undefined ? <span className="quiet">{t('log.hidden')}</span> : <><Mark holds={asWritten} /> {t('log.asWritten')}</>}
          </li>
        ))}
      </ul>
      <Facts rows={[
        [t('log.origin'), <Text key="origin" value={origin} mono />], [t('log.root'), <Text key="root" value={root} mono />],
        [t('log.key'), <span key="key"><Text value={vkey} mono /> <Copy value={vkey} /></span>],
      ]} />
      {before !== undefined && before !== vkey && <p className="problem" role="alert">{t('log.otherKey')} <Text value={before} mono /></p>}
      <Compare vkey={vkey} />
      <CommandLine words={['audit', 'prove', exchange]} />
    </>
  );
}

/** A record whose text was not sent whole is proven to be there, and not to say what is shown. */
function Verdict({ holds, whole }: { readonly holds: boolean; readonly whole: boolean }): ReactNode {
  if (!holds) return <Badge tone="critical">{t('log.notProven')}</Badge>;
  return whole ? <Badge tone="good">{t('log.proven')}</Badge> : <Badge tone="held">{t('log.there')}</Badge>;
}

function Step({ holds, children }: { readonly holds: boolean; readonly children: ReactNode }): ReactNode {
  return <li><Mark holds={holds} /> {children}</li>;
}

function Mark({ holds }: { readonly holds: boolean }): ReactNode {
  return <Badge tone={holds ? 'good' : 'critical'}>{holds ? t('log.yes') : t('log.no')}</Badge>;
}

/** A signature says as much as its key: it is compared with one that came another way. */
function Compare({ vkey }: { readonly vkey: string }): ReactNode {
  const [given, setGiven] = useState('');
  return (
    <>
      <Field label={t('log.compare')} hint={t('log.compareHint')} value={given} onChange={setGiven} mono />
      {given.trim() !== '' && (given.trim() === vkey ? <Badge tone="good">{t('log.sameKey')}</Badge> : <Badge tone="critical">{t('log.differentKey')}</Badge>)}
    </>
  );
}

/** The first key that this browser saw stays the one to compare with. */
function remember(vkey: string): string | undefined {
  try {
    const known = localStorage.getItem(KNOWN_KEY) ?? undefined;
    if (known === undefined) localStorage.setItem(KNOWN_KEY, vkey);
    return known;
  } catch {
    return undefined;
  }
}
