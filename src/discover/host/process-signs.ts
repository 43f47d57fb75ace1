import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Runs, Unwrapped } from '../../domain/runs.ts';
import { sdkInBinary } from '../clues/binary.ts';
import { shownBy } from '../clues/script.ts';
import { nameConfidence } from '../clues/sdks.ts';
import { clientOf } from './client-programs.ts';
import { invocationOf, isInterpreter } from './invocation.ts';
import type { Invocation } from './invocation.ts';
import type { RunningProcess } from './process-table.ts';

/** Takes wrappers off a command. `gates`: programs that are this Sallyport. */
export type Unwrap = (command: readonly string[], around: { readonly cwd?: string; readonly gates?: readonly string[] }) => Unwrapped;

/** What one process is, as far as it alone shows. */
export interface ProcessSigns {
  readonly kind: 'server' | 'client';
  readonly runs: Runs;
  readonly wrappers: readonly string[];
  /** 1..100. */
  readonly confidence: number;
  /** For people: what shows it. */
  readonly by: string;
  readonly invocation: Invocation;
  /** Of the table of clients. */
  readonly client?: string;
}

interface Judged {
  readonly confidence: number;
  readonly by: string;
  readonly kind?: 'client';
}

/** Where wrappers keep what they fetched. */
const FETCHED = /\/_npx\/|\/archive-v0\/|\/bunx-\d+|\/dlx-|\/\.pnpm-store\//;
/** Of what came from whom, when nothing else is known: names of programs make no server by themselves. */
const BY_NAME_MAX = 45;
const BY_PROJECT = 45;
const PROTOCOL = 60;

/** Undefined: nothing of it has to do with the protocol. Reads the files that the process runs; asks the process nothing. */
export function signsOf(process: RunningProcess, unwrap: Unwrap, gates: readonly string[]): ProcessSigns | undefined {
  const invocation = invocationOf(process);
  const { origin, words, script } = invocation;
  const first = process.argv[0] ?? '';
  // By the very file that runs, never by what it is called: anybody can call a program so, and mount another one there.
  if (gates.some((each) => (each === script || each === process.program) && isThisFile(each, process))) return gateSigns(invocation);
  const client = clientOf(process.program, first, origin?.name);
  if (client !== undefined) {
    return { kind: 'client', runs: ranBy(process, invocation), wrappers: [], confidence: 80, by: 'a known client', invocation, client };
  }
  const { runs: unwrapped, wrappers: taken } = unwrap(words, { gates, ...(process.folder !== undefined && { cwd: process.folder }) });
  // What was installed for good was fetched by nobody now.
  const isKept = origin?.isInstalled === true && !FETCHED.test(origin.folder);
  const wrappers = isKept ? taken.filter((each) => each !== 'npx' && each !== 'uvx') : taken;
  if (unwrapped.kind === 'remote') return { kind: 'server', runs: unwrapped, wrappers, confidence: 95, by: 'a bridge to a remote server', invocation };
  const judged = byFiles(process, invocation) ?? byName(unwrapped, invocation, process);
  if (judged === undefined) return undefined;
  const isProject = origin !== undefined && !origin.isInstalled;
  // Its arguments may say that it is the gate; it was found above if it is.
  const runs = isProject || unwrapped.kind === 'program' || unwrapped.kind === 'gate' ? ranBy(process, invocation) : unwrapped;
  return { kind: judged.kind ?? 'server', runs, wrappers, confidence: judged.confidence, by: judged.by, invocation };
}

function isThisFile(path: string, { image, root }: RunningProcess): boolean {
  if (image !== undefined) return false;
  if (root === undefined) return true;
  const here = identityIn('', path);
  return here !== undefined && here === identityIn(root, path);
}

