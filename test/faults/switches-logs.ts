import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** What keeps a log from hiding, inventing, leaking or costing more than it may. */
export const LOGS: readonly Switch[] = [
  ...switches('src/discover/logs/lines.ts', 'src/discover/logs/logs.test.ts', [
    ['pipes and devices as logs', 'what is no file is not waited for', 'if ((await file.stat()).isFile()) return file;', 'if (file.fd > 0) return file;'],
    ['archives that never end', 'unpacks to more than a log', 'if (bytes > bytesMax)', 'if (bytes < 0)'],
  ]),
  ...switches('src/discover/logs/signs.ts', 'src/discover/logs/logs.test.ts', [
    ['keys in addresses of logs', 'one server once', "withoutSecrets(path.replace(/", "String(path.replace(/"],
    ['letters that are escaped', 'hide nothing', String.raw`|\\u00|%(?:[46]d|[46]3|[57]0)/i`, '/i'],
    ['pages and pictures of logs', 'look-alikes are not', 'if (FILE.test(path)) return [];', ''],
    ['paths that nothing answers at', 'look-alikes are not', 'if (status === 404 || status === 410', 'if (status === 410'],
    ['names that sound alike', 'look-alikes are not', '(?:^|[.-])mcps?(?=$|[.-])', 'mcp'],
  ]),
  ...switches('src/discover/logs/gates.ts', 'src/discover/logs/logs.test.ts', [
    ['the gate goes around nothing', 'goes around nothing', "sources.has(from?.toLowerCase() ?? '')", "sources.has('')"],
    ['others beside the gate', 'goes around nothing', '`${host}:${port}`', '`${host}:`'],
  ]),
  ...switches('src/discover/logs/tally.ts', 'src/discover/logs/logs.test.ts', [
    ['room for what is sure', 'crowd out nothing', '!makeRoom(rows, byAddress)', 'rows.size > 0'],
    ['clocks that are ahead', 'times that are none', 'Math.min(row.last, now)', 'row.last'],
  ]),
  ...switches('src/discover/logs/formats/record.ts', 'src/discover/logs/logs.test.ts', [
    ['times that are none', 'times that are none', 'return at > 0 && at < LATEST ? at : 0;', 'return at;'],
  ]),
  ...switches('src/discover/logs/formats/text.ts', 'src/discover/logs/logs.test.ts', [
    ['broken lines of text', 'made to cost', "return other?.test(text) === true ? 'other' : 'broken';", "return 'other';"],
  ]),
  ...switches('src/discover/logs/look.ts', 'src/discover/logs/logs.test.ts', [
    ['broken lines are told', 'broken lines are counted', 'if (broken > 0) {', 'if (broken < 0) {'],
    ['who only calls itself the gate', 'goes around nothing', 'OWN_AGENT.test(named.agent', '!OWN_AGENT.test(named.agent'],
    ['requests without a host are told', 'names no host', 'if (nameless > 0) yield', 'if (nameless < 0) yield'],
  ]),
  ...switches('src/discover/logs/exports/look.ts', 'src/discover/logs/exports/exports.test.ts', [
    ['secrets in addresses of connectors', 'ChatGPT: a list', 'const url = withoutKeys(first.url);', 'const { url } = first;'],
    ['vendor to vendor is ungovernable', 'ChatGPT: a list', "risks: ['ungovernable', ...", 'risks: [...'],
  ]),
  ...switches('src/discover/logs/exports/read.ts', 'src/discover/logs/exports/exports.test.ts', [
    ['exports that are too large', 'what is no export says so', 'if (size > LIMITS.exportBytesMax)', 'if (size < 0)'],
  ]),
];
