import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { readPlaces } from '../control/manifest/places.ts';
import { parseManifest } from '../registry/manifest.ts';
import { checkDeclared } from '../roles/own-files.ts';
import { superviseRoles, type Supervisor, type UpEvent } from '../roles/up.ts';
import { readArguments } from './arguments.ts';
import type { Command, Io } from './command.ts';
import { homeFolder } from './home.ts';
import { plain } from './terminal.ts';

export const command: Command = {
  name: 'up',
  summary: 'Starts the gate: ledger, control, runner, egress and gateway, each a process of its own in a jail',
  usage: 'up [-f sallyport.yaml [--watch]] [--listen HOST:PORT] [--control-listen HOST:PORT] [--link-listen HOST:PORT]'
    + ' [--insecure-loopback] [--strict] [--unjailed] [--lease 60s]',
  async run(args, io) {
    const options = readArguments(command, args, {
      file: { type: 'string', short: 'f' },
      watch: { type: 'boolean' },
      listen: { type: 'string' },
      'control-listen': { type: 'string' },
      'link-listen': { type: 'string' },
      'insecure-loopback': { type: 'boolean' },
      strict: { type: 'boolean' },
      unjailed: { type: 'boolean' },
      lease: { type: 'string' },
    });
    // Who reads the messages may leave; the gate goes on.
    process.stderr.on('error', () => undefined);
    const own = resolve(io.cwd, 'sallyport.yaml');
    const file = options.text('file') ?? (existsSync(own) ? own : undefined);
    const home = homeFolder(io.env, options.home);
    const supervisor = await startAll(io, {
      home,
      ...(file === undefined ? {} : { manifest: resolve(io.cwd, file) }),
      listen: options.text('listen'),
      controlListen: options.text('control-listen'),
      linkListen: options.text('link-listen'),
      insecureLoopback: options.flag('insecure-loopback'),
      strict: options.flag('strict'),
      unjailed: options.flag('unjailed'),
      lease: options.text('lease'),
      watch: options.flag('watch'),
      onEvent: (event) => io.note(options.json ? JSON.stringify(event) : describe(event)),
      onWarning: (line) => io.note(line),
    });
    const [gate, control] = (['gateway', 'control'] as const).map((role) => plain(String(supervisor.detail(role)['url'])));
    io.note(`The gate is up at ${String(gate)}, control at ${String(control)}, its state in ${home}. Stop it with Ctrl-C.`);
    await untilAborted(io.signal);
    await supervisor.stop();
    return 0;
  },
};

export interface StartOptions {
  readonly home: string;
  readonly manifest?: string;
  readonly listen?: string | undefined;
  readonly controlListen?: string | undefined;
  /** Where control hears roles and sensors of other machines; absent: nowhere. */
  readonly linkListen?: string | undefined;
  readonly insecureLoopback: boolean;
  readonly strict: boolean;
  /** How long gateways go on deciding when control is away, as it is typed. */
  readonly lease?: string | undefined;
  readonly unjailed?: boolean;
  /** The manifest takes effect whenever it is changed. */
  readonly watch?: boolean;
  readonly onEvent: (event: UpEvent) => void;
  /** What is weaker here than it should be, for the person who starts it. */
  readonly onWarning: (line: string) => void;
}

/** What is true where the kernel keeps nobody in: said in full, because nothing else shows it. */
const WEAKER = 'The roles run as plain processes of one user: who breaks into one can read the keys and files of all of them, the vault\'s included, '
  + 'trace them, and reach the network. Local servers are refused, unless the manifest says { runner: { unjailed: accepted } }.';
const UNCONFINED = 'Local servers are refused, unless the manifest says { runner: { unjailed: accepted } }. Roles run in their jails.';

/** Starts the five roles over a state folder; what the manifest says of the listener holds unless the command line says otherwise. */
export async function startAll(io: Pick<Io, 'env' | 'signal'>, options: StartOptions): Promise<Supervisor> {
  makeHome(options.home);
  if (options.manifest !== undefined) await checkDeclared(options.manifest);
  // Once something is in force, the file alone says nothing.
  const kept = options.watch === true ? undefined : readPlaces(options.home);
  const declared = kept ?? declaredListen(options.manifest);
  const listen = options.listen ?? declared.gateway ?? '127.0.0.1:7443';
  // A gate on whatever port is free has its control on one too.
  const controlListen = options.controlListen ?? declared.control ?? (listen.endsWith(':0') ? '127.0.0.1:0' : '127.0.0.1:7444');
  const insecure = options.insecureLoopback ? ['--insecure-loopback'] : [];
  const link = options.linkListen === undefined ? [] : ['--link-listen', options.linkListen];
  return superviseRoles({
    home: options.home,
    env: io.env,
    onEvent: options.onEvent,
    onJails: (support) => {
      if (support.kind === 'none') options.onWarning(`NO JAILS: ${support.why}. ${WEAKER} Remedy: ${support.remedy}`);
      else if (!support.nests) options.onWarning(`NO SANDBOXES: a jail in a jail can't be made here. ${UNCONFINED}`);
    },
    unjailed: options.unjailed === true,
    signal: io.signal,
    roleArguments: {
      ledger: options.strict ? ['--strict'] : [],
      control: [...followed(options), '--listen', controlListen, ...link, ...insecure, ...(options.lease === undefined ? [] : ['--lease', options.lease])],
      gateway: ['--listen', listen, ...insecure],
    },
  });
}

function followed({ manifest, watch = false }: StartOptions): readonly string[] {
  return manifest === undefined ? [] : ['--manifest', manifest, ...(watch ? ['--watch'] : [])];
}

/** Resolves when the person or system asked for the end. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}

function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    accessSync(home, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const remedy = 'Name a folder that this user may write with --home, or set SALLYPORT_HOME.';
    throw new SallyportError('ERR_FILE_UNREADABLE', `the state folder ${home} can't be written`, { remedy, cause });
  }
}

/** A manifest that says something wrong is control's to report, with line and remedy; here only the addresses are wanted. */
function declaredListen(file: string | undefined): { readonly gateway?: string | undefined; readonly control?: string | undefined } {
  if (file === undefined) return {};
  try {
    const { gateway, control } = parseManifest(readFileSync(file, 'utf8'), file);
    return { gateway: gateway?.listen, control: control?.listen };
  } catch (fault) {
    if (fault instanceof SallyportError) return {};
    throw new SallyportError('ERR_FILE_UNREADABLE', `${file} can't be read`, { remedy: 'Name the manifest with -f.', cause: fault });
  }
}

function describe({ role, event, pid, code, error, granted = [], refused = [] }: UpEvent): string {
  const why = error === undefined ? '' : `: ${error.code} ${plain(error.message)}`;
  const jail = `${granted.length === 0 ? '' : `; the settings give it ${granted.map((one) => plain(one)).join(', ')}`}${
    refused.length === 0 ? '' : `; it is NOT given ${refused.map((one) => plain(one)).join(', ')}`}`;
  return `${role.padEnd(8)} ${event}${pid === undefined ? '' : ` (pid ${pid})`}${code === undefined ? '' : `, exit code ${code}`}${why}${jail}`;
}
