import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Manifest } from '../../registry/manifest.ts';
import { formatManifest } from '../../registry/manifest.ts';
import { formatMoment } from '../../registry/manifest-words.ts';
import type { VaultShape } from '../../registry/vault-shape.ts';
import type { Rows } from '../../store/store.ts';
import type { StoredException } from '../exceptions/schema.ts';
import { listStored } from '../stored.ts';
import { readIdentity } from './identity.ts';
import { readInstallation } from './installation.ts';
import { readNetwork } from './settings.ts';
import { readDetect } from '../detect/settings.ts';
import { readFlowParts } from '../flow/settings.ts';
import { readVaultSettings } from '../vault/settings.ts';

interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** A manifest, and the files that it names. */
export interface Exported {
  readonly text: string;
  readonly policies: readonly NamedText[];
  readonly extraRoots?: NamedText;
}

const ROOTS_FILE = 'extra-roots.pem';

/** One space as a manifest that would make it again. Holds references to secrets, never secrets. */
export async function exportManifest(rows: Rows, space: string): Promise<Exported> {
  const { extraRoots, ...installation } = await exportInstallation(rows, space);
  const policies = (await listStored(rows, 'policy', space)).map(({ body }) => ({ file: body.file, text: body.source }));
  const identity = await readIdentity(rows, space);
  const agents = await exportAgents(rows, space);
  const settings = space === DEFAULT_SPACE ? await readInstallation(rows) : {};
  const vault = await readVaultSettings(rows);
  const detect = await readDetect(rows, space);
  const vendors = await listStored(rows, 'vendor', space);
  const flows = Object.fromEntries(Object.entries(await readFlowParts(rows, space)).filter(([, part]) => Object.keys(part).length > 0));
  const admins = (await listStored(rows, 'admin', space)).map(({ body: { to, role, space: of } }) => ({ ...to, role, ...(of === space ? {} : { space: of }) }));
  const manifest: Manifest = {
    ...installation,
    ...(Object.keys(identity).length === 0 ? {} : { identity }),
    ...settings,
    ...(space === DEFAULT_SPACE && isUsed(vault) ? { vault } : {}),
    ...(Object.keys(detect).length === 0 ? {} : { detect }),
    ...flows,
    ...(Object.keys(agents).length === 0 ? {} : { agents }),
    ...(admins.length === 0 ? {} : { admins }),
    ...(vendors.length === 0 ? {} : { vendors: Object.fromEntries(vendors.map(({ id, body }) => [id, body])) }),
    servers: (await listStored(rows, 'server', space)).map(({ id, body }) => {
      const { status: _status, reason: _reason, declaredBy: _by, moved: _moved, ...definition } = body;
      return { id, ...definition };
    }),
    toolsets: (await listStored(rows, 'toolset', space)).map(({ id, body }) => ({ id, ...body })),
    roles: Object.fromEntries((await listStored(rows, 'role', space)).map(({ id, body }) => [id, body])),
    bindings: (await listStored(rows, 'binding', space)).map(({ body }) => body),
    policies: policies.map(({ file }) => file),
    exceptions: await exportExceptions(rows, space),
    findings: [],
  };
  const exported = { text: formatManifest(manifest), policies };
  return extraRoots === undefined ? exported : { ...exported, extraRoots: { file: ROOTS_FILE, text: extraRoots } };
}

/** Where the installation listens, whom it reaches and how people sign in is the organisation's: no other space's manifest says it, nor shows it. */
async function exportInstallation(
  rows: Rows, space: string,
): Promise<Pick<Manifest, 'gateway' | 'control' | 'network'> & { readonly extraRoots?: string | undefined }> {
  if (space !== DEFAULT_SPACE) return {};
  const { listen, publicUrl, trustedProxy, mtls, segment, control, extraRoots, ...network } = await readNetwork(rows);
  return {
    extraRoots,
    gateway: {
      listen, publicUrl, ...(trustedProxy === undefined ? {} : { trustedProxy }), ...(mtls === undefined ? {} : { mtls }),
      ...(segment === undefined ? {} : { segment }),
    },
    ...(control === undefined ? {} : { control }),
    network: { ...network, ...(extraRoots === undefined ? {} : { extraRoots: ROOTS_FILE }) },
  };
}

function isUsed({ key, providers }: VaultShape): boolean {
  return key !== undefined || Object.keys(providers).length > 0;
}

async function exportAgents(rows: Rows, space: string): Promise<NonNullable<Manifest['agents']>> {
  return Object.fromEntries((await listStored(rows, 'agent', space)).map(({ id, body: { clients, expiresAt, conversations, ...rest } }) =>
    [id, { ...rest, ...(clients.length === 0 ? {} : { clients }), expires: formatMoment(expiresAt), ...(conversations ? { conversations } : {}) }]));
}

async function exportExceptions(rows: Rows, space: string): Promise<Manifest['exceptions']> {
  return (await listStored(rows, 'exception', space)).flatMap(({ body: { scope, reason, owner, approver, expiresAt } }) =>
    scope.kind === 'exposure' || scope.kind === 'definition' || scope.kind === 'package'
      ? [{ scope: scopeOf(scope), reason, owner, approver, expires: formatMoment(expiresAt) }]
      : []);
}

function scopeOf(stored: Extract<StoredException['scope'], { readonly rule: string }>): Manifest['exceptions'][number]['scope'] {
  const { kind: _, ...scope } = stored;
  return scope;
}
