import { isLoopbackHost } from '../../domain/loopback.ts';
import { redactDetail } from '../../domain/redacted.ts';
import type { AssetKey, Observation, Risk } from '../../domain/observation.ts';
import { keyOfContainer, keyOfListener, keyOfProcess, keyOfProgram, keysOfRuns } from '../keys.ts';
import { publicRuns } from '../public-runs.ts';
import type { HostTable, ListeningSocket, RunningProcess } from './process-table.ts';
import { signsOf } from './process-signs.ts';
import type { ProcessSigns, Unwrap } from './process-signs.ts';

/** What the look at a host needs of others. */
export interface HostLook {
  /** The machine's name. */
  readonly machine: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly unwrap: Unwrap;
  /** Programs and scripts that are this Sallyport, absolute. */
  readonly gates: readonly string[];
  /** The name of a user of this machine. */
  readonly userName: (user: number) => string | undefined;
  /** Ids of the advisories that a version of a package is affected by. */
  readonly advisoriesFor: (ecosystem: string, name: string, version: string) => readonly string[];
}

interface Sighting {
  readonly process: RunningProcess;
  readonly signs: ProcessSigns;
  readonly keys: readonly AssetKey[];
  /** The client that started it. */
  readonly startedBy?: string;
}

/** What is less sure than this is not told: names alone make no asset. */
const CONFIDENCE_MIN = 50;
const ANCESTORS_MAX = 12;

