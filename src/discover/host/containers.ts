import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Observation, Risk, Unseen } from '../../domain/observation.ts';
import { readWhole, reasonOf } from '../bounded-file.ts';
import { keyOfContainer, keyOfListener, keyOfPackage } from '../keys.ts';
import { nameConfidence } from '../clues/sdks.ts';
import type { HostLook } from './processes.ts';

/** One container, as its engine keeps it. */
interface Container {
  readonly engine: 'docker' | 'podman' | 'containerd';
  readonly id: string;
  readonly name?: string;
  readonly image?: string;
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly isRunning?: boolean;
  readonly published: readonly { readonly address: string; readonly port: number }[];
}

/** Where engines keep the state of their containers; `homes`: people's, for engines without root. */
export interface ContainerPlaces {
  readonly root: string;
  readonly homes: readonly string[];
}

const STATE_BYTES = 4 * 1024 * 1024;

/**
 * The containers of this machine that carry servers, from what their engines keep on disk: no engine is asked, since asking
 * would start one that is asleep.
 */
export function* observeContainers({ root, homes }: ContainerPlaces, look: HostLook): Generator<Observation | Unseen> {
  const folders = [
    ...[join(root, 'var/lib/docker/containers'), ...homes.map((home) => join(home, '.local/share/docker/containers'))]
      .map((folder) => ({ folder, read: readDocker })),
    ...[join(root, 'var/lib/containers/storage'), ...homes.map((home) => join(home, '.local/share/containers/storage'))]
      .flatMap((storage) => ['overlay-containers', 'vfs-containers'].map((kind) => ({ folder: join(storage, kind), read: readPodman }))),
    ...foldersIn(join(root, 'run/containerd/io.containerd.runtime.v2.task')).map((folder) => ({ folder, read: readContainerd })),
  ];
  for (const { folder, read } of folders) {
    if (!isThere(folder)) continue;
    try {
      for (const container of read(folder).slice(0, LIMITS.hostContainersMax)) yield* observe(container, look);
    } catch (error) {
      yield { place: folder, reason: `containers: ${reasonOf(error)}; root sees them` };
    }
  }
}

/** What this user may not enter may be there, which is not the same as nothing. */
function isThere(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES';
  }
}

