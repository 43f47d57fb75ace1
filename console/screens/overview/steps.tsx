import type { ReactNode } from 'react';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import type { Values } from '../../kit/act.tsx';
import { t } from '../../texts/t.ts';

const DAYS = 90;
const DAY_MS = 86_400_000;

/** A server that is reached by HTTP; what starts by a command is declared on its screen or by the command line. */
export function DeclareServer(): ReactNode {
  return (
    <Act label={t('overview.step-servers')} tone="primary" needs="change" method="POST" path="/servers" says={t('overview.step-serversSays')}
      asks={[
        { name: 'id', label: t('overview.serverName'), required: true }, { name: 'url', label: t('overview.url'), required: true },
        { name: 'owner', label: t('overview.owner'), required: true }, { name: 'private', label: t('overview.private'), kind: 'check' },
      ]}
      body={({ id, url, owner, private: isPrivate }) => ({
        id, endpoint: { transport: 'http', url, allowPrivate: isPrivate === 'yes' }, owner, hosting: 'self', tier: 'internal',
        labels: { confidentiality: 'confidential', categories: [], integrity: 'untrusted' }, credentials: { type: 'none' }, tools: {},
      })}
      command={({ id = '', url = '', owner = '', private: isPrivate }) =>
        ['server', 'add', id, '--url', url, '--owner', owner, ...(isPrivate === 'yes' ? ['--allow-private'] : [])]} />
  );
}

export function ReadServer(): ReactNode {
  return (
    <Act label={t('overview.read')} tone="primary" needs="change" method="POST" path={({ id = '' }) => pathOf`/servers/${id}/scan`} body={() => ({})}
      asks={[{ name: 'id', label: t('overview.needsServer'), required: true }]} command={({ id = '' }) => ['server', 'scan', id]} />
  );
}

export function RegisterAgent(): ReactNode {
  return (
    <Act label={t('overview.register')} tone="primary" needs="change" method="POST" path="/agents" says={t('overview.step-agentsSays')}
      asks={[
        { name: 'id', label: t('overview.serverName'), required: true }, { name: 'owner', label: t('overview.owner'), required: true },
        { name: 'purpose', label: t('overview.purpose'), required: true },
      ]}
      body={({ id, owner, purpose }) => ({ id, owner, purpose, allow: '*', expiresAt: Math.floor((Date.now() + DAYS * DAY_MS) / 1000) * 1000 })}
      command={({ id = '', owner = '', purpose = '' }) =>
        ['agent', 'register', id, '--owner', owner, '--purpose', purpose, '--allow', '*', '--for', `${DAYS}d`]} />
  );
}

export function AllowReading(): ReactNode {
  return (
    <Act label={t('overview.allow')} tone="primary" needs="change" method="PUT" path="/policies" says={t('overview.step-policiesSays')}
      asks={[{ name: 'server', label: t('overview.needsServer'), required: true }, { name: 'group', label: t('overview.group'), required: true }]}
      body={(values) => ({ file: 'read-only.cedar', source: readOnly(values) })}
      command={() => ['policy', 'put', 'read-only.cedar']} />
  );
}

/** As `sallyport policy init --template read-only` would begin it; control refuses what does not compile. */
function readOnly({ server = '', group = '' }: Values): string {
  const [who, where] = [`principal in Group::${JSON.stringify(group)}`, `resource in Server::${JSON.stringify(server)}`];
  return `@id("read-only:session")
permit (${who}, action in [Action::"read_only", Action::"session"], ${where});

@id("read-only:tools")
permit (${who}, action == Action::"call_tool", ${where})
when { resource.effect == "read" };
`;
}
