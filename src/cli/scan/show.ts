import type { Json } from '../../domain/json.ts';
import { plain, table } from '../terminal.ts';
import type { ScanFinding } from './judge.ts';
import type { Skipped } from './sources.ts';
import type { Target } from './target.ts';

/** Nobody reads more of a name or a sentence than this on a terminal; machines get all of it. */
const CELL_CHARS_MAX = 400;
const ROWS_MAX = 200;

export function asJson(targets: readonly Target[], found: readonly ScanFinding[], skipped: readonly Skipped[]): Json {
  return {
    servers: targets.map(({ name, from, surface, incomplete }) => ({
      name, from, tools: surface.tools.length, prompts: surface.prompts.length, resourceTemplates: surface.templates.length,
      ...(incomplete === undefined ? {} : { incomplete }),
    })),
    findings: found.map(({ region, ...finding }) => ({ ...finding, ...(region === undefined ? {} : { region: { ...region } }) })),
    skipped: skipped.map((entry) => ({ ...entry })),
  };
}

export function asTable(targets: readonly Target[], found: readonly ScanFinding[], skipped: readonly Skipped[], all: boolean): string {
  // A lone shouted word or a named address is a sign for the sum, no news by itself.
  const news = all ? found : found.filter(({ severity }) => severity !== 'info');
  const shown = all ? news : news.slice(0, ROWS_MAX);
  const rows = shown.map(({ severity, rule, server, item, message, excerpt, region }) =>
    [severity, rule, `${item === '' ? server : `${server}/${item}`}${region === undefined ? '' : ` (line ${region.startLine})`}`, message, excerpt].map(cut));
  const [weak, more] = [found.length - news.length, news.length - shown.length];
  return [
    shown.length === 0 ? '' : table(['severity', 'finding', 'where', 'what it means', 'in its words'], rows),
    ...targets.map(({ name, surface: { tools, prompts, templates } }) =>
      `${cut(plain(name))}: ${tools.length + prompts.length + templates.length} definitions looked at\n`),
    ...skipped.map(({ name, reason, failed }) => `${cut(plain(name))}: ${failed ? 'NOT READ' : 'not looked at'}: ${cut(plain(reason))}\n`),
    news.length === 0 ? 'Nothing found.\n' : news.length === 1 ? 'One finding.\n' : `${news.length} findings.\n`,
    more === 0 ? '' : `${more} findings are not shown (--all).\n`,
    weak === 0 ? '' : `${weak} weak signs are not shown (--all).\n`,
  ].join('');
}

function cut(text: string): string {
  return text.length <= CELL_CHARS_MAX ? text : `${text.slice(0, CELL_CHARS_MAX)}…`;
}
