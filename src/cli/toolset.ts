import { SallyportError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { show } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { table } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Verb } from './verbs.ts';

const list: Verb = {
  usage: 'list',
  run: async ({ client, io, options }) => {
    const answer = await client.get('/toolsets');
    const rows = objects(part(answer, 'toolsets')).flatMap((toolset) => objects(toolset['members']).map((member) => [
      text(toolset['id']), text(member['server']), text(member['tools']), text(member['prompts']), member['resources'] === true ? 'yes' : 'no',
    ]));
    show(io, options.json, answer, () => table(['toolset', 'server', 'tools', 'prompts', 'resources'], rows));
    return 0;
  },
};

const put: Verb = {
  usage: 'put ID --tools SERVER=*|SERVER=TOOL,TOOL... [--prompts SERVER=*|SERVER=NAME,...] [--resources SERVER]...',
  options: { tools: { type: 'string', multiple: true }, prompts: { type: 'string', multiple: true }, resources: { type: 'string', multiple: true } },
  run: async ({ client, io, options, need }) => {
    const id = need(0, 'the toolset\'s name');
    const [tools, prompts] = [readChoices(options.list('tools')), readChoices(options.list('prompts'))];
    const resources = new Set(options.list('resources'));
    const servers = [...new Set([...tools.keys(), ...prompts.keys(), ...resources])];
    const members = servers.map(
      (server): JsonObject => ({ server, tools: tools.get(server) ?? [], prompts: prompts.get(server) ?? [], resources: resources.has(server) }),
    );
    const toolset = await client.send('PUT', `/toolsets/${encodeURIComponent(id)}`, { members });
    show(io, options.json, toolset, () => `It is served at /mcp/t/${text(part(toolset, 'id'))}.\n`);
    return 0;
  },
};

/** `crm=a,b` and `crm=*`; a server may be named several times. */
function readChoices(pairs: readonly string[]): ReadonlyMap<string, '*' | readonly string[]> {
  const choices = new Map<string, '*' | readonly string[]>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new SallyportError(
      'ERR_USAGE', `"${pair}" names no server and items`, { remedy: 'Write for instance --tools crm=search,update or --tools crm=*.' },
    );
    const [server, names] = [pair.slice(0, at), pair.slice(at + 1)];
    const before = choices.get(server) ?? [];
    choices.set(server, names === '*' || before === '*' ? '*' : [...before, ...names.split(',').filter((name) => name !== '')]);
  }
  return choices;
}

const remove: Verb = {
  usage: 'remove ID',
  run: async ({ client, io, options, need }) => {
    const answer = await client.send('DELETE', `/toolsets/${encodeURIComponent(need(0, 'the toolset\'s name'))}`);
    show(io, options.json, answer, () => `${text(part(answer, 'id'))} is removed.\n`);
    return 0;
  },
};

export const command = commandOf('toolset', 'Curate tools of several servers under one route', { list, put, remove });
