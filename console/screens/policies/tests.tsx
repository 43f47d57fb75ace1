import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Tested } from '../../../src/control/policies/answer.ts';
import { ask } from '../../api/client.ts';
import { useSpace } from '../../api/space.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button, CommandLine } from '../../kit/button.tsx';
import { Field } from '../../kit/field.tsx';
import { Problem } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { t } from '../../texts/t.ts';
import { useDraft } from './draft.ts';
import type { NamedText } from './files-with.ts';
import { Complaints } from './complaints.tsx';

const LINES = 14;
const NAME = 'tests.yaml';

/** Policy tests as YAML, run against what stands in force, or what is written here. */
export function Tests({ draft, policies }: { readonly draft: string; readonly policies?: readonly NamedText[] }): ReactNode {
  const { space } = useSpace();
  const { source, write } = useDraft(`tests of ${draft}`, undefined);
  const [result, setResult] = useState<{ readonly tested?: Tested; readonly error?: unknown }>({});
  const run = (): void => {
    const body = { cases: [{ file: NAME, text: source }], ...(policies === undefined ? {} : { policies }) };
    ask<Tested>({ method: 'POST', path: '/policies/test', query: { space }, body })
      .then((tested) => setResult({ tested }), (error: unknown) => setResult({ error }));
  };
  return (
    <>
      <Field label={t('policies.cases')} value={source} onChange={write} lines={LINES} mono hint={t('policies.casesHint')} />
      <div className="policies-acts">
        <Button tone="primary" disabled={source === ''} onClick={run}>{t('policies.runTests')}</Button>
        {source === '' && <Button onClick={() => write(t('policies.exampleCases'))}>{t('policies.writeExample')}</Button>}
      </div>
      <div role="status">
        {result.tested !== undefined && (
          <>
            <ul className="policies-results">
              {result.tested.results.map(({ name, passed, difference }) => (
                <li key={name}>
                  <Badge tone={passed ? 'good' : 'bad'}>{passed ? t('policies.passed') : t('policies.failed')}</Badge> <Text value={name} />
                  {' '}<Text value={difference} />
                </li>
              ))}
            </ul>
            <Complaints of={result.tested.diagnostics} />
          </>
        )}
      </div>
      {result.error !== undefined && <Problem error={result.error} />}
      <CommandLine words={['policy', 'test', NAME]} />
    </>
  );
}
