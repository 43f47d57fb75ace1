import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { SEVERITIES } from '../domain/finding.ts';
import type { Json } from '../domain/json.ts';
import { renderArgv } from '../registry/launch.ts';
import { usageError } from './arguments.ts';
import type { Command } from './command.ts';
import { withProgress } from './progress.ts';
import { judge, rankOf } from './scan/judge.ts';
import type { ScanFinding } from './scan/judge.ts';
import { readLive } from './scan/live.ts';
import { toSarif } from './scan/sarif.ts';
import { readFileSources } from './scan/sources.ts';
import type { Sources } from './scan/sources.ts';
import { saidIn, toTarget } from './scan/target.ts';
import { plain, table } from './terminal.ts';
import { callOf } from './verbs.ts';
import type { Call } from './verbs.ts';

const OPTIONS = {
  url: { type: 'string' }, header: { type: 'string', multiple: true }, command: { type: 'boolean' }, connect: { type: 'boolean' },
  sarif: { type: 'boolean' }, 'fail-on': { type: 'string' }, all: { type: 'boolean' },
} as const;
/** Something was found that is as bad as --fail-on says; 1 is a fault, 2 a typing error. */
const FOUND = 3;
const SCAN_VERSION = '1.0.0';

export const command: Command = {
  name: 'scan',
  summary: 'Look at what MCP servers say of themselves with every definition detector; for people and for CI',
  usage: `scan FILE [--connect] [--command]    a tools/list result, or a client's configuration (offline unless you say so)
scan SERVER                          what a server of this gate says
scan --url URL [--header NAME:VALUE]...
scan --command -- COMMAND ARGUMENT...    starts it on this machine, as you, without a sandbox
    all: [--json | --sarif] [--all] [--fail-on low|medium|high|critical|never]`,
  async run(args, io) {
    const call = callOf(command, args, OPTIONS, io);
    const threshold = thresholdOf(call);
    const { targets, findings, skipped } = await withProgress(io, 'scanning', () => sourcesOf(call));
    const found = [...findings, ...judge(targets)];
    const failing = found.filter(({ severity }) => threshold !== undefined && rankOf(severity) >= threshold);
    if (call.options.flag('sarif')) io.out(`${JSON.stringify(toSarif(found, SCAN_VERSION), undefined, 2)}\n`);
    else if (call.options.json) io.out(`${JSON.stringify(asJson(targets, found, skipped), undefined, 2)}\n`);
    else io.out(describe(targets, found, skipped, call.options.flag('all')));
    return failing.length > 0 ? FOUND : 0;
  },
};

/** The rank from which on findings fail the scan; high unless said otherwise. */
function thresholdOf({ options }: Call): number | undefined {
  const said = options.text('fail-on') ?? 'high';
  if (said === 'never') return undefined;
  const severity = SEVERITIES.find((each) => each === said);
  if (severity === undefined) throw usageError(command, `--fail-on is never or one of ${SEVERITIES.join(', ')}`);
  return rankOf(severity);
}

async function sourcesOf(call: Call): Promise<Sources> {
  const { options, io, need } = call;
  const url = options.text('url');
  if (url !== undefined) return one(toTarget(hostOf(url), url, await readLive({ url, headers: headersOf(options.list('header')) })));
  const first = need(0, 'what to scan');
  if (options.flag('command') && (options.positionals.length > 1 || !existsSync(resolve(io.cwd, first)))) {
    const [program = '', ...rest] = options.positionals;
    io.note(`starting ${plain(renderArgv({ command: program, args: rest }))} on this machine, as you, without a sandbox`);
    return one(toTarget(program.split('/').at(-1) ?? program, program, await readLive({ command: program, args: rest, env: {}, cwd: io.cwd })));
  }
  const file = resolve(io.cwd, first);
  if (/[./\\]/.test(first) || existsSync(file)) {
    if (options.flag('command')) io.note('starting the local commands of this file on this machine, as you, without a sandbox');
    const sources = await readFileSources(file, { connect: options.flag('connect'), command: options.flag('command') });
    // Code hosts show findings beside a file that they know: its path as it was typed.
    return { ...sources, targets: sources.targets.map((target) => (target.from === file ? { ...target, from: first } : target)) };
  }
  const answer = await call.client.get(`/servers/${encodeURIComponent(first)}/definitions`);
  const said = saidIn(answer);
  if (said === undefined) throw new SallyportError('ERR_CONFLICT', 'nothing is known of what the server says',
    { remedy: `Run \`sallyport server scan ${plain(first)}\` first.` });
  return one(toTarget(first, `mcp/${first}`, said));
}

function one(target: Sources['targets'][number]): Sources {
  return { targets: [target], findings: [], skipped: [] };
}

function hostOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw usageError(command, '--url is no http or https URL');
  return new URL(url).hostname;
}

function headersOf(list: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(list.map((line) => {
    const colon = line.indexOf(':');
    if (colon < 1) throw usageError(command, '--header is NAME:VALUE');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  }));
}

function countsOf(targets: Sources['targets']): readonly (readonly [string, number])[] {
  return targets.map(({ name, surface }) => [name, surface.tools.length + surface.prompts.length + surface.templates.length]);
}

function asJson(targets: Sources['targets'], found: readonly ScanFinding[], skipped: Sources['skipped']): Json {
  return {
    servers: targets.map(({ name, from, surface }) => ({
      name, from, tools: surface.tools.length, prompts: surface.prompts.length, resourceTemplates: surface.templates.length,
    })),
    findings: found.map((finding) => ({ ...finding })),
    skipped: skipped.map((entry) => ({ ...entry })),
  };
}

function describe(targets: Sources['targets'], found: readonly ScanFinding[], skipped: Sources['skipped'], all: boolean): string {
  // A lone shouted word or a named address is a sign for the sum, no news by itself.
  const shown = all ? found : found.filter(({ severity }) => severity !== 'info');
  const rows = shown.map(({ severity, rule, server, item, message, excerpt }) => [severity, rule, item === '' ? server : `${server}/${item}`, message,
    excerpt]);
  const more = found.length - shown.length;
  return [
    shown.length === 0 ? '' : table(['severity', 'finding', 'where', 'what it means', 'in its words'], rows),
    ...countsOf(targets).map(([name, count]) => `${plain(name)}: ${count} definitions looked at\n`),
    ...skipped.map(({ name, reason }) => `${plain(name)}: not looked at: ${plain(reason)}\n`),
    shown.length === 0 ? 'Nothing found.\n' : `${shown.length} findings.\n`,
    more === 0 ? '' : `${more} weak signs are not shown (--all).\n`,
  ].join('');
}