/** The servers and clients that run here, and what listens for them: one observation a server, whatever chain of wrappers started it. */
export function observeProcesses(table: HostTable, look: HostLook): readonly Observation[] {
  const byPid = new Map(table.processes.map((each) => [each.pid, each]));
  const signs = new Map(table.processes.flatMap((each) => {
    const found = signsOf(each, look.unwrap, look.gates);
    return found === undefined ? [] : [[each.pid, found] as const];
  }));
  const ancestorsOf: AncestorsOf = (pid) => ancestors(pid, byPid);
  const listens = new Set(table.sockets.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
  const sightings = [...signs].flatMap(([pid, found]): readonly Sighting[] => {
    const process = byPid.get(pid);
    if (process === undefined) return [];
    const startedBy = ancestorsOf(pid).map((each) => signs.get(each)?.client).find((each) => each !== undefined);
    const sure = surer(found, process, startedBy, listens.has(pid));
    return [{ process, signs: { ...found, confidence: sure }, keys: keysOf(process, found, look.machine), ...(startedBy !== undefined && { startedBy }) }];
  });
  const told = sightings.filter((each) => each.signs.confidence >= CONFIDENCE_MIN && !isInnerClient(each, signs, ancestorsOf));
  const groups = groupChains(told.map((each) => asItsChild(each, told, ancestorsOf)), ancestorsOf);
  return [
    ...groups.map((group) => observe(group, look)),
    ...table.sockets.flatMap((socket) => {
      const group = groups.find((each) => each.some(({ process, signs: { kind } }) => process.pid === socket.pid && kind === 'server'));
      return group === undefined ? [] : [observeListener(socket, group, look)];
    }),
  ];
}

/** The nearest first. */
type AncestorsOf = (pid: number) => readonly number[];

function ancestors(pid: number, byPid: ReadonlyMap<number, RunningProcess>): readonly number[] {
  const found: number[] = [];
  for (let parent = byPid.get(pid)?.parent; parent !== undefined && parent > 1 && found.length < ANCESTORS_MAX; parent = byPid.get(parent)?.parent) {
    if (found.includes(parent)) break;
    found.push(parent);
  }
  return found;
}

/** A client that has it on a line of pipes makes a name a server; so does that it listens, for what names the protocol's methods. */
function surer({ kind, confidence, by }: ProcessSigns, { isPiped, hasTerminal }: RunningProcess, startedBy: string | undefined, listens: boolean): number {
  if (kind === 'client') return confidence;
  const isOnLine = startedBy !== undefined && isPiped === true && !hasTerminal;
  const more = isOnLine ? 15 : listens && by !== 'its name' ? 10 : 0;
  return Math.min(98, confidence + more);
}

function keysOf(process: RunningProcess, { runs, invocation: { origin } }: ProcessSigns, machine: string): readonly AssetKey[] {
  const { pid, startedAt, container, image } = process;
  // Paths of an image's files are no paths of this machine.
  const isHere = image === undefined || runs.kind !== 'program';
  // Each `sallyport connect` is of Sallyport's own folder, and another server.
  const isProject = origin !== undefined && !origin.isInstalled && image === undefined && runs.kind !== 'gate';
  const project = isProject ? [keyOfProgram(machine, origin.folder)] : [];
  return [
    keyOfProcess(machine, pid, startedAt), ...(isHere ? [...keysOfRuns(runs, machine), ...project] : []),
    ...(container === undefined ? [] : [keyOfContainer(machine, container)]),
  ];
}

/** Helpers of a client are that client. */
function isInnerClient({ process, signs: { client } }: Sighting, signs: ReadonlyMap<number, ProcessSigns>, ancestorsOf: AncestorsOf): boolean {
  return client !== undefined && ancestorsOf(process.pid).some((pid) => signs.get(pid)?.client === client);
}

/** A wrapper is told a name, which may be a command's; the package that it started says its own. */
function asItsChild(wrapper: Sighting, all: readonly Sighting[], ancestorsOf: AncestorsOf): Sighting {
  const { process, signs, keys } = wrapper;
  if (signs.runs.kind !== 'package' || signs.invocation.origin !== undefined) return wrapper;
  const child = all.find((each) => each.signs.invocation.origin?.isInstalled === true && ancestorsOf(each.process.pid).includes(process.pid));
  if (child === undefined) return wrapper;
  const own = keys.filter((key) => key.startsWith('process:'));
  const its = child.keys.filter((key) => !key.startsWith('process:'));
  return { ...wrapper, keys: [...own, ...its], signs: { ...signs, confidence: Math.min(signs.confidence, child.signs.confidence - 1) } };
}

/** A wrapper and what it started are one server: they are of one chain, and share what they run. */
function groupChains(sightings: readonly Sighting[], ancestorsOf: AncestorsOf): readonly (readonly Sighting[])[] {
  const groups: Sighting[][] = [];
  for (const sighting of sightings.toSorted((a, b) => ancestorsOf(a.process.pid).length - ancestorsOf(b.process.pid).length)) {
    const above = new Set(ancestorsOf(sighting.process.pid));
    const shared = groups.find((group) => group.some(({ process, keys, signs: { kind } }) =>
      above.has(process.pid) && kind === sighting.signs.kind && keys.some((key) => !key.startsWith('process:') && sighting.keys.includes(key))));
    if (shared === undefined) groups.push([sighting]);
    else shared.push(sighting);
  }
  return groups;
}

function observe(group: readonly Sighting[], look: HostLook): Observation {
  const surest = group.reduce((best, each) => (each.signs.confidence >= best.signs.confidence ? each : best));
  const { process, signs, startedBy } = surest;
  const { origin } = signs.invocation;
  const user = look.userName(process.user);
  const advisories = advisoriesOf(signs, look);
  const wrappers = [...new Set(group.flatMap((each) => each.signs.wrappers))];
  const client = signs.client ?? startedBy;
  const version = origin?.version;
  return {
    sensor: 'process', kind: signs.kind, host: look.machine, place: `pid ${process.pid}`, keys: [...new Set(group.flatMap(({ keys }) => keys))],
    ...(origin !== undefined && { name: origin.name }),
    runs: publicRuns(signs.runs), confidence: signs.confidence, risks: [...risksOf(group, wrappers), ...(advisories.length > 0 ? ['advisory' as const] : [])],
    ...(client !== undefined && { client }),
    ...(user !== undefined && { person: `${user}@${look.machine}` }),
    facts: {
      by: signs.by, user: user ?? process.user, startedAt: process.startedAt,
      ...(wrappers.length > 0 && { wrappers: wrappers.join(', ') }),
      ...(group.length > 1 && { processes: group.map((each) => each.process.pid).join(', ') }),
      ...(version !== undefined && { version }),
      ...(origin?.sdk?.version !== undefined && { sdk: `${origin.sdk.name} ${origin.sdk.version}` }),
      ...(advisories.length > 0 && { advisories: advisories.join(', ') }),
      ...(process.container !== undefined && { container: process.container.slice(0, 12) }),
    },
    seenAt: look.now,
  };
}

function advisoriesOf({ invocation: { origin } }: ProcessSigns, { advisoriesFor }: HostLook): readonly string[] {
  if (origin === undefined) return [];
  const { ecosystem, name, version, sdk } = origin;
  return [
    ...(version === undefined || !origin.isInstalled ? [] : advisoriesFor(ecosystem, name, version)),
    ...(sdk?.version === undefined ? [] : advisoriesFor(ecosystem, sdk.name, sdk.version)),
  ];
}

const FETCHES = new Set(['npx', 'bunx', 'pnpm', 'pnpx', 'yarn', 'uvx', 'pipx', 'npm', 'uv']);

function risksOf(group: readonly Sighting[], wrappers: readonly string[]): readonly Risk[] {
  const isOpen = group.some(({ process }) => process.argv.some((word, at) => isSecretWord(word, process.argv[at - 1])));
  // What its wrapper was told, before the file that it chose.
  const [outer] = group;
  const isUnpinned = outer?.signs.runs.kind === 'package' && outer.signs.runs.version === undefined;
  return [
    ...(wrappers.some((each) => FETCHES.has(each)) ? ['remote-fetch' as const] : []),
    ...(isUnpinned ? ['unpinned' as const] : []),
    ...(isOpen ? ['secret-in-clear' as const] : []),
    ...(group.some(({ signs }) => signs.runs.kind === 'shell') ? ['shell' as const] : []),
    ...(group.some(({ signs: { runs } }) => runs.kind === 'remote' && isCleartext(runs.url)) ? ['cleartext' as const] : []),
  ];
}

function isCleartext(url: string): boolean {
  return /^(?:http|ws):\/\//i.test(url) && URL.canParse(url) && !isLoopbackHost(new URL(url).hostname);
}

/** Every user of a machine can read the arguments of every process. */
function isSecretWord(word: string, before: string | undefined): boolean {
  const whole = before !== undefined && /^--?[\w-]+$/.test(before) && !word.startsWith('-') ? `${before}=${word}` : word;
  const shown: unknown = redactDetail(whole);
  return typeof shown === 'string' && shown.includes('[…]') && !/\$\{|\$[A-Z_]/.test(word);
}

const LOOPBACK = /^(?:127\.|::1$)/;

function observeListener({ address, port, isApart, pid }: ListeningSocket, group: readonly Sighting[], look: HostLook): Observation {
  const process = observe(group, look);
  const isWide = !isApart && !LOOPBACK.test(address);
  const keys = [...(isApart ? [] : [keyOfListener(look.machine, address, port)]), ...process.keys];
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return {
    ...process, sensor: 'listener', kind: 'server', place, keys, risks: isWide ? ['wide-bind'] : [],
    facts: { address, port, ...(pid !== undefined && { pid }), ...(isApart && { network: 'of its container' }) },
  };
}
