import { isPinned } from '../packages.ts';
import type { ServerInput, ServerJson, ServerPackage, ServerRemote } from './shape.ts';

/** What a server wants to be told, by name alone: nothing that its publisher wrote becomes part of how it is started (invariant 9). */
export interface Want {
  readonly kind: 'variable' | 'header' | 'argument';
  readonly name: string;
  readonly isSecret: boolean;
  readonly isRequired: boolean;
  readonly description?: string;
}

/** One way in which a server of a catalogue can be had here, or why it can't. */
export type Offer =
  | { readonly kind: 'remote'; readonly transport: 'http' | 'sse'; readonly url: string; readonly wants: readonly Want[] }
  /** `command` fetches exactly one version; whoever declares it adds arguments and variables. */
  | {
    readonly kind: 'package'; readonly ecosystem: 'npm' | 'pypi' | 'oci'; readonly name: string; readonly version: string;
    readonly command: readonly string[]; readonly sha256?: string; readonly wants: readonly Want[];
  }
  | { readonly kind: 'unsupported'; readonly what: string; readonly reason: Unsupported };

/** Why nothing can be declared of it as it stands. */
export const UNSUPPORTED = {
  address: 'its address has variables, or is none: whoever declares it must write the whole address',
  listens: 'it would listen on a machine by itself; only standard input and output are run here',
  ecosystem: 'packages of that kind are not run here',
  elsewhere: 'it comes from another registry than this gate asks',
  unpinned: 'it names no exact version, or an image without its digest',
} as const;
type Unsupported = keyof typeof UNSUPPORTED;

const HOMES: Readonly<Record<string, readonly string[]>> = {
  npm: ['https://registry.npmjs.org'], pypi: ['https://pypi.org', 'https://pypi.org/simple'], oci: ['https://docker.io', 'https://ghcr.io', 'https://quay.io'],
};

/** The ways in the order of the document: addresses first, since nothing of them runs on a machine of ours. */
export function offersOf({ remotes = [], packages = [] }: ServerJson): readonly Offer[] {
  return [...remotes.map(remoteOffer), ...packages.map(packageOffer)];
}

function remoteOffer({ type, url, headers = [] }: ServerRemote): Offer {
  if (/[{}]/.test(url) || !URL.canParse(url)) return { kind: 'unsupported', what: url, reason: 'address' };
  return { kind: 'remote', transport: type === 'sse' ? 'sse' : 'http', url, wants: headers.map((one) => wantOf('header', one)) };
}

function packageOffer(one: ServerPackage): Offer {
  const { registryType, registryBaseUrl, identifier, version = '', fileSha256 } = one;
  const what = `${registryType}:${identifier}${version === '' ? '' : `@${version}`}`;
  const refused = (reason: Unsupported): Offer => ({ kind: 'unsupported', what, reason });
  if (one.transport.type !== 'stdio') return refused('listens');
  if (registryType !== 'npm' && registryType !== 'pypi' && registryType !== 'oci') return refused('ecosystem');
  const home = registryBaseUrl?.replace(/\/+$/, '');
  if (home !== undefined && HOMES[registryType]?.includes(home) !== true) return refused('elsewhere');
  const spec = specOf(registryType, identifier, version);
  if (!isPinned({ ecosystem: registryType }, spec)) return refused('unpinned');
  const wants = [
    ...(one.environmentVariables ?? []).map((input) => wantOf('variable', input)),
    ...[...(one.runtimeArguments ?? []), ...(one.packageArguments ?? [])].map((input) =>
      wantOf('argument', { ...input, name: 'name' in input ? input.name : input.valueHint ?? input.value ?? '' })),
  ];
  const command = { npm: ['npx', '-y', spec], pypi: ['uvx', spec], oci: ['docker', 'run', '-i', '--rm', spec] }[registryType];
  const [name, fixed] = registryType === 'oci' ? splitImage(spec) : [identifier, version];
  return { kind: 'package', ecosystem: registryType, name, version: fixed, command, wants, ...(fileSha256 === undefined ? {} : { sha256: fileSha256 }) };
}

function specOf(ecosystem: 'npm' | 'pypi' | 'oci', identifier: string, version: string): string {
  if (ecosystem === 'npm') return `${identifier}@${version}`;
  if (ecosystem === 'pypi') return `${identifier}==${version}`;
  return identifier.includes('@') ? identifier : `${identifier}@${version}`;
}

function splitImage(spec: string): readonly [name: string, version: string] {
  const at = spec.indexOf('@');
  return [spec.slice(0, at), spec.slice(at + 1)];
}

function wantOf(kind: Want['kind'], { name, isSecret = false, isRequired = false, description }: ServerInput): Want {
  return { kind, name, isSecret, isRequired, ...(description === undefined ? {} : { description }) };
}
