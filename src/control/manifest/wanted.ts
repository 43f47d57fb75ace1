import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Json } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { decodeJson } from '../../store/body.ts';
import type { DetectShape } from '../../registry/detect-shape.ts';
import type { IdentityShape } from '../../registry/identity-shape.ts';
import { parseManifest } from '../../registry/manifest.ts';
import type { Manifest, ServerDeclaration } from '../../registry/manifest.ts';
import { VAULT } from '../../registry/vault-shape.ts';
import type { VaultShape } from '../../registry/vault-shape.ts';
import type { StoredAgent } from '../agents/schema.ts';
import type { FlowParts } from '../flow/settings.ts';
import type { StoredKind } from '../stored.ts';
import type { ManifestFiles } from './files.ts';
import type { Installation } from './installation.ts';
import type { Network } from './schema.ts';

/** What a manifest wants of one space, row by row: kind, id and body. */
export interface Wanted {
  readonly rows: readonly WantedRow[];
  /** Absent where the manifest has neither `gateway`, `control` nor `network`: then those settings stay. */
  readonly network: Partial<Network> | undefined;
  readonly identity: IdentityShape;
  readonly installation: Installation;
  readonly detect: DetectShape;
  readonly flows: FlowParts;
  /** Of the whole installation: absent in the manifest of any other space than the default one. */
  readonly vault: VaultShape | undefined;
  /** Kinds that the manifest does not speak of: their rows stay. */
  readonly silent: readonly ManagedKind[];
  readonly findings: Manifest['findings'];
}

export interface WantedRow {
  readonly kind: ManagedKind;
  readonly id: string;
  readonly body: Json;
}

/** What a manifest declares wholly: rows of these kinds that it does not name are removed. Agent tokens are not declared. */
export const MANAGED = ['server', 'toolset', 'role', 'binding', 'policy', 'exception', 'agent', 'admin', 'vendor'] as const satisfies readonly StoredKind[];
export type ManagedKind = (typeof MANAGED)[number];

/** Reads a manifest into rows. Throws `ERR_CONFIG_*` and `ERR_LAUNCH_*` with file, line and column. */
export function readWanted(files: ManifestFiles, space: string, now: number): Wanted {
  const manifest = parseManifest(files.text, files.file);
  const policies = new Map(files.policies.map((policy) => [policy.file, policy.text]));
  return {
    rows: [
      ...manifest.servers.map((server) => rowOf('server', server.id, definitionOf(server))),
      ...manifest.toolsets.map(({ id, members }) => rowOf('toolset', id, { members })),
      ...Object.entries(manifest.roles).map(([id, role]) => rowOf('role', id, role)),
      ...manifest.bindings.map((binding) => rowOf('binding', bindingId(binding), binding)),
      ...[...policies].map(([file, source]) => rowOf('policy', policyId(file), { file, source })),
      ...manifest.exceptions.map((exception) => exceptionRow(exception, now)),
      ...Object.entries(manifest.agents ?? {}).map(([id, agent]) => rowOf('agent', id, toAgent(agent, id, now))),
      ...(manifest.admins ?? []).map((admin) => adminRow(admin, space)),
      ...Object.entries(manifest.vendors ?? {}).map(([id, vendor]) => rowOf('vendor', id, vendor)),
    ],
    network: readNetworkPart(manifest, files.extraRoots),
    identity: manifest.identity ?? {},
    installation: manifest,
    detect: manifest.detect ?? {},
    flows: { flow: manifest.flow ?? {}, classification: manifest.classification ?? {}, defaults: manifest.defaults ?? {} },
    vault: vaultPart(manifest, space),
    silent: (['admin', 'agent', 'vendor'] as const).filter((kind) => manifest[`${kind}s`] === undefined),
    findings: manifest.findings,
  };
}

/** A binding has no name of its own: what it binds is its name. */
export function bindingId(binding: object): string {
  return shortDigest(JSON.stringify(binding));
}

/** Policies are named by their file; a path is no id. */
export function policyId(file: string): string {
  if (/^[a-z0-9][a-z0-9.-]{0,62}$/.test(file)) return file;
  const words = file.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  return `${words.slice(0, 40)}-${shortDigest(file)}`;
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Rows hold JSON; the round trip drops what is `undefined` and proves that nothing else was lost. */
function rowOf(kind: ManagedKind, id: string, body: object): WantedRow {
  return { kind, id, body: decodeJson(JSON.stringify(body)) };
}

function definitionOf(server: ServerDeclaration): object {
  const { id: _, ...definition } = server;
  return definition;
}

function exceptionRow(exception: Manifest['exceptions'][number], now: number): WantedRow {
  const { scope, reason, owner, approver, expires } = exception;
  const expiresAt = Date.parse(expires);
  if (expiresAt <= now) {
    throw new SallyportError(
      'ERR_CONFIG_INVALID', `the exception for ${'server' in scope ? scope.server : scope.package} (${scope.rule}) has ended on ${expires}`,
      { remedy: 'Take it out, or give it a later end that someone approves.' },
    );
  }
  const kind = 'package' in scope ? 'package' : scope.rule.includes('/') ? 'definition' : 'exposure';
  const body = { scope: { kind, ...scope }, reason, owner, approver, expiresAt };
  return rowOf('exception', `manifest-${shortDigest(JSON.stringify(scope))}`, body);
}

function toAgent(agent: NonNullable<Manifest['agents']>[string], id: string, now: number): StoredAgent {
  const { owner, purpose, clients = [], allow, expires, conversations = false } = agent;
  const expiresAt = Date.parse(expires);
  if (expiresAt - now > LIMITS.agentLifeMsMax) {
    throw new SallyportError('ERR_CONFIG_INVALID', `agents.${id}.expires is more than two years from now`, {
      remedy: 'Name an earlier date; whoever owns the agent renews it then.',
    });
  }
  return { owner, purpose, clients, allow, expiresAt, conversations };
}

function adminRow({ group, principal, role, space: named }: NonNullable<Manifest['admins']>[number], own: string): WantedRow {
  const space = named ?? own;
  if (own !== DEFAULT_SPACE && space !== own) {
    throw new SallyportError('ERR_CONFIG_INVALID', `the manifest of the space ${own} names an administrator of ${space === '*' ? 'every space' : space}`, {
      remedy: 'Do that in the manifest of the default space.',
    });
  }
  const body = { to: group === undefined ? { principal } : { group }, role, space };
  return rowOf('admin', bindingId(body), body);
}

/** Control runs the commands of providers, and asks them for secrets of any space: no space declares them for itself. */
function vaultPart({ vault }: Manifest, space: string): VaultShape | undefined {
  if (space === DEFAULT_SPACE) return vault ?? VAULT.parse({});
  if (vault === undefined) return undefined;
  throw new SallyportError('ERR_CONFIG_INVALID', `the manifest of the space ${space} speaks of the vault of the whole installation`, {
    remedy: 'Do that in the manifest of the default space.',
  });
}

function readNetworkPart({ gateway, network, control }: Manifest, extraRoots: string | undefined): Partial<Network> | undefined {
  if (gateway === undefined && network === undefined && control === undefined) return undefined;
  const { extraRoots: _, ...rest } = network ?? {};
  return { ...gateway, ...rest, ...(control === undefined ? {} : { control }), ...(extraRoots === undefined ? {} : { extraRoots }) };
}