/** Undefined: it is not there, or of another user. */
function identityIn(root: string, path: string): string | undefined {
  try {
    const { dev, ino } = statSync(`${root}${path}`);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** `connect <server>` of this Sallyport; its roles and other commands are no servers. */
function gateSigns(invocation: Invocation): ProcessSigns | undefined {
  const at = invocation.words.indexOf('connect');
  if (at < 0 || at > 3) return undefined;
  const server = invocation.words.slice(at + 1).find((word) => !word.startsWith('-'));
  const runs: Runs = { kind: 'gate', ...(server !== undefined && { server }) };
  return { kind: 'server', runs, wrappers: [], confidence: 95, by: 'goes through the gate', invocation };
}

function ranBy({ argv, program }: RunningProcess, { script, module }: Invocation): Runs {
  const path = program ?? argv[0] ?? '';
  if (script !== undefined) return { kind: 'program', program: path, script };
  return { kind: 'program', program: path, ...(module !== undefined && { script: `-m ${module}` }) };
}

function byFiles(process: RunningProcess, { origin, script, words }: Invocation): Judged | undefined {
  if (origin?.isDeclared === true) return { confidence: 95, by: `its package is published as a server of the protocol` };
  const shown = script === undefined ? undefined : shownBy(`${process.image ?? ''}${script}`);
  if (shown === 'server') return { confidence: 92, by: 'its source makes a server' };
  if (origin?.sdk !== undefined && origin.sdk.role !== 'client') {
    const isNamed = nameConfidence(origin.ecosystem, origin.name) > 0;
    const by = `its package needs ${origin.sdk.name}`;
    // In somebody's project run scripts for many things; what an installed package needs, it needs to run.
    if (!origin.isInstalled && shown === undefined) return { confidence: BY_PROJECT, by };
    if (origin.sdk.role === 'server' || isNamed) return { confidence: 90, by };
    if (shown !== 'client') return { confidence: 70, by };
  }
  if (shown === 'client' || (origin?.sdk?.role === 'client' && origin.isInstalled)) return { confidence: 80, by: 'its source makes a client', kind: 'client' };
  if (shown === 'either') return { confidence: 75, by: 'its source uses a library of the protocol' };
  if (shown === 'protocol') return { confidence: PROTOCOL, by: 'its source names the methods of the protocol' };
  return byBinary(process, words);
}

/** Programs of the system and interpreters are read for nothing: there are hundreds, and what they run is elsewhere. */
function byBinary({ program, image = '', hasTerminal }: RunningProcess, words: readonly string[]): Judged | undefined {
  if (program === undefined || isInterpreter(program) || program.startsWith('/usr/lib') || program.startsWith('/snap/')) return undefined;
  const isHinted = words.slice(0, 4).some((word) => wordsOf(basename(word)).includes('mcp')) || (!hasTerminal && !/^\/(?:usr\/)?s?bin\//.test(program));
  const library = isHinted ? sdkInBinary(`${image}${program}`) : undefined;
  return library === undefined ? undefined : { confidence: 85, by: `the ${library} is compiled into it` };
}

function byName(runs: Runs, { origin, script, module }: Invocation, { program, argv }: RunningProcess): Judged | undefined {
  if (runs.kind === 'package') {
    const confidence = nameConfidence(runs.ecosystem, runs.name);
    return confidence === 0 ? undefined : { confidence, by: `it is called ${runs.name}` };
  }
  const names = [script, module, origin?.name, script === undefined && module === undefined ? program ?? argv[0] : undefined, argv[0]];
  const found = names.find((name) => name !== undefined && nameConfidence('npm', lastParts(name)) > 0);
  return found === undefined ? undefined : { confidence: BY_NAME_MAX, by: 'its name' };
}

/** Of a path, the file and the two folders around it: where a server's name stands. */
function lastParts(path: string): string {
  return path.split('/').filter((part) => !/^(?:dist|build|src|bin|lib|index\.[cm]?[jt]s|main\.\w+)$/.test(part)).slice(-2).join('-');
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().split(/[^a-z0-9]+/);
}
