import { dirname } from 'node:path';
import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { imagePackage } from '../runs/packages.ts';
import { publicAddress } from '../runs/address.ts';
import { configuredOf } from './configured.ts';
import type { Source } from './configured.ts';
import type { ReadDocument } from './document.ts';
import { valueAt } from './entries.ts';

/** A form of file that only one client has. */
type SpecialReader = (document: ReadDocument, source: Source, images: ReadonlyMap<string, string>) => readonly ConfiguredServer[];

/** The unpacked `.mcpb` of Claude Desktop: its manifest says what is started, in terms of its own folder. */
const readBundle: SpecialReader = ({ json, locate }, source) => {
  const config = valueAt(json, ['server', 'mcp_config']);
  const name = textAt(json, 'name');
  if (!isObject(config) || name === undefined) return [];
  const folder = dirname(source.file);
  const said: Json = JSON.parse(JSON.stringify(config).replaceAll('${__dirname}', JSON.stringify(folder).slice(1, -1)));
  const server = configuredOf({ name, at: ['server', 'mcp_config'], said }, source, locate(['server', 'mcp_config'])?.startLine ?? 1);
  const version = textAt(json, 'version');
  const { wrappers } = server.runs;
  return [{ ...server, runs: { runs: { kind: 'package', ecosystem: 'mcpb', name, ...(version === undefined ? {} : { version }) }, wrappers } }];
};

/** A run configuration of ToolHive: one container, or one remote server. */
const readToolhive: SpecialReader = ({ json, locate }, source) => {
  const [image, name, address] = [textAt(json, 'image'), textAt(json, 'name') ?? textAt(json, 'base_name'), textAt(json, 'remote_url')];
  if (image === undefined && address === undefined) return [];
  const said: JsonObject = address === undefined ? { command: ['thv', 'run', image ?? ''], env: member(json, 'env_vars') ?? {} } : { url: address };
  const server = configuredOf({ name: name ?? image ?? '', at: [], said }, source, locate(['image'])?.startLine ?? 1);
  return [image === undefined || address !== undefined ? server : { ...server, runs: { runs: imagePackage(image), wrappers: ['thv'] } }];
};

/** What is switched on in Docker's toolkit: names, of which its catalogues know the images. */
const readToolkit: SpecialReader = ({ json, locate }, source, images) => {
  const enabled = member(json, 'registry');
  if (!isObject(enabled)) return [];
  return Object.keys(enabled).map((name) => {
    const known = images.get(name) ?? `mcp/${name}`;
    const isRemote = /^https?:/i.test(known);
    const said: JsonObject = isRemote ? { url: known } : { command: ['docker', 'run', '-i', '--rm', known] };
    const server = configuredOf({ name, at: ['registry', name], said }, source, locate(['registry', name])?.startLine ?? 1);
    return { ...server, runs: { runs: isRemote ? { kind: 'remote', url: publicAddress(known) } : imagePackage(known), wrappers: ['docker mcp'] } };
  });
};

/** Images and addresses by name, of a catalogue of Docker's toolkit. */
export function imagesIn(json: Json): ReadonlyMap<string, string> {
  const listed = member(json, 'registry');
  if (!isObject(listed)) return new Map();
  return new Map(Object.entries(listed).flatMap(([name, one]) => {
    const place = textAt(one, 'image') ?? textAt(member(one, 'remote') ?? null, 'url');
    return place === undefined ? [] : [[name, place] as const];
  }));
}

const SPECIAL: ReadonlyMap<string, SpecialReader> = new Map([
  ['claude-desktop/extension', readBundle], ['toolhive/user', readToolhive], ['docker-mcp-toolkit/user', readToolkit],
]);

/** The reader of a file that is not read as others are. */
export function specialReader({ client, scope }: Pick<Source, 'client' | 'scope'>): SpecialReader | undefined {
  return SPECIAL.get(`${client}/${scope}`);
}

function member(json: Json, name: string): Json | undefined {
  return valueAt(json, [name]);
}

function textAt(json: Json, name: string): string | undefined {
  const value = member(json, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
