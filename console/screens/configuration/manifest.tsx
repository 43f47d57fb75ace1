import type { ReactNode } from 'react';
import type { ManifestFiles } from '../../../src/control/manifest/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { Button, CommandLine, Copy } from '../../kit/button.tsx';
import { Asked, Panel } from '../../kit/page.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { t } from '../../texts/t.ts';

const MANIFEST = 'sallyport.yaml';

/** The space as the files that would make it again: to look at, to copy, to save. No secret stands in them. */
export function ManifestTab(): ReactNode {
  const answer = useAsk<ManifestFiles>('/manifest');
  return (
    <>
      <p className="quiet">{t('configuration.manifestSays')}</p>
      <CommandLine words={['export', '--to', 'sallyport']} />
      <Asked of={answer}>
        {({ text, policies, extraRoots }) => [{ file: MANIFEST, text }, ...policies, ...(extraRoots === null ? [] : [extraRoots])].map((one) => (
          <OneFile key={one.file} file={one.file} text={one.text} />
        ))}
      </Asked>
    </>
  );
}

function OneFile({ file, text }: { readonly file: string; readonly text: string }): ReactNode {
  const buttons = <span className="configuration-file"><Copy value={text} /><Button onClick={() => save(file, text)}>{t('configuration.save')}</Button></span>;
  return (
    <Panel title={t('configuration.file')} actions={buttons}>
      <p><Text value={file} mono max={200} /></p>
      <Block value={text} max={100_000} />
    </Panel>
  );
}

/** Hands a text to the browser as a file; of a path, by its last part. */
function save(file: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.split('/').at(-1)?.replaceAll(/[^\w.-]/g, '_') ?? MANIFEST;
  link.click();
  URL.revokeObjectURL(url);
}
