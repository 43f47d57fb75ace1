import type { Json } from '../domain/json.ts';
import { isArray } from '../domain/json.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { number, part, text } from './json-view.ts';
import { span, table } from './terminal.ts';
import { callOf } from './verbs.ts';

export const command: Command = {
  name: 'status',
  summary: 'What is in force: snapshot, lease, gateways, kill switches',
  usage: 'status',
  async run(args, io) {
    const call = callOf(command, args, undefined, io);
    const status = await call.client.get('/status');
    show(io, call.options.json, status, () => describe(status));
    return 0;
  },
};

/** Whatever is open, or was and nobody looked, stands out until somebody does. */
function alarms(status: Json): readonly (readonly string[])[] {
  return (['open', 'overdue', 'unreviewed'] as const).flatMap((kind) => {
    const ids = text(part(status, 'breakGlass', kind));
    return ids === '' ? [] : [[`BREAK-GLASS ${kind.toUpperCase()}`, ids]];
  });
}

function describe(status: Json): string {
  const version = part(status, 'snapshot', 'version');
  const problems = part(status, 'problems');
  const killed = ['agents', 'servers', 'principals', 'tools', 'contexts'].map((kind) => text(part(status, 'killed', kind))).filter((names) => names !== '');
  const yes = (role: string): string => (part(status, 'roles', role) === true ? 'up' : 'does not answer');
  return table(['what', 'state'], [
    ['snapshot', version === undefined ? 'none: everything is denied' : `${text(version)}, ${span(number(part(status, 'snapshot', 'ageMs')))} old`],
    ['lease', `ends in ${span(number(part(status, 'lease', 'endsInMs')))}`],
    ['gateways', text(part(status, 'roles', 'gateways'))],
    ['ledger', yes('ledger')],
    ['runner', yes('runner')],
    ['egress', yes('egress')],
    ['stopped', part(status, 'killed', 'all') === true ? 'everything' : killed.join(', ')],
    ...alarms(status),
    ...(isArray(problems) ? problems : []).map((problem) => ['not in force', text(problem)]),
  ]);
}
