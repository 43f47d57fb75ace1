import { SallyportError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { show } from './command.ts';
import { readGrantee } from './grantee.ts';
import { number, objects, part, text } from './json-view.ts';
import { readSpan, span, table } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const add: Verb = {
  usage: `add --server ID [--tool NAME] --to group:NAME|agent:NAME|principal:ID --reason WHY --owner WHO --approver WHO --for 14d
exception add --server ID --exposure RULE --reason WHY --owner WHO --approver WHO --for 14d
exception add --server ID --definition DETECTOR/RULE --reason WHY --owner WHO --approver WHO --for 14d
exception add --vendor ID --item ITEM --reason WHY --owner WHO --approver WHO --for 14d
exception add --package npm:NAME|pypi:NAME --rule cooling-off|provenance --reason WHY --owner WHO --approver WHO --for 14d`,
  options: {
    server: { type: 'string' }, tool: { type: 'string' }, to: { type: 'string' }, exposure: { type: 'string' }, definition: { type: 'string' },
    vendor: { type: 'string' }, item: { type: 'string' }, package: { type: 'string' }, rule: { type: 'string' },
    reason: { type: 'string' }, owner: { type: 'string' }, approver: { type: 'string' }, for: { type: 'string' },
  },
  run: async (call) => {
    const { client, io, options, needText } = call;
    const ms = readSpan(needText('for'));
    if (ms === undefined) throw new SallyportError('ERR_USAGE', '--for is no time span', { remedy: 'Write for instance 14d.' });
    const exception = await client.send('POST', '/exceptions', {
      scope: readScope(call), reason: needText('reason'), owner: needText('owner'), approver: needText('approver'), expiresAt: Date.now() + ms,
    });
    show(io, options.json, exception, () => `Exception ${text(part(exception, 'id'))} holds for ${span(ms)}.\n`);
    return 0;
  },
};

function readScope({ options, needText }: Call): JsonObject {
  const vendor = options.text('vendor');
  if (vendor !== undefined) return { kind: 'vendor', vendor, item: needText('item') };
  const named = options.text('package');
  if (named !== undefined) return { kind: 'package', package: named, rule: needText('rule') };
  const rule = options.text('exposure');
  if (rule !== undefined) return { kind: 'exposure', server: needText('server'), rule };
  const definition = options.text('definition');
  if (definition !== undefined) return { kind: 'definition', server: needText('server'), rule: definition };
  const tool = options.text('tool');
  return { kind: 'calls', server: needText('server'), to: readGrantee(needText('to')), ...(tool === undefined ? {} : { tool }) };
}

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/exceptions');
    show(io, options.json, answer, () => table(['id', 'what', 'why', 'owner', 'approver', 'ends'], objects(part(answer, 'exceptions')).map((one) => [
      text(one['id']), describeScope(one), text(one['reason']), text(one['owner']), text(one['approver']), span(number(one['expiresAt']) - Date.now()),
    ])));
    return 0;
  },
};

function describeScope(exception: JsonObject): string {
  const scope = exception['scope'];
  if (part(scope, 'kind') === 'vendor') return `vendor ${text(part(scope, 'vendor'))}: ${text(part(scope, 'item'))}`;
  const server = text(part(scope, 'package') ?? part(scope, 'server'));
  if (part(scope, 'rule') !== undefined) return `${server}: ${text(part(scope, 'rule'))}`;
  const to = part(scope, 'to');
  const who = typeof to === 'object' && to !== null ? Object.entries(to).map(([kind, name]) => `${kind} ${text(name)}`).join() : '';
  const about = part(scope, 'kind') === 'learn' ? 'learning on ' : '';
  return `${about}${server}${part(scope, 'tool') === undefined ? '' : `/${text(part(scope, 'tool'))}`} for ${who}`;
}

const remove: Verb = {
  usage: 'remove ID',
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('DELETE', `/exceptions/${encodeURIComponent(need(0, 'the exception\'s id'))}`);
    show(io, options.json, answer, () => `Exception ${text(part(answer, 'id'))} has ended.\n`);
    return 0;
  },
};

export const command = commandOf('exception', 'Except calls, exposures, definitions or packages from the rules, for a reason and a time',
  { add, list, remove });
