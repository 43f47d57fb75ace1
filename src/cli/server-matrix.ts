import { show } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { table } from './terminal.ts';
import type { Verb } from './verbs.ts';

export const matrix: Verb = {
  usage: 'matrix [--gaps] [--fail-on-gap]',
  options: { gaps: { type: 'boolean' }, 'fail-on-gap': { type: 'boolean' } },
  run: async ({ client, io, options }) => {
    const answer = await client.get('/server-matrix');
    const servers = objects(part(answer, 'servers'));
    const open = servers.flatMap((server) => objects(server['controls']).filter(({ state }) => state !== 'met').map((control) => ({ server, control })));
    show(io, options.json, answer, () => {
      if (options.flag('gaps')) {
        return table(['server', 'control', 'is', 'it must be so that', 'do', 'source'], open.map(({ server, control }) => [
          text(server['id']), text(control['id']), text(control['state']), text(control['says']), text(control['remedy']), text(control['sources']),
        ]));
      }
      const rows = servers.map((server) => [
        text(server['id']), text(server['owner']), `${text(server['hosting'])}, ${text(server['tier'])}`, text(part(server, 'accountable', 'runs')),
        `${text(server['met'])} of ${objects(server['controls']).length}`, text(server['gaps']),
      ]);
      return `${table(['server', 'accountable', 'hosting, tier', 'run by', 'met', 'not met, or not known'], rows)}${
        open.length === 0 ? '' : 'What each means and what to do: sallyport server matrix --gaps\n'}`;
    });
    return options.flag('fail-on-gap') && open.length > 0 ? 1 : 0;
  },
};
