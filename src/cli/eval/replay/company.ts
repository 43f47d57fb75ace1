import { generateKeyPairSync } from 'node:crypto';
import { SallyportError } from '../../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../../domain/principal.ts';
import type { Server } from '../../../domain/server.ts';
import type { Snapshot } from '../../../domain/snapshot.ts';
import { STANDING_LIMITS } from '../../../domain/standing.ts';
import { signBytes } from '../../../control/snapshot/sign.ts';
import { createInForceKeeper, risingFloor, type InForce } from '../../../gateway/in-force.ts';
import { compileClassification } from '../../../policy/classification.ts';
import { compilePolicies } from '../../../policy/compile.ts';
import { defaultPolicies } from '../../../policy/defaults/table.ts';
import { OBLIGATION_KINDS } from '../../../policy/obligations.ts';
import { parseManifest } from '../../../registry/manifest.ts';
import { approveSurface, readSurface } from '../../../registry/surface.ts';
import type { Suite } from './suites.ts';

const PERMIT_ALL = 'permit(principal, action, resource);';
const FOREVER_MS = 24 * 3_600_000;

/** What a gateway of the suite's company has in force: its manifest, compiled as control does, with the policies that ship. */
export async function companyOf({ suite, manifest: declared, tools, policy = PERMIT_ALL, file }: Suite): Promise<InForce> {
  const manifest = parseManifest(JSON.stringify({ apiVersion: 'sallyport/v1', ...declared }), file);
  const servers = manifest.servers.map(({ tools: known, allow: _allow, vendor, ...server }): Server => {
    const said = { hello: { serverInfo: {} }, tools: [{ tools: tools[server.id] ?? [] }], prompts: [], templates: [] };
    const raw = { revision: '2026-07-28', eras: ['modern'], ...said } as const;
    const baseline = approveSurface(readSurface(raw, { labels: server.labels, tools: known }), suite, 0);
    return { ...server, space: DEFAULT_SPACE, status: 'approved', baseline, ...(vendor === undefined ? {} : { vendor: { id: vendor, score: 0 } }) };
  });
  const sources = [
    ...defaultPolicies(manifest.defaults ?? {}), ...compileClassification(manifest.classification ?? {}, file), { file, text: policy },
  ];
  const { ok, program, diagnostics } = await compilePolicies({ sources, servers, toolsets: [], obligations: OBLIGATION_KINDS });
  if (!ok) throw new SallyportError('ERR_USAGE', `${file}: its policies don't compile`, { remedy: diagnostics.map(({ message }) => message).join('; ') });
  const { domains = [], allow = [] } = manifest.flow ?? {};
  const snapshot: Snapshot = {
    version: 1, createdAt: 0, policy: program, servers, toolsets: [], tokens: [], agents: [], issuers: [], scopes: [],
    network: { publicUrl: 'http://localhost', internal: [], origins: [] }, audit: { classes: [], keys: [], scorePeople: false }, limits: STANDING_LIMITS,
    flow: { spaces: { [DEFAULT_SPACE]: { domains, allow } }, people: [] },
  };
  return inForce(snapshot);
}

/** Signed and accepted as every snapshot is. */
function inForce(snapshot: Snapshot): InForce {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keeper = createInForceKeeper(() => publicKey, risingFloor());
  const now = Date.now();
  keeper.acceptSnapshot(signBytes('snapshot', JSON.stringify(snapshot), privateKey));
  const killed = { all: false, agents: [], principals: [], servers: [], tools: [], contexts: [] };
  const lease = { issuedAt: now, expiresAt: now + FOREVER_MS, snapshotVersion: 1, revokedCredentials: [], revokedPrincipals: [], killed };
  keeper.acceptLease(signBytes('lease', JSON.stringify(lease), privateKey));
  return keeper.current(now);
}
