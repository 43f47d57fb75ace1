import type { JsonObject } from '../domain/json.ts';
import { usageError } from './arguments.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { plain, table } from './terminal.ts';
import { callOf } from './verbs.ts';
import type { Call } from './verbs.ts';

const KEPT = ['agents', 'servers', 'principals', 'tools', 'contexts'];
const TARGETS = ['agent', 'server', 'principal', 'tool', 'context'];
const OPTIONS = { off: { type: 'boolean' }, reason: { type: 'string' } } as const;

export const command: Command = {
  name: 'kill',
  summary: 'Stop everything, or one agent, server, person, tool or flow context, at once; --off lets it go on',
  usage: ['all', 'agent NAME', 'server ID', 'principal ISSUER|SUBJECT', 'tool SERVER/TOOL', 'context KEY']
    .map((what) => `kill ${what} --reason WHY [--off]`).join('\n') + '\nkill status',
  async run(args, io) {
    const call = callOf(command, args, OPTIONS, io);
    const path = '/kill';
    const kill = call.options.positionals[0] === 'status' ? await call.client.get(path) : await call.client.send('PUT', path, readRequest(call));
    show(io, call.options.json, kill, () => table(['stopped', 'which'], [
      ['everything', part(kill, 'all') === true ? 'yes' : 'no'], ...KEPT.map((kept) => [kept, text(part(kill, kept))]),
    ]));
    if (call.options.positionals[0] !== 'status' && !call.options.flag('off')) await warnUnknown(call);
    return 0;
  },
};

/** The switch comes first and holds for what may yet come; but who mistyped a name in an emergency must learn it. */
async function warnUnknown({ client, io, options }: Call): Promise<void> {
  const [target, name] = options.positionals;
  if (target !== 'agent' && target !== 'server') return;
  const [key, field] = target === 'agent' ? ['agents', 'agent'] : ['servers', 'id'];
  const known = objects(part(await client.get(`/${key}`), key)).some((one) => one[field] === name);
  if (!known) io.note(`Nothing here is called ${plain(name ?? '')} now: the switch holds, but check the name with \`sallyport ${target} list\`.`);
}

function readRequest(call: Call): JsonObject {
  const target = call.need(0, 'what to stop');
  const common = { target, on: !call.options.flag('off'), reason: call.needText('reason') };
  if (target === 'all') return common;
  if (TARGETS.includes(target)) return { ...common, name: call.need(1, `the ${target}`) };
  throw usageError(command, `stop all, ${TARGETS.join(', ')}`);
}
