import type { z } from 'zod';
import { stringify } from 'yaml';
import { SallyportError } from '../domain/errors.ts';
import type { Labels, Server, Toolset } from '../domain/server.ts';
import { checkLaunch } from './launch.ts';
import type { LaunchAllowance, LaunchFinding } from './launch.ts';
import { referenceComplaints } from './manifest-references.ts';
import { MANIFEST } from './manifest-shape.ts';
import type { ManifestShape, ServerShape } from './manifest-shape.ts';
import { parseManifestText } from './manifest-text.ts';
import type { Complaint, ManifestText } from './manifest-text.ts';
import { formatSandbox, readSandbox } from './sandbox-shape.ts';
import type { ToolDeclaration } from './surface.ts';

/** A server as an administrator declares it: everything of a `Server` but what scanning and approving add. */
export type ServerDeclaration = Omit<Server, 'space' | 'status' | 'baseline' | 'vendor'> & {
  /** Id of the vendor whose it is. */
  readonly vendor?: string;
  readonly tools: Readonly<Record<string, ToolDeclaration>>;
  readonly allow: readonly LaunchAllowance[];
};

/** sallyport.yaml, checked, with every default written out. Of agents, administrators and vendors, absent means that those there stay. */
export interface Manifest extends Omit<ManifestShape, 'apiVersion' | 'servers' | 'toolsets' | 'roles' | 'bindings' | 'policies' | 'exceptions'> {
  readonly servers: readonly ServerDeclaration[];
  readonly toolsets: readonly Omit<Toolset, 'space'>[];
  readonly roles: NonNullable<ManifestShape['roles']>;
  readonly bindings: NonNullable<ManifestShape['bindings']>;
  /** Files or globs, relative to the manifest. */
  readonly policies: readonly string[];
  readonly exceptions: NonNullable<ManifestShape['exceptions']>;
  /** What an administrator should see; nothing here refuses. */
  readonly findings: readonly (LaunchFinding & { readonly server: string; readonly line: number })[];
}

/** Until somebody says what a server's data is, it is confidential and nothing to be trusted. */
const DEFAULT_LABELS: Labels = { confidentiality: 'confidential', categories: [], integrity: 'untrusted' };

/**
 * Reads sallyport.yaml. Throws `ERR_CONFIG_SYNTAX`, `ERR_CONFIG_INVALID`, `ERR_LAUNCH_UNPINNED` or `ERR_LAUNCH_FORBIDDEN`,
 * each with `file:line:column` in its message and a remedy. Unknown and duplicate keys are refused.
 */
export function parseManifest(text: string, file: string): Manifest {
  const source = parseManifestText(text, file);
  const read = MANIFEST.safeParse(source.value, { reportInput: false });
  if (!read.success) throw source.invalid(read.error.issues.flatMap(complaintsOf), remedyOf(read.error.issues));
  const shape = read.data;
  const unresolved = referenceComplaints(shape);
  if (unresolved.length > 0) throw source.invalid(unresolved, 'declare it in this file, or correct the name');
  const { apiVersion: _, ...rest } = shape;
  const servers = Object.entries(shape.servers ?? {}).map(([id, server]) => readServer(id, server, source));
  return {
    ...rest,
    servers: servers.map(({ declaration }) => declaration),
    toolsets: Object.entries(shape.toolsets ?? {}).map(([id, members]) => ({
      id,
      members: members.map((member) => ({ ...member, prompts: member.prompts ?? [], resources: member.resources ?? false })),
    })),
    roles: shape.roles ?? {},
    bindings: shape.bindings ?? [],
    policies: shape.policies ?? [],
    exceptions: shape.exceptions ?? [],
    findings: servers.flatMap(({ findings }) => findings),
  };
}

function complaintsOf(issue: z.core.$ZodIssue): readonly Complaint[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path, key, message: `has a key that is not known: ${JSON.stringify(key)}` }));
  }
  if (issue.code === 'invalid_key') {
    return [{ path: path.slice(0, -1), key: String(path.at(-1)), message: issue.issues.map((inner) => inner.message).join('; ') }];
  }
  return [{ path, message: issue.message }];
}

function remedyOf(issues: readonly z.core.$ZodIssue[]): string {
  const version = issues.some((issue) => issue.path[0] === 'apiVersion');
  return version ? 'begin the file with: apiVersion: sallyport/v1' : 'correct that place; docs/configuration.md has every key';
}

interface ReadServer {
  readonly declaration: ServerDeclaration;
  readonly findings: Manifest['findings'];
}

