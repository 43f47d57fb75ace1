import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { renderArgv } from '../registry/launch.ts';
import { usageError } from './arguments.ts';
import { jsonText } from './command.ts';
import type { Command } from './command.ts';
import { withProgress } from './progress.ts';
import { judge, rankOf } from './scan/judge.ts';
import { FOUND, thresholdOf, UNREAD } from './scan/threshold.ts';
import { asJson, asTable } from './scan/show.ts';
import { toSarif } from './scan/sarif.ts';
import { publicUrl, readFileSources, readServer } from './scan/sources.ts';
import type { Allowed, Skipped, Sources } from './scan/sources.ts';
import { saidIn, toTarget } from './scan/target.ts';
import { plain, readSpan } from './terminal.ts';
import { callOf } from './verbs.ts';
import type { Call } from './verbs.ts';

const OPTIONS = {
  url: { type: 'string' }, header: { type: 'string', multiple: true }, command: { type: 'boolean' }, connect: { type: 'boolean' }, start: { type: 'boolean' },
  as: { type: 'string', multiple: true }, timeout: { type: 'string' }, sarif: { type: 'boolean' }, 'fail-on': { type: 'string' }, all: { type: 'boolean' },
} as const;
const BAD_INPUT = 5;
const TOOL = {
  name: 'sallyport scan', version: '1.0.0', help: 'A finding is a reason to read the definition, not a verdict; see docs/scan.md.',
};

export const command: Command = {
  name: 'scan',
  summary: 'Look at what MCP servers say of themselves with every definition detector; for people and for CI',
  usage: `scan FILE [--connect] [--start]     a tools/list result, or a client's configuration: nothing is asked or started unless you say so
scan SERVER                          what a server of this gate says
scan --url URL [--header NAME:VALUE]...
scan --command -- COMMAND ARGUMENT...    starts it on this machine, as you, without a sandbox
    all: [--json | --sarif] [--all] [--fail-on low|medium|high|critical|never] [--as CLIENT]... [--timeout 60s]`,
  exits: {
    ERR_UPSTREAM_UNREACHABLE: UNREAD, ERR_FILE_UNREADABLE: BAD_INPUT, ERR_CONFIG_SYNTAX: BAD_INPUT, ERR_SURFACE_INVALID: BAD_INPUT,
    ERR_SURFACE_TOO_LARGE: BAD_INPUT,
  },
  async run(args, io) {
    const call = callOf(command, args, OPTIONS, io);
    const threshold = thresholdOf(command, call.options);
    const sources = await withProgress(io, 'scanning', () => sourcesOf(call));
    const found = [...sources.findings, ...judge(sources.targets)].toSorted((a, b) => rankOf(b.severity) - rankOf(a.severity));
    // Half of a list is not a list without findings.
    const unread = sources.targets.flatMap(({ name, incomplete }): readonly Skipped[] =>
      (incomplete === undefined ? [] : [{ name, reason: `not all of it was read: ${incomplete}`, failed: true }]));
    const skipped = [...sources.skipped, ...unread];
    if (call.options.flag('sarif')) io.out(`${jsonText(toSarif(found, skipped, TOOL), 2)}\n`);
    else if (call.options.json) io.out(`${jsonText(asJson(sources.targets, found, skipped), 2)}\n`);
    else io.out(asTable(sources.targets, found, skipped, call.options.flag('all')));
    if (found.some(({ severity }) => threshold !== undefined && rankOf(severity) >= threshold)) return FOUND;
    return skipped.some(({ failed }) => failed) ? UNREAD : 0;
  },
};

function allowedBy({ options }: Call): Allowed {
  const timeout = options.text('timeout');
  const timeoutMs = timeout === undefined ? LIMITS.scanMs : readSpan(timeout);
  if (timeoutMs === undefined || timeoutMs === 0) throw usageError(command, '--timeout is a time such as 30s or 2min');
  const as = options.list('as');
  if (as.some((name) => !/^[\x20-\x7e]{1,100}$/.test(name))) throw usageError(command, '--as is the name of a client, in up to 100 plain characters');
  return { connect: options.flag('connect'), start: options.flag('start'), as, timeoutMs };
}

async function sourcesOf(call: Call): Promise<Sources> {
  const { options, io, need } = call;
  const allowed = allowedBy(call);
  const url = options.text('url');
  if (url !== undefined) return readServer(hostOf(url), publicUrl(url), { url, headers: headersOf(options.list('header')) }, allowed);
  const first = need(0, 'what to scan');
  if (options.flag('command')) {
    const [program = '', ...rest] = options.positionals;
    const line = renderArgv({ command: program, args: rest });
    io.note(`starting ${plain(line)} on this machine, as you, without a sandbox`);
    return readServer(program.split('/').at(-1) ?? program, line, { command: program, args: rest, env: {}, cwd: io.cwd }, allowed);
  }
  const file = resolve(io.cwd, first);
  if (/[./\\]/.test(first) || existsSync(file)) {
    if (allowed.start) io.note('starting the local commands of this file on this machine, as you, without a sandbox');
    // Code hosts show findings beside a file that they know: its path as it was typed.
    return readFileSources(file, first, allowed);
  }
  const answer = await call.client.get(`/servers/${encodeURIComponent(first)}/definitions`);
  const said = saidIn(answer);
  if (said === undefined) throw new SallyportError('ERR_CONFLICT', 'nothing is known of what the server says',
    { remedy: `Run \`sallyport server scan ${plain(first)}\` first.` });
  return { targets: [toTarget(first, `mcp/${first}`, said)], findings: [], skipped: [] };
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
