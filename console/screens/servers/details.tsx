import type { ReactNode } from 'react';
import type { ServerLaunch, ServerShown } from '../../../src/control/servers/answer.ts';
import { Columns, Facts, Panel } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { pathOf } from '../../api/client.ts';
import { t, tWord } from '../../texts/t.ts';
import { Labels } from './labels.tsx';
import './servers.css';

const MEBIBYTE = 1024 ** 2;

/** The exact way to it, who answers for it, and what it may touch. */
export function Details({ server }: { readonly server: ServerShown }): ReactNode {
  const { endpoint, transport, owner, hosting, tier, vendor, region, labels, approvedBy, approvedAt, digest, launch, package: pin } = server;
  return (
    <Columns>
      <Panel title={t('servers.declared')}>
        <Facts rows={[
          [t('servers.endpoint'), <Text key="e" value={endpoint} mono />], [t('servers.transport'), transport],
          [t('servers.owner'), <Text key="o" value={owner} />],
          [t('servers.hosting'), tWord('hosting', hosting)], [t('servers.tier'), tWord('tier', tier)],
          [t('servers.vendor'), vendor === undefined ? undefined : <To key="v" to={pathOf`/vendors/${vendor}`}>{vendor}</To>],
          [t('servers.region'), region],
          [t('servers.labels'), <Labels key="l" labels={labels} />],
          [t('servers.credentials'), <Credentials key="c" credentials={server.credentials} />],
          [t('servers.approvedBy'), approvedBy === undefined ? undefined
            : <span key="by"><Text value={approvedBy} max={200} /> <Moment at={approvedAt} /></span>],
          [t('servers.digest'), digest === undefined ? undefined : <Text key="d" value={digest} mono />],
        ]} />
      </Panel>
      {launch !== undefined && <Panel title={t('servers.launch')}><Launch launch={launch} /></Panel>}
      {pin !== undefined && (
        <Panel title={t('servers.package')}>
          <Facts rows={[
            [t('servers.package'), <Text key="p" value={`${pin.ecosystem}:${pin.name} ${pin.version}`} mono />],
            [t('servers.digest'), <Text key="d" value={pin.digest} mono />], [t('servers.declaredAs'), <Text key="a" value={pin.declared.join(' ')} mono />],
          ]} />
        </Panel>
      )}
    </Columns>
  );
}

/** How it is signed in to, and where the secret is: the secret itself is never in an answer. */
function Credentials({ credentials: { type, ...rest } }: { readonly credentials: ServerShown['credentials'] }): ReactNode {
  return <>{type}{Object.entries(rest).map(([name, value]) => <span key={name}>, {name} <Text value={value} mono max={300} /></span>)}</>;
}

function Launch({ launch: { command, args, env, cwd, shared, sandbox } }: { readonly launch: ServerLaunch }): ReactNode {
  return (
    <Facts rows={[
      [t('servers.command'), <Text key="c" value={[command, ...args].join(' ')} mono />],
      [t('servers.folder'), cwd === undefined ? undefined : <Text key="w" value={cwd} mono />],
      [t('servers.environment'), <Lines key="e" values={Object.entries(env).map(([name, value]) => `${name}=${value}`)} />],
      [t('servers.processes'), shared ? t('servers.shared') : t('servers.eachOwn')],
      [t('servers.reads'), <Lines key="r" values={sandbox.reads} />], [t('servers.writes'), <Lines key="ws" values={sandbox.writes} />],
      [t('servers.reaches'), <Lines key="n" values={sandbox.network} />],
      [t('servers.secretFiles'), Object.keys(sandbox.secretFiles ?? {}).length === 0 ? undefined
        : <Lines key="s" values={Object.entries(sandbox.secretFiles ?? {}).map(([name, from]) => `${name}=${from}`)} />],
      [t('servers.limits'), t('servers.limitsSay', { memory: sandbox.memoryBytesMax / MEBIBYTE, processes: sandbox.processesMax })],
    ]} />
  );
}

/** What it may not touch is said too. */
function Lines({ values }: { readonly values: readonly string[] }): ReactNode {
  if (values.length === 0) return t('servers.nothing');
  return <ul className="servers-list">{values.map((one) => <li key={one}><Text value={one} mono max={500} /></li>)}</ul>;
}
