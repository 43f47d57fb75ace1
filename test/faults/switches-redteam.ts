import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** What keeps rehearsals in, and their results honest. */
export const REDTEAM: readonly Switch[] = [
  ...switches('src/roles/range/process.ts', 'src/roles/range/range.test.ts', [
    ['a network of its own', 'nothing outside its network', "network: 'none',", "network: 'machine',"],
    [
      'the hard stop', 'stopped, it is gone at once',
      "kill(pid ?? -child.pid);\n    const late = setTimeout(() => child.kill('SIGKILL'), LIMITS.rangeEndMs);\n    await child.exited;\n",
      'await inJail;\n    const late = 0;\n',
    ],
  ]),
  ...switches('src/roles/range/range.ts', 'src/roles/range/range.test.ts', [
    ['the home is erased', 'stopped, it is gone at once', '    eraseHome(home);\n', ''],
  ]),
  ...switches('src/roles/range/configuration.ts', 'src/roles/range/range.test.ts', [
    ['only what decides', 'of a configuration what decides', 'for (const key of KEPT) {', 'for (const key of Object.keys(whole)) {'],
    ['what reaches out stays out', 'of a configuration what decides', 'isObject(value) ? without(value, outside) : value', 'value'],
    ['secrets of servers', 'of a configuration what decides', 'filter(([key]) => KEPT_OF_SERVER.includes(key))', "filter(([key]) => key !== 'url')"],
  ]),
  ...switches('src/redteam/judge.ts', 'src/redteam/judge.test.ts', [
    ['what was not tried', 'void, and red', "if (outcome === 'void') return", "if (outcome === 'prevented' && silent.length > 99) return"],
    ['controls that are silent', 'red where another control', 'return silent.length === 0 ? undefined :', 'return silent.length >= 0 ? undefined :'],
    ['effects first', 'detected where it happened', 'if (harm.length > 0) return', 'if (harm.length > 9) return'],
    ['changes are no control', 'void, and red', 'return !HOUSEKEEPING.test(event) && (', 'return (event !== \'\') && ('],
    ['what comes late of others', 'void, and red', "(agent === '' || agents.includes(agent))", "(agent === '' || agents.length > 0)"],
  ]),
  ...switches('src/redteam/compare.ts', 'src/redteam/judge.test.ts', [
    ['a claimed control that is lost', 'worse is a worse outcome', 'obeys ? isWorse || lost.some(', 'obeys ? isWorse && lost.some('],
  ]),
  ...switches('src/redteam/run.ts', 'src/redteam/run.test.ts', [
    ['a gate that holds back', 'scenarios share an installation', 'if (one.isSpent) {', 'if (one.isSpent && one.next > 0) {'],
    ['who stops a run', 'who stops a run', "  if (signal.aborted) abort();\n  signal.addEventListener('abort', abort, { once: true });\n", ''],
  ]),
  ...switches('src/control/redteam/keep.ts', 'src/control/redteam/redteam.test.ts', [
    ['regressions are findings', 'what got worse since', 'filter(({ regressed }) => regressed);', 'filter(({ regressed }) => !regressed && regressed);'],
    ['runs of another kind', 'what got worse since', 'source === run.source && agent', 'agent'],
    ['old runs go', 'old ones make room', 'earlier.slice(LIMITS.redteamRunsKeptMax - 1)', 'earlier.slice(LIMITS.redteamRunsKeptMax * 9)'],
  ]),
];
