import { useState } from 'react';
import type { ReactNode } from 'react';
import type { ReviewRow } from '../../../src/control/reviews/answer.ts';
import { ask, pathOf } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { useSpace } from '../../api/space.ts';
import { Button, CommandLine } from '../../kit/button.tsx';
import { Select } from '../../kit/field.tsx';
import { Problem } from '../../kit/page.tsx';
import { t } from '../../texts/t.ts';

const ENDINGS: ReadonlyMap<string, string> = new Map([['html', 'html'], ['markdown', 'md'], ['csv', 'csv'], ['json', 'json'], ['ocsf', 'ocsf.json']]);

/** The report in the form that somebody needs, and, of a campaign that is closed, the evidence with its proofs. */
export function Downloads({ review: { id, closed } }: { readonly review: ReviewRow }): ReactNode {
  const [form, setForm] = useState('html');
  const [failed, setFailed] = useState<unknown>();
  const { space } = useSpace();
  const investigates = useMay('investigate');
  const ending = ENDINGS.get(form) ?? form;
  const save = (path: string, query: Readonly<Record<string, string>>, name: string): void => {
    ask<Readonly<Record<string, unknown>>>({ method: 'GET', path, query: { ...query, space } }).then((answer) => {
      setFailed(undefined);
      keep(name, typeof answer['text'] === 'string' ? answer['text'] : JSON.stringify(answer, undefined, 2));
    }, setFailed);
  };
  return (
    <>
      <div className="reviews-verbs">
        <Select inline label={t('reviews.form')} value={form} onChange={setForm} choices={[...ENDINGS.keys()].map((one) => [one, one] as const)} />
        <Button onClick={() => save(pathOf`/reviews/${id}/report`, { form }, `review-${id}.${ending}`)}>{t('reviews.saveReport')}</Button>
        {closed !== undefined && (
          <Button disabled={!investigates} onClick={() => save(pathOf`/reviews/${id}/evidence`, {}, `review-${id}.evidence.json`)}>
            {t('reviews.saveEvidence')}
          </Button>
        )}
      </div>
      {failed !== undefined && <Problem error={failed} />}
      <CommandLine words={['review', 'report', id, '--form', form, '--out', `review.${ending}`]} />
      {closed !== undefined && <CommandLine words={['review', 'evidence', id, '--out', `review-${id}.tar`]} />}
    </>
  );
}

/** Hands a text to the browser as a file. */
function keep(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
