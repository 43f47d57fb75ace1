import type { Json } from '../domain/json.ts';
import { isArray } from '../domain/json.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { number, objects, part, text } from './json-view.ts';
import { plain, span, table } from './terminal.ts';
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

/** What a gateway inspects by, or is to. */
export function editionOf(of: Json | undefined): string {
  return text(part(of ?? null, 'digest')) === '' ? 'as shipped' : `edition ${text(part(of ?? null, 'sequence'))}`;
}

/** By what is inspected: what is signed, and each gateway that goes on with something else. */
function detection(status: Json): readonly (readonly string[])[] {
  const behind = objects(part(status, 'detection', 'gateways')).filter(({ isCurrent }) => isCurrent !== true);
  return [['detection', editionOf(part(status, 'detection'))], ...behind.map((one) => [
    'INSPECTS BY ANOTHER', `gateway ${plain(text(one['node']))}: ${editionOf(one)}`,
  ])];
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
    ...detection(status),
    ['stopped', part(status, 'killed', 'all') === true ? 'everything' : killed.join(', ')],
    ...alarms(status),
    ...(isArray(problems) ? problems : []).map((problem) => ['not in force', text(problem)]),
  ]);
}
