import { useState } from 'react';
import type { ReactNode } from 'react';
import { CommandLine } from '../../kit/button.tsx';
import { Field, Select } from '../../kit/field.tsx';
import { t } from '../../texts/t.ts';

/** A rehearsal needs processes and a network of its own: a machine runs it by this command, and hands in what came of it. */
export function Command(): ReactNode {
  const [source, setSource] = useState('live');
  const [only, setOnly] = useState('');
  const words = ['redteam', 'run', ...(source === 'live' ? [] : ['--shipped', '--submit']), ...(only.trim() === '' ? [] : ['--only', only.trim()])];
  return (
    <>
      <p>{t('redteam.runSays')}</p>
      <div className="redteam-command">
        <Select label={t('redteam.source')} value={source} onChange={setSource}
          choices={[['live', t('redteam.source-live')], ['shipped', t('redteam.source-shipped')]]} />
        <Field label={t('redteam.only')} hint={t('redteam.onlyHint')} value={only} onChange={setOnly} mono />
      </div>
      <CommandLine words={words} />
    </>
  );
}
