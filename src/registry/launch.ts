import { SallyportError } from '../domain/errors.ts';
import type { LaunchSpec, PackagePin, SandboxSpec } from '../domain/server.ts';
import { checkPinned, readPackageCommand } from './packages.ts';
import { sandboxOf } from './sandbox.ts';
import { SANDBOX_SPEC } from './sandbox-shape.ts';
import { isReference, looksSecret, namesSecret, refusedReference } from '../domain/secret-forms.ts';
import { hasHidden, showHidden } from '../domain/hidden.ts';

export const LAUNCH_ALLOWANCES = ['shell', 'inline-code'] as const;
/** What an administrator may allow one server by name; everything else on the list of refusals stays refused. */
export type LaunchAllowance = (typeof LAUNCH_ALLOWANCES)[number];

/** How a server is declared to start, before it is checked. */
export interface LaunchRequest {
  /** Program and arguments; never a line for a shell. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly shared?: boolean;
  /** Absent: nothing but its own package and the system's runtime. */
  readonly sandbox?: SandboxSpec;
  readonly package?: PackagePin;
  readonly allow?: readonly LaunchAllowance[];
  /** A package may be named without an exact version: control finds one before anything is stored. */
  readonly isLoose?: boolean;
}

/** Something an administrator should see before approval; it refuses nothing. Never holds the value. */
export interface LaunchFinding {
  readonly rule: 'launch-secret-in-env' | 'launch-secret-in-arguments';
  readonly at: string;
  readonly message: string;
}

export interface CheckedLaunch {
  readonly launch: LaunchSpec;
  readonly findings: readonly LaunchFinding[];
}

/**
 * Makes the closed launch type (invariant 9) out of a declared command. Throws `ERR_LAUNCH_UNPINNED` (fetches a program
 * without an exact version) and `ERR_LAUNCH_FORBIDDEN` (a shell, code in the arguments, a wrapper that hides the program).
 */
export function checkLaunch(request: LaunchRequest): CheckedLaunch {
  const [command, ...args] = request.command;
  if (command === undefined || command.trim() === '') {
    throw forbidden('there is no program to start', 'name a program as the first item of the command');
  }
  for (const word of request.command) {
    if (word.includes('\0')) throw forbidden('an argument holds a NUL', 'remove it');
    if (hasHidden(word.replaceAll('\n', ''))) {
      throw forbidden('an argument holds characters that cannot be seen', 'remove them: an approver cannot judge them');
    }
  }
  const program = programOf(command);
  const allow = new Set(request.allow);
  checkProgram(program, args, allow);
  if (request.isLoose === true) readPackageCommand(request.command);
  else checkPinned(request.command);
  const env = request.env ?? {};
  checkReferences(env);
  checkLoaders(env, allow);
  checkSources(program, env);
  const { cwd, shared = false, package: pin } = request;
  return {
    launch: {
      command, args, env, ...(cwd !== undefined && { cwd }), shared,
      sandbox: checkedSandbox({ command, args, ...(cwd !== undefined && { cwd }) }, request.sandbox), ...(pin !== undefined && { package: pin }),
    },
    findings: [...secretsInEnv(env), ...secretsInArguments(args)],
  };
}

function checkedSandbox(launch: Pick<LaunchSpec, 'command' | 'args' | 'cwd'>, declared: SandboxSpec | undefined): SandboxSpec {
  const sandbox = sandboxOf(launch, declared);
  const { error } = SANDBOX_SPEC.safeParse(sandbox, { reportInput: false });
  if (error === undefined) return sandbox;
  const [issue] = error.issues;
  const message = `its sandbox would hold what no server gets: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  throw forbidden(message, 'name its program, folders and limits otherwise');
}

/** The exact argument vector, as a shell would need it quoted; nothing that cannot be seen stays unseen. */
export function renderArgv(launch: Pick<LaunchSpec, 'command' | 'args'>): string {
  return [launch.command, ...launch.args].map(quoteArgument).join(' ');
}

function quoteArgument(word: string): string {
  const shown = showHidden(word).replaceAll('\n', '<U+000A>');
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}

/** `/usr/bin/python3.12`, `Python.exe` → `python`. */
function programOf(command: string): string {
  const base = command.split(/[/\\]/).at(-1) ?? '';
  return base.toLowerCase().replace(/\.(?:exe|cmd|bat|ps1)$/, '').replace(/^((?:python|pypy|ruby|perl|php|node|lua)\D*?)[\d.]*$/, '$1');
}

const SHELLS = new Set('sh bash zsh dash ash ksh mksh fish csh tcsh cmd powershell pwsh busybox nu xonsh'.split(' '));
/** Programs that start another program: with them in front, what really starts would not be checked. */
const WRAPPERS = new Set(
  'env sudo doas su nohup timeout nice ionice setsid stdbuf xargs time script unshare chroot flock exec start watch ssh'.split(' '),
);
/** Options by which an interpreter takes code from its arguments, alone or within a bundle of letters. */
const INLINE: Readonly<Record<string, RegExp>> = {
  node: /^(?:-[a-z]*[ep][a-z]*|--eval|--print|--import|--require|-r|--loader|--experimental-loader)(?:=|$)/,
  nodejs: /^(?:-[a-z]*[ep][a-z]*|--eval|--print|--import|--require|-r)(?:=|$)/,
  bun: /^(?:-e|--eval|-p|--print|-r|--preload|--import)(?:=|$)/,
  deno: /^eval$/,
  python: /^-[A-Za-z]*c/,
  pypy: /^-[A-Za-z]*c/,
  perl: /^-[A-Za-z0-9]*[eEM]/,
  ruby: /^-[A-Za-z]*[er]/,
  php: /^(?:-[a-z]*[rBRE]|--run)/,
  lua: /^-[el]/,
  osascript: /^-[a-z]*e/,
  awk: /^[^-]/,
};

function checkProgram(program: string, args: readonly string[], allow: ReadonlySet<LaunchAllowance>): void {
  if (SHELLS.has(program) && !allow.has('shell')) {
    const remedy = 'name the program itself, with its arguments as a list (or allow: [shell])';
    throw forbidden(`${program} is a shell: what it starts could not be checked`, remedy);
  }
  if (WRAPPERS.has(program)) {
    throw forbidden(`${program} starts another program that could not be checked`, 'name that program itself; variables go under env');
  }
  const line = /^(?:npx|npm|pnpx|pnpm|bunx)$/.test(program) && args.some((word) => /^(?:-c|--call|--shell-mode)(?:=|$)/.test(word));
  if (line && !allow.has('shell')) {
    throw forbidden(`${program} is told to run a line in a shell`, 'name the package with an exact version, and its arguments as a list');
  }
  const inline = INLINE[program];
  // Options of the interpreter end at the script's name; what comes after belongs to the script.
  const script = args.findIndex((word) => !word.startsWith('-'));
  const own = program === 'deno' || program === 'awk' ? args.slice(0, 1) : args.slice(0, script < 0 ? args.length : script + 1);
  if (inline && own.some((word) => inline.test(word)) && !allow.has('inline-code')) {
    throw forbidden(`${program} is given code in its arguments`, 'put the code in a file that can be reviewed (or allow: [inline-code])');
  }
  const addressed = args.slice(0, Math.max(script, 1) + 1).some((word) => /^(?:https?|data|npm|jsr):/i.test(word));
  if (inline && addressed) {
    throw new SallyportError('ERR_LAUNCH_UNPINNED', `${program} is told to run a program from an address`, {
      remedy: 'install the program at an exact version and name its file',
    });
  }
}

/** A reference that can't be resolved would reach the process as it is written, and the server would take it for its secret. */
function checkReferences(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    const remedy = refusedReference(value);
    if (remedy !== undefined) throw forbidden(`the variable ${name} refers to a secret that can't be had`, remedy);
  }
}

