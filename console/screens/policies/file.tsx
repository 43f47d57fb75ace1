import { useParams } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import type { Checked, Policies, PolicyRow, Vocabulary } from '../../../src/control/policies/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { useMay } from '../../api/me.ts';
import { Act } from '../../kit/act.tsx';
import { Button } from '../../kit/button.tsx';
import { Field } from '../../kit/field.tsx';
import { Asked, Empty, Loading, Page, Problem } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { To, useGo } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { useCheck } from './checked.ts';
import type { Checking } from './checked.ts';
import { Complaints } from './complaints.tsx';
import { useDraft } from './draft.ts';
import type { Draft } from './draft.ts';
import { filesWith } from './files-with.ts';
import { Simulate } from './simulate.tsx';
import { Tests } from './tests.tsx';
import './policies.css';

const Editor = lazy(async () => ({ default: (await import('./editor.tsx')).Editor }));

const NEW = '~new';
const NOTHING: Checked['diagnostics'] = [];

/** One policy file: written, checked, tested and tried here, then proposed or put in force. */
export function PolicyFile(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  const answer = useAsk<Policies>('/policies');
  return (
    <Asked of={answer}>
      {({ policies }) => <Writing key={id} id={id} policies={policies} />}
    </Asked>
  );
}

function Writing({ id, policies }: { readonly id: string; readonly policies: readonly PolicyRow[] }): ReactNode {
  const stored = policies.find((one) => one.id === id);
  const [named, setNamed] = useState('');
  const [view, change] = useView({ tab: 'check' });
  const draft = useDraft(id, stored);
  const mayAudit = useMay('audit');
  const file = stored?.file ?? (id === NEW ? named.trim() : id);
  const files = filesWith(policies, file, draft.source);
  const checking = useCheck(files, draft.source !== '' && file !== '');
  const vocabulary = useAsk<Vocabulary>('/policies/vocabulary');
  const [place, setPlace] = useState<Checked['diagnostics'][number]>();
  const complaints = useMemo(() => (checking.checked?.diagnostics ?? NOTHING).filter((one) => one.file === file), [checking.checked, file]);
  const others = files.map((one) => one.file);
  return (
    <Page title={id === NEW ? t('policies.new') : file} lead={<To to="/policies">{t('policies.toAll')}</To>}
      actions={<Verbs file={file} draft={draft} stored={stored} ok={checking.checked?.ok === true} />}>
      {id === NEW && <Field label={t('policies.file')} value={named} onChange={setNamed} mono hint={t('policies.fileHint')} required />}
      {draft.isBehind && <Behind draft={draft} stored={stored} />}
      <Suspense fallback={<Loading />}>
        <Editor label={t('policies.text')} value={draft.source} onChange={draft.write} vocabulary={vocabulary.data} place={place}
          complaints={complaints} />
      </Suspense>
      <p className="quiet policies-note">{t('policies.editorKeys')}</p>
      <Tabs label={t('policies.try')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        {
          id: 'check', title: t('policies.check'), count: checking.checked?.diagnostics.length ?? 0,
          content: () => <Check of={checking} onGo={(one) => setPlace({ ...one })} />,
        },
        { id: 'tests', title: t('policies.tests'), content: () => <Tests draft={id} policies={files} /> },
        ...(mayAudit ? [{
          id: 'simulate', title: t('policies.simulate'), content: () => <Simulate candidate={{ policies: files }} words={['--policies', ...others]} />,
        }] : []),
        ...(draft.isChanged && stored !== undefined ? [{ id: 'stored', title: t('policies.inForce'), content: () => <Block value={stored.source} /> }] : []),
      ]} />
    </Page>
  );
}

function Check({ of: { checked, error, working }, onGo }: {
  readonly of: Checking; readonly onGo: (place: Checked['diagnostics'][number]) => void;
}): ReactNode {
  return (
    <div role="status">
      {working && <p className="quiet">{t('policies.checking')}</p>}
      {error !== undefined && <Problem error={error} />}
      {checked === undefined && error === undefined && !working && <Empty title={t('policies.notChecked')} />}
      {checked?.ok === true && <p>{t('policies.compiles')}</p>}
      <Complaints of={checked?.diagnostics ?? []} onGo={onGo} />
    </div>
  );
}

/** Two people wrote at the same time: nothing of either is lost. */
function Behind({ draft, stored }: { readonly draft: Draft; readonly stored: PolicyRow | undefined }): ReactNode {
  return (
    <div className="problem problem-held" role="alert">
      <p className="problem-title">{t('policies.behind')}</p>
      <p>{stored === undefined ? t('policies.behindGone') : t('policies.behindSays')}</p>
      {stored !== undefined && <details><summary>{t('policies.theirs')}</summary><Block value={stored.source} /></details>}
      <p className="problem-foot">
        <Button onClick={draft.keep}>{t('policies.keepMine')}</Button>
        <Button tone="danger" onClick={draft.drop}>{t('policies.takeTheirs')}</Button>
      </p>
    </div>
  );
}

function Verbs({ file, draft, stored, ok }: {
  readonly file: string; readonly draft: Draft; readonly stored: PolicyRow | undefined; readonly ok: boolean;
}): ReactNode {
  const go = useGo();
  const body = { file, source: draft.source, was: draft.was };
  const isReady = draft.isChanged && ok && file !== '';
  const was = draft.was === '' ? [] : ['--was', draft.was];
  return (
    <>
      {stored !== undefined && (
        <Act label={t('policies.remove')} tone="danger" needs="change" method="DELETE" path={pathOf`/policies/${stored.id}`} says={t('policies.removeSays')}
          command={() => ['policy', 'remove', stored.id]} onDone={() => {
            draft.drop();
            go('/policies');
          }} />
      )}
      {draft.isChanged && <Button onClick={draft.drop}>{t('policies.drop')}</Button>}
      <Act label={t('policies.propose')} needs="change" method="POST" path="/policies/proposed" disabled={!isReady} says={t('policies.proposeSays')}
        body={() => body} command={() => ['policy', 'propose', file, ...was]} />
      <Act<PolicyRow> label={t('policies.put')} tone="primary" needs="change" method="PUT" path="/policies" disabled={!isReady}
        says={<>{t('policies.putSays')} <Text value={file} mono /></>} body={() => body} command={() => ['policy', 'put', file, ...was]}
        onDone={({ id }) => {
          draft.drop();
          go(pathOf`/policies/${id}`);
        }} />
    </>
  );
}