/** `<id>/config.v2.json` and `hostconfig.json`. */
function readDocker(folder: string): readonly Container[] {
  return readdirSync(folder).toSorted().filter((name) => ID.test(name)).flatMap((id) => {
    const state = documentIn(join(folder, id, 'config.v2.json'));
    if (state === undefined) return [];
    const config = member(state, 'Config');
    const [name, image] = [textOf(state, 'Name')?.replace(/^\//, ''), textOf(config, 'Image')];
    const bindings = member(documentIn(join(folder, id, 'hostconfig.json')), 'PortBindings');
    return [{
      engine: 'docker' as const, id, command: [textOf(state, 'Path') ?? '', ...wordsOf(state['Args'])].filter((word) => word !== ''),
      labels: textsOf(config?.['Labels']), published: publishedIn(bindings), isRunning: member(state, 'State')?.['Running'] === true,
      ...(name !== undefined && { name }), ...(image !== undefined && { image }),
    }];
  });
}

/** `containers.json` lists them; what each runs is in its own `userdata/config.json`, in the form of the OCI runtime. */
function readPodman(folder: string): readonly Container[] {
  const list: Json = JSON.parse(readWhole(join(folder, 'containers.json'), STATE_BYTES));
  return (isArray(list) ? list : []).flatMap((each) => {
    const row = isObject(each) ? each : undefined;
    const id = textOf(row, 'id') ?? '';
    if (!ID.test(id)) return [];
    const said = metadataOf(textOf(row, 'metadata'));
    const spec = specIn(join(folder, id, 'userdata/config.json'));
    const names = wordsOf(row?.['names']);
    const [name, image] = [textOf(said, 'name') ?? names[0], textOf(said, 'image-name')];
    return [{ engine: 'podman' as const, id, published: [], ...spec, ...(name !== undefined && { name }), ...(image !== undefined && { image }) }];
  });
}

function metadataOf(text: string | undefined): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text ?? 'null');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What containerd runs now: a folder each, with its specification; the image is an annotation of it. */
function readContainerd(folder: string): readonly Container[] {
  return readdirSync(folder).toSorted().flatMap((id) => {
    const path = join(folder, id, 'config.json');
    const document = documentIn(path);
    if (document === undefined) return [];
    const notes = textsOf(document['annotations']);
    const image = notes['io.kubernetes.cri.image-name'] ?? notes['nerdctl/image-name'];
    const name = notes['io.kubernetes.cri.container-name'] ?? notes['nerdctl/name'];
    const known = { ...(image !== undefined && { image }), ...(name !== undefined && { name }) };
    return [{ engine: 'containerd' as const, id: basename(id), isRunning: true, published: [], ...specIn(path), ...known }];
  });
}

const ID = /^[0-9a-f]{64}$/;

function specIn(path: string): Pick<Container, 'command' | 'labels'> {
  const document = documentIn(path);
  return { command: wordsOf(member(document, 'process')?.['args']), labels: textsOf(document?.['annotations']) };
}

/** `{"8000/tcp":[{"HostIp":"","HostPort":"8000"}]}`: no address is all addresses. */
function publishedIn(bindings: JsonObject | undefined): Container['published'] {
  return Object.values(bindings ?? {}).flatMap((list) => (isArray(list) ? list : [])).flatMap((each) => {
    const binding = isObject(each) ? each : undefined;
    const port = Number(textOf(binding, 'HostPort'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? [{ address: textOf(binding, 'HostIp') || '0.0.0.0', port }] : [];
  });
}

/** The label by which an image says that it is a server of the registry (registry.modelcontextprotocol.io, ownership of OCI images). */
const SERVER_LABEL = 'io.modelcontextprotocol.server.name';

function* observe(container: Container, look: HostLook): Generator<Observation> {
  const { image, labels, command, id } = container;
  const declared = labels[SERVER_LABEL];
  const inside = command.length === 0 ? undefined : look.unwrap(command, {}).runs;
  const isDeclared = declared !== undefined || Object.keys(labels).some((label) => label === 'toolhive' || label.startsWith('toolhive-'));
  const byCommand = inside?.kind === 'package' ? nameConfidence(inside.ecosystem, inside.name) : inside?.kind === 'remote' ? 95 : 0;
  const confidence = isDeclared ? 95 : Math.max(byCommand, image === undefined ? 0 : nameConfidence('oci', image));
  if (confidence < 50) return;
  const isWide = container.published.some(({ address }) => !/^(?:127\.|::1$)/.test(address));
  const risks: readonly Risk[] = [...(isWide ? ['wide-bind' as const] : []), ...(image !== undefined && !isPinned(image) ? ['unpinned' as const] : [])];
  const version = image === undefined ? undefined : /:([^/:]+)$/.exec(image.replace(/@sha256:.*$/, ''))?.[1];
  const name = declared ?? container.name;
  yield {
    sensor: 'container', kind: 'server', host: look.machine, place: `${container.engine} ${id.slice(0, 12)}`, confidence, risks, seenAt: look.now,
    keys: [
      keyOfContainer(look.machine, id), ...(image === undefined || image.startsWith('sha256:') ? [] : [keyOfPackage('oci', image)]),
      ...container.published.map(({ address, port }) => keyOfListener(look.machine, address, port)),
    ],
    ...(name !== undefined && { name }),
    ...(image !== undefined && { runs: { kind: 'package', ecosystem: 'oci', name: withoutTag(image), ...(version !== undefined && { version }) } }),
    facts: {
      ...(container.name !== undefined && { container: container.name }), ...(container.isRunning !== undefined && { running: container.isRunning }),
      ...(container.published.length > 0 && { published: container.published.map(({ address, port }) => `${address}:${port}`).join(', ') }),
    },
  };
}

function isPinned(image: string): boolean {
  return image.includes('@sha256:');
}

function withoutTag(image: string): string {
  return image.replace(/@sha256:.*$/, '').replace(/:[^/:]+$/, '');
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted().map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function documentIn(path: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(readWhole(path, STATE_BYTES));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function member(of: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = of?.[name];
  return isObject(value) ? value : undefined;
}

function textOf(of: JsonObject | undefined, name: string): string | undefined {
  const value = of?.[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])));
}

function wordsOf(value: Json | undefined): readonly string[] {
  return isArray(value) ? value.filter((word) => typeof word === 'string') : [];
}
