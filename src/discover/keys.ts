import { createHash } from 'node:crypto';
import { LIMITS } from '../domain/limits.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import type { AssetKey } from '../domain/observation.ts';
import { redact } from '../domain/redacted.ts';
import type { Runs } from '../domain/runs.ts';

type Ecosystem = (Runs & { readonly kind: 'package' })['ecosystem'];

/** A host of a machine's own address is meant: what listens everywhere is reached at loopback, too. */
const ANYWHERE = /^(?:0\.0\.0\.0|\[?::\]?|\*)$/;

/**
 * The key of an address; undefined for what is no http(s) or ws(s) URL. Of a loopback address `machine` is part, and without it
 * there is no key: the same port of two machines is two servers.
 */
export function keyOfUrl(url: string, machine?: string): AssetKey | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(url);
  if (!/^(?:https?|wss?):$/.test(protocol)) return undefined;
  const host = hostname.toLowerCase().replace(/\.$/, '');
  const anywhere = ANYWHERE.test(host);
  // A slash at the end is the commonest way to write one address twice.
  const path = withoutSecrets(pathname).replace(/\/+$/, '') || '/';
  const address = `${protocol}//${anywhere ? '127.0.0.1' : loopbackName(host)}${port === '' ? '' : `:${port}`}${path}`;
  if (!anywhere && !isLoopbackHost(host)) return bounded('url:', address);
  return machine === undefined ? undefined : bounded('url:', `${machineName(machine)}!${address}`);
}

/** Some vendors give each customer an address that is the secret: of what could be one, a path shows a digest. */
export function withoutSecrets(path: string): string {
  return path.replaceAll(/;[^/]*/g, '')
    .replaceAll(/[A-Za-z0-9_=~.%-]{20,}/g, (run) => (/\d/.test(run) && /[A-Za-z]/.test(run) ? `~${digest(run).slice(0, DIGEST_CHARS)}` : run));
}

const DIGEST_CHARS = 12;

/** A program or script that is named by an address, as it may leave: without person, query, and keys in its path. */
export function placeWithoutKeys(place: string): string {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/@]*@)?([^?#]*)/i.exec(place) ?? [];
  return scheme === undefined ? place : `${scheme}${withoutSecrets(rest)}`;
}

/** A line for a shell without what could be secret in it: what is quoted, what is assigned, what hangs on a short option. */
export function lineWithoutSecrets(line: string): string {
  return redact(line).replaceAll(/"[^"]*"?|'[^']*'?/g, QUOTED)
    .replaceAll(/=(?!\s|\[…\])[^\s;|&]+/g, '=[…]').replaceAll(/(?<=\s-[A-Za-z])(?=[^\s]*\d)[^\s=]{3,}/g, '[…]');
}

const QUOTED = '"[…]"';

/** A name seen in DNS, in a handshake, in a connection: weak by itself. */
export function keyOfHost(hostname: string): AssetKey {
  return bounded('host:', hostname.toLowerCase().replace(/\.$/, ''));
}

/** Without a version: every version is the same server. PyPI's names by PEP 503, images without registry defaults, tag and digest. */
export function keyOfPackage(ecosystem: Ecosystem, name: string): AssetKey {
  if (ecosystem === 'pypi') return bounded('package:', `pypi/${name.toLowerCase().replaceAll(/[-_.]+/g, '-')}`);
  if (ecosystem === 'oci') return bounded('package:', `oci/${imageName(name)}`);
  return bounded('package:', `${ecosystem}/${ecosystem === 'npm' || ecosystem === 'nuget' ? name.toLowerCase() : name}`);
}

/** An interpreter is not a server: where it runs a script, the script is the key. */
export function keyOfProgram(machine: string, program: string, script?: string): AssetKey {
  return bounded('program:', `${machineName(machine)}!${script ?? program}`);
}

/** `startedAt`: seconds since the epoch; numbers of processes are used again. */
export function keyOfProcess(machine: string, pid: number, startedAt: number): AssetKey {
  return bounded('process:', `${machineName(machine)}!${pid}!${Math.floor(startedAt)}`);
}

/** `address` as it is bound: one that listens everywhere and one that listens at loopback have the same key where the port is one. */
export function keyOfListener(machine: string, address: string, port: number): AssetKey {
  const host = ANYWHERE.test(address) ? '127.0.0.1' : loopbackName(address.toLowerCase());
  return bounded('listener:', `${machineName(machine)}!${host}:${port}`);
}

export function keyOfContainer(machine: string, id: string): AssetKey {
  return bounded('container:', `${machineName(machine)}!${id.slice(0, 64)}`);
}

/** A client as one person has it on one machine. */
export function keyOfClient(id: string, machine: string, person: string): AssetKey {
  return bounded('client:', `${id}!${machineName(machine)}!${person}`);
}

export function keyOfPerson(person: string): AssetKey {
  return bounded('person:', person);
}

export function keyOfMachine(machine: string): AssetKey {
  return bounded('machine:', machineName(machine));
}

/** A server of the registry, by its id. */
export function keyOfGateServer(id: string): AssetKey {
  return bounded('gate:', id);
}

/**
 * The keys of what a command really runs, on the machine where it does. A line of a shell has none of what it would run: a
 * text is not evaluated; by its digest it is at least known again on that machine.
 */
export function keysOfRuns(runs: Runs, machine: string | undefined): readonly AssetKey[] {
  if (runs.kind === 'remote') return some(keyOfUrl(runs.url, machine));
  if (runs.kind === 'package') return [keyOfPackage(runs.ecosystem, runs.name)];
  if (runs.kind === 'gate') return runs.server === undefined ? [] : [keyOfGateServer(runs.server)];
  if (machine === undefined) return [];
  if (runs.kind === 'program') {
    return [keyOfProgram(machine, placeWithoutKeys(runs.program), runs.script === undefined ? undefined : placeWithoutKeys(runs.script))];
  }
  return [keyOfProgram(machine, lineName(runs.line))];
}

/** Of a line that could hold a secret the rest counts alone: by the digest of all of it a short secret could be tried out. */
function lineName(line: string): string {
  const rest = lineWithoutSecrets(line);
  return rest === line ? `sh:${digest(line)}` : `sh:~${digest(rest)}`;
}

/** Whether two things with this key are alike in all that may be told of them, and perhaps not the same. */
export function isLikeness(key: AssetKey): boolean {
  return /^program:[^!]*!sh:~/.test(key);
}

function some(key: AssetKey | undefined): readonly AssetKey[] {
  return key === undefined ? [] : [key];
}

function loopbackName(host: string): string {
  return isLoopbackHost(host) ? '127.0.0.1' : host;
}

/** In lower case, without what separates the parts of a key. */
function machineName(machine: string): string {
  return machine.toLowerCase().replaceAll('!', '_');
}

/** `docker.io/library/x`, `docker.io/x` and `x` are one image. */
function imageName(name: string): string {
  const untagged = name.toLowerCase().replace(/@sha256:[0-9a-f]+$/, '').replace(/:[^/:]+$/, '');
  return untagged.replace(/^(?:(?:index\.)?docker\.io\/)(?:library\/)?/, '');
}

/** What is longer than a key may be is known by its digest: cut off, two could become one. */
function bounded(prefix: string, rest: string): AssetKey {
  const key = `${prefix}${rest}`;
  return key.length <= LIMITS.assetKeyCharsMax ? key : `${prefix}sha256!${digest(rest)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