function readServer(id: string, server: ServerShape, source: ManifestText): ReadServer {
  const labels = { ...DEFAULT_LABELS, ...server.labels };
  const common = {
    id,
    owner: server.owner,
    hosting: server.hosting ?? 'self',
    tier: server.tier ?? 'internal',
    ...(server.vendor !== undefined && { vendor: server.vendor }),
    ...(server.region !== undefined && { region: server.region }),
    labels,
    ...(server.flow !== undefined && { flow: server.flow }),
    ...(server.resources !== undefined && { resources: server.resources.map(({ uri, labels: own }) => ({ uri, labels: { ...labels, ...own } })) }),
    ...(server.pages !== undefined && { pages: server.pages }),
    ...(server.retention !== undefined && { retention: server.retention }),
    ...(server.segment !== undefined && { segment: server.segment }),
    credentials: server.credentials ?? { type: 'none' as const },
    tools: readTools(server.tools ?? {}, labels),
    allow: server.allow ?? [],
  };
  if (server.url !== undefined) {
    const endpoint = { transport: server.transport ?? 'http', url: server.url, allowPrivate: server.allowPrivate ?? false };
    return { declaration: { ...common, endpoint }, findings: [] };
  }
  try {
    const { command = [], env, cwd, shared, allow, sandbox } = server;
    const place = { ...(cwd !== undefined && { cwd }), ...(shared !== undefined && { shared }), ...(sandbox && { sandbox: readSandbox(sandbox) }) };
    const { launch, findings } = checkLaunch({ command, ...(env && { env }), ...place, ...(allow && { allow }) });
    const line = source.lineOf(['servers', id, 'command']);
    const placed = findings.map((finding) => ({ ...finding, server: id, line }));
    return { declaration: { ...common, endpoint: { transport: 'stdio', launch } }, findings: placed };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    const placed = source.invalid([{ path: ['servers', id, 'command'], message: error.message }], error.remedy ?? '', error);
    throw new SallyportError(error.code, placed.message, { ...(error.remedy !== undefined && { remedy: error.remedy }), cause: error });
  }
}

function readTools(tools: NonNullable<ServerShape['tools']>, labels: Labels): Readonly<Record<string, ToolDeclaration>> {
  return Object.fromEntries(
    Object.entries(tools).map(([name, { effect, labels: own, dispatches, dryRun, flow }]) => [
      name,
      { effect, ...(own && { labels: { ...labels, ...own } }), ...(dispatches && { dispatches }), ...(dryRun && { dryRun }), ...(flow && { flow }) },
    ]),
  );
}

/** Writes a manifest that `parseManifest` reads back to the same; for `sallyport export`. Holds references, never secrets. */
export function formatManifest(manifest: Manifest): string {
  const { servers, toolsets, roles, bindings, policies, exceptions, findings: _, ...rest } = manifest;
  const shape = {
    apiVersion: 'sallyport/v1',
    ...rest,
    ...(filled(servers) && { servers: Object.fromEntries(servers.map((server) => [server.id, formatServer(server)])) }),
    ...(filled(toolsets) && { toolsets: Object.fromEntries(toolsets.map(({ id, members }) => [id, members])) }),
    ...(filled(roles) && { roles }),
    ...(filled(bindings) && { bindings }),
    ...(filled(policies) && { policies }),
    ...(filled(exceptions) && { exceptions }),
  };
  return stringify(shape, { lineWidth: 0, aliasDuplicateObjects: false, defaultStringType: 'PLAIN' });
}

function filled(value: object): boolean {
  return Object.keys(value).length > 0;
}

function formatServer(server: ServerDeclaration): object {
  const { id: _, endpoint, tools, allow, credentials, ...rest } = server;
  const tail = { ...rest, ...(Object.keys(tools).length > 0 && { tools }) };
  if (endpoint.transport !== 'stdio') {
    const { transport, url, allowPrivate } = endpoint;
    const reach = { ...(transport === 'sse' && { transport }), ...(allowPrivate && { allowPrivate }) };
    return { url, ...reach, ...(credentials.type !== 'none' && { credentials }), ...tail };
  }
  const { command, args, env, cwd, shared, sandbox, package: pin } = endpoint.launch;
  const confined = formatSandbox(sandbox);
  return {
    command: pin?.declared ?? [command, ...args],
    ...(Object.keys(env).length > 0 && { env }),
    ...(cwd !== undefined && { cwd }),
    ...(shared && { shared }),
    ...(allow.length > 0 && { allow }),
    ...(Object.keys(confined).length > 0 && { sandbox: confined }),
    ...tail,
  };
}
