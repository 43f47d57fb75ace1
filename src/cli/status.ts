import { isObject } from '../domain/json.ts';
import { readArguments } from './arguments.ts';
import { controlClient } from './client.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { table } from './terminal.ts';

export const command: Command = {
  name: 'status',
  summary: 'What is in force: snapshot, lease, gateways, kill switches',
  usage: 'status',
  async run(args, io) {
    const options = readArguments(command, args);
    const status = await controlClient(options, io).get('/status');
    show(io, options.json, status, () => table(['what', 'state'], isObject(status) ? Object.entries(status).map(([name, value]) => [name, JSON.stringify(value)]) : []));
    return 0;
  },
};