/** Variables that make a loader or an interpreter run further code before the program that was named; where it takes other options too, by which. */
const LOADERS: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/^(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|BASH_ENV|PERL5OPT|RUBYOPT|PYTHONSTARTUP)$/, /./s],
  [/^(?:NODE_OPTIONS|BUN_OPTIONS|npm_config_node_options)$/i, /(?:^|[\s"'])(?:-[ep]|-r|--(?:eval|print|require|import|preload|loader|experimental-loader))/],
  [/^(?:JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS)$/, /-(?:javaagent|agentlib|agentpath|Xbootclasspath)/],
  [/^npm_config_(?:script_shell|git|userconfig|globalconfig)$/i, /./s],
];

/** What is refused in the arguments must not come in by the environment. */
function checkLoaders(env: Readonly<Record<string, string>>, allow: ReadonlySet<LaunchAllowance>): void {
  if (allow.has('inline-code')) return;
  for (const [name, value] of Object.entries(env)) {
    if (LOADERS.some(([variable, loads]) => variable.test(name) && loads.test(value))) {
      throw forbidden(`the variable ${name} loads further code into the program`, 'leave it away (or allow: [inline-code])');
    }
  }
}

const PACKAGE_RUNNER = /^(?:npx|npm|pnpx|pnpm|yarn|bunx|bun|uvx|uv|pipx)$/;
const SOURCE = /^(?:(?:npm|bun)_config_(?:.*registry|proxy|https_proxy|strict_ssl|cafile)|(?:uv|pip)_(?:.*index.*|find_links|.*_host))$/i;

/** An exact version says nothing where a variable says whose version it is. */
function checkSources(program: string, env: Readonly<Record<string, string>>): void {
  const source = PACKAGE_RUNNER.test(program) ? Object.keys(env).find((name) => SOURCE.test(name)) : undefined;
  if (source === undefined) return;
  const remedy = 'set the registry for the whole machine, in the settings of its package manager';
  throw forbidden(`the variable ${source} changes where the package comes from`, remedy);
}

function secretsInEnv(env: Readonly<Record<string, string>>): readonly LaunchFinding[] {
  return Object.entries(env).flatMap(([name, value]) =>
    looksSecret(name, value)
      ? [{ rule: 'launch-secret-in-env', at: name, message: `${name} looks like a secret; write env:NAME or file:/path` } as const]
      : [],
  );
}

function secretsInArguments(args: readonly string[]): readonly LaunchFinding[] {
  return args.flatMap((word, index) => {
    const [option = '', inline] = word.startsWith('-') ? word.split(/=(.*)/s) : ['', undefined];
    const before = args[index - 1] ?? '';
    const ofOption = before.startsWith('-') && !before.includes('=') && !word.startsWith('-') && namesSecret(before);
    const found = inline === undefined ? (ofOption && !isReference(word)) || looksSecret(headerName(word), word) : looksSecret(option, inline);
    const message = `argument ${index + 1} looks like a secret; everyone on the machine can read arguments, give it by env`;
    return found ? [{ rule: 'launch-secret-in-arguments', at: String(index + 1), message } as const] : [];
  });
}

/** `Authorization: Bearer …` as one argument. */
function headerName(word: string): string {
  return /^([A-Za-z-]+):\s*\S/.exec(word)?.[1] ?? '';
}

function forbidden(message: string, remedy: string): SallyportError {
  return new SallyportError('ERR_LAUNCH_FORBIDDEN', message, { remedy });
}
