import type { ReactNode } from 'react';
import type { Disclosed, VendorShown } from '../../../src/control/vendors/answer.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Empty, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';

/** What the vendor sent and nobody took yet, and what is in force of it. */
export function Disclosure({ vendor: { id, submitted, input: { disclosure }, score } }: { readonly vendor: VendorShown }): ReactNode {
  return (
    <>
      {submitted !== undefined && (
        <Panel title={t('vendors.submitted')} actions={<Decide id={id} digest={submitted.digest} />}>
          <p><Text value={submitted.by} /> <Moment at={submitted.submittedAt} /></p>
          <Answers answers={submitted.answers} />
        </Panel>
      )}
      {score.missing.length > 0 && <p>{t('vendors.missing')}: <Text value={score.missing.join(', ')} mono /></p>}
      {disclosure === undefined ? <Empty title={t('vendors.saidNothing')} /> : <Answers answers={disclosure.answers} />}
    </>
  );
}

function Answers({ answers }: { readonly answers: Readonly<Record<string, Disclosed>> }): ReactNode {
  return (
    <table className="vendors-table">
      <thead>
        <tr>
          <th scope="col">{t('vendors.question')}</th><th scope="col">{t('vendors.answer')}</th><th scope="col">{t('vendors.evidence')}</th>
          <th scope="col">{t('vendors.date')}</th><th scope="col">{t('vendors.expires')}</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(answers).map(([question, { value, evidence, date, expires }]) => (
          <tr key={question}>
            <th scope="row"><Text value={question} mono /></th><td><Text value={value} /></td><td><Text value={evidence} /></td>
            <td><Text value={date} /></td><td><Text value={expires} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Decide({ id, digest }: { readonly id: string; readonly digest: string }): ReactNode {
  return (
    <div className="vendors-verbs">
      <Act label={t('vendors.accept')} tone="primary" needs="approve" method="POST" path={pathOf`/vendors/${id}/accept`} says={t('vendors.acceptSays')}
        body={() => ({ digest })} command={() => ['vendor', 'accept', id, '--digest', digest]} />
      <Act label={t('vendors.refuse')} tone="danger" needs="approve" method="DELETE" path={pathOf`/vendors/${id}/submitted`} says={t('vendors.refuseSays')}
        command={() => ['vendor', 'refuse', id]} />
    </div>
  );
}
