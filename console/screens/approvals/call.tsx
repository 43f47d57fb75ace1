import { useState } from 'react';
import type { ReactNode } from 'react';
import type { ApprovalShown } from '../../../src/control/approvals/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf, siteUrl } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { ActDialog } from '../../kit/act.tsx';
import { Badge, Severity, State } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Diff } from '../../kit/diff.tsx';
import { Drawer } from '../../kit/drawer.tsx';
import { useKey } from '../../kit/keys.ts';
import { Asked, Facts } from '../../kit/page.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { t, tWord } from '../../texts/t.ts';
import './approvals.css';

/** One call whole: what would run, where it comes from, why it waits; and the answer to it. */
export function Call({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactNode {
  const answer = useAsk<ApprovalShown>(pathOf`/approvals/${id}`);
  return (
    <Drawer title={t('approvals.call')} onClose={onClose}>
      <Asked of={answer}>{(call) => <><Answers call={call} /><Shown call={call} /></>}</Asked>
    </Drawer>
  );
}

type Deed = 'grant' | 'deny' | 'withdraw';

function Answers({ call }: { readonly call: ApprovalShown }): ReactNode {
  const [deed, setDeed] = useState<Deed>();
  const may = useMay('approve');
  const { id, state, digest, solo } = call;
  const isOpen = state === 'pending';
  const close = (): void => setDeed(undefined);
  // Who is alone shows by a passkey that it is them, on the page that asks for it.
  const grant = (): void => {
    if (solo) window.open(siteUrl(`approvals/${id}`), '_blank', 'noopener');
    else setDeed('grant');
  };
  useKey('a', t('approvals.grant'), grant, isOpen && may);
  useKey('d', t('approvals.deny'), () => setDeed('deny'), isOpen && may);
  const reason = { name: 'reason', label: t('kit.reason'), required: true };
  return (
    <div className="approvals-answers">
      {isOpen && <Button tone="primary" onClick={grant} disabled={!may}>{solo ? t('approvals.grantByPasskey') : t('approvals.grant')} <kbd>a</kbd></Button>}
      {isOpen && <Button tone="danger" onClick={() => setDeed('deny')} disabled={!may}>{t('approvals.deny')} <kbd>d</kbd></Button>}
      {(isOpen || state === 'granted') && <Button onClick={() => setDeed('withdraw')} disabled={!may}>{t('approvals.withdraw')}</Button>}
      {deed === 'grant' && (
        <ActDialog label={t('approvals.grant')} tone="primary" needs="approve" method="POST" path="/approvals/grant" onClose={close}
          says={<><p>{t('approvals.grantSays')}</p><Block value={call.text} /></>} body={() => ({ approvals: [{ id, digest }] })}
          command={() => ['approve', 'grant', id, '--digest', digest]} />
      )}
      {deed === 'deny' && (
        <ActDialog label={t('approvals.deny')} tone="danger" needs="approve" method="POST" path={pathOf`/approvals/${id}/deny`} onClose={close}
          says={t('approvals.denySays')} asks={[reason]} body={(values) => ({ reason: values['reason'] })}
          command={(values) => ['approve', 'deny', id, '--reason', values['reason'] ?? '']} />
      )}
      {deed === 'withdraw' && (
        <ActDialog label={t('approvals.withdraw')} needs="approve" method="POST" path={pathOf`/approvals/${id}/withdraw`} onClose={close}
          says={t('approvals.withdrawSays')} asks={[reason]} body={(values) => ({ reason: values['reason'] })}
          command={(values) => ['approve', 'withdraw', id, '--reason', values['reason'] ?? '']} />
      )}
    </div>
  );
}

function Shown({ call }: { readonly call: ApprovalShown }): ReactNode {
  const { state, server, name, effect, agent, principal, actors, behind, askedAt, expiresAt, needs, approvedBy, labels, risen, end } = call;
  const carried = [labels.now.confidentiality, labels.now.integrity, ...labels.now.categories].join(', ');
  return (
    <>
      {call.hidden && <p className="problem" role="alert">{t('approvals.hidden')}</p>}
      {risen && <p className="problem problem-held" role="alert">{t('approvals.risen')}</p>}
      <h3>{t('approvals.text')}</h3>
      <Block value={call.text} />
      <Facts rows={[
        [t('approvals.state'), <State key="state" value={state} />],
        [t('approvals.wants'), <Text key="what" value={`${server}/${name}`} mono />], [t('approvals.effect'), effect === null ? '' : tWord('effect', effect)],
        [t('approvals.agent'), <Text key="agent" value={[agent, ...actors].join(' → ')} />], [t('approvals.who'), <Text key="who" value={principal} />],
        [t('approvals.behind'), behind === principal ? '' : <Text key="behind" value={behind} />],
        [t('approvals.asked'), <Moment key="asked" at={askedAt} />], [t('approvals.ends'), <Moment key="ends" at={expiresAt} />],
        [t('approvals.needs'), <Text key="needs" value={needs.join(', ')} />],
        [t('approvals.approvedBy'), approvedBy.length === 0 ? '' : <Text key="by" value={approvedBy.join(', ')} />],
        [t('approvals.carries'), <Text key="labels" value={carried} />],
        [t('approvals.findings'), call.findings.length === 0 ? '' : <Found key="found" findings={call.findings} />],
        [t('approvals.ended'), end === undefined ? '' : <Text key="end" value={`${end.by}: ${end.reason ?? ''}`} />],
      ]} />
      {call.path.length > 0 && <Path lines={call.path} />}
      {call.before !== undefined && <><h3>{t('approvals.before')}</h3><Diff label={t('approvals.before')} value={call.before.diff} /></>}
      {call.preview !== undefined && <><h3>{t('approvals.preview')}</h3><Block value={call.preview} /></>}
      <details><summary>{t('approvals.exact')}</summary><Block value={call.exact} /></details>
      {call.definition !== undefined && <details><summary>{t('approvals.definition')}</summary><Block value={call.definition} /></details>}
      {call.policies.map(({ id, text }) => <details key={id}><summary>{t('approvals.policy')} <Text value={id} /></summary><Block value={text} /></details>)}
      <p className="page-actions"><To to={pathOf`/sessions/${call.context}`} button>{t('approvals.session')}</To></p>
    </>
  );
}

function Path({ lines }: { readonly lines: readonly string[] }): ReactNode {
  return <><h3>{t('approvals.path')}</h3><ol className="approvals-path">{lines.map((line) => <li key={line}><Text value={line} /></li>)}</ol></>;
}

function Found({ findings }: { readonly findings: ApprovalShown['findings'] }): ReactNode {
  return findings.map(({ detector, rule, severity }) => <div key={`${detector}/${rule}`}><Severity value={severity} /> <Badge>{detector}/{rule}</Badge></div>);
}
