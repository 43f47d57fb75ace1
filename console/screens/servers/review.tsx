import { useId, useState } from 'react';
import type { ReactNode } from 'react';
import type { ServerDiff, ServerShown, ServerTool } from '../../../src/control/servers/answer.ts';
import { EFFECTS } from '../../../src/domain/server.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Badge } from '../../kit/badge.tsx';
import { Diff } from '../../kit/diff.tsx';
import { Asked, Empty, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t, tWord } from '../../texts/t.ts';
import { Effect, Labels } from './labels.tsx';
import { Found } from './found.tsx';
import './servers.css';

type Effects = Readonly<Record<string, string>>;

/** What approval would make the allow-list: every change of it, what each tool does as one confirms it, and exactly this digest. */
export function Review({ server }: { readonly server: ServerShown }): ReactNode {
  const [effects, setEffects] = useState<Effects>({});
  const answer = useAsk<ServerDiff>(pathOf`/servers/${server.id}/diff`);
  const { candidate, baseline } = server;
  const surface = candidate ?? (server.status === 'approved' ? undefined : baseline);
  if (surface === undefined) return <Empty title={t('servers.nothingWaits')}>{t('servers.nothingWaitsSays')}</Empty>;
  return (
    <>
      <div className="servers-foot">
        <Approve server={server} effects={effects} />
        {candidate !== undefined && <span className="quiet">{t('servers.readAt')} <Moment at={candidate.scannedAt} /></span>}
      </div>
      <Panel title={t('servers.changes')}><Asked of={answer}>{(diff) => <Changes diff={diff} isFirst={baseline === undefined} />}</Asked></Panel>
      {server.findings.length > 0 && <Panel title={t('servers.found')}><Found findings={server.findings} /></Panel>}
      <Panel title={t('servers.effects')}><Confirm tools={surface.tools} effects={effects} onChange={setEffects} /></Panel>
    </>
  );
}

function Changes({ diff: { drift, text }, isFirst }: { readonly diff: ServerDiff; readonly isFirst: boolean }): ReactNode {
  if (drift.length === 0) return <p>{isFirst ? t('servers.isFirst') : t('servers.noChange')}</p>;
  return (
    <>
      <ul className="servers-drift">
        {drift.map(({ kind, name, class: what, verdict, fields, renamedTo, copyOf }) => (
          <li key={`${kind} ${name}`}>
            <Badge tone={verdict === 'deny' ? 'bad' : 'held'}>{tWord('drift', what)}</Badge> {kind} <Text value={name} mono max={200} />
            {renamedTo !== undefined && <> → <Text value={renamedTo} mono max={200} /></>}
            {copyOf !== undefined && <> {t('servers.copyOf')} <Text value={copyOf} mono max={200} /></>}
            {' '}<span className="quiet">{fields.join(', ')}</span>
          </li>
        ))}
      </ul>
      <Diff value={text} label={t('servers.changes')} />
    </>
  );
}

/** Every tool with what it does: a guess stands until somebody says otherwise. */
function Confirm({ tools, effects, onChange }: {
  readonly tools: readonly ServerTool[]; readonly effects: Effects; readonly onChange: (effects: Effects) => void;
}): ReactNode {
  const id = useId();
  return (
    <>
      <p className="quiet">{t('servers.effectsSay')}</p>
      <table className="servers-tools">
        <thead>
          <tr>{[t('servers.tool'), t('servers.effect'), t('servers.confirm'), t('servers.labels')].map((one) => <th key={one} scope="col">{one}</th>)}</tr>
        </thead>
        <tbody>
          {tools.map((tool, index) => (
            <tr key={tool.name}>
              <th scope="row" id={`${id}-${index}`}><Text value={tool.name} mono max={200} /></th>
              <td><Effect tool={tool} /></td>
              <td>
                <select className="input" aria-labelledby={`${id}-${index}`} value={effects[tool.name] ?? ''}
                  onChange={({ target }) => onChange(without(effects, tool.name, target.value))}>
                  <option value="">{t('servers.asItIs')}</option>
                  {EFFECTS.map((one) => <option key={one} value={one}>{tWord('effect', one)}</option>)}
                </select>
              </td>
              <td><Labels labels={tool.labels} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function without(effects: Effects, tool: string, effect: string): Effects {
  return Object.fromEntries([...Object.entries(effects).filter(([name]) => name !== tool), ...(effect === '' ? [] : [[tool, effect] as const])]);
}

/** Bound to the digest of what stands on the page: if the server says something else by now, nothing is approved. */
function Approve({ server: { id, candidate, digest = '' }, effects }: { readonly server: ServerShown; readonly effects: Effects }): ReactNode {
  const what = candidate === undefined ? { digest } : { digest: candidate.digest, scannedAt: candidate.scannedAt };
  return (
    <Act label={t('servers.approve')} tone="primary" needs="approve" method="POST" path={pathOf`/servers/${id}/approve`}
      says={<><p>{t('servers.approveSays')}</p><p className="quiet">{t('servers.digest')} <code>{what.digest}</code></p></>}
      body={() => ({ ...what, effects })}
      command={() => ['server', 'approve', id, ...Object.entries(effects).flatMap(([tool, effect]) => ['--effect', `${tool}=${effect}`])]} />
  );
}
