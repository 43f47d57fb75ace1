import type { Arguments, OptionTable } from './arguments.ts';
import { readArguments, usageError } from './arguments.ts';
import { controlClient } from './client.ts';
import type { Client } from './client.ts';
import type { Command, Io } from './command.ts';

/** What one verb of a command gets: its arguments after the verb, the control API, and the terminal. */
export interface Call {
  readonly options: Arguments;
  readonly client: Client;
  readonly io: Io;
  /** The verb's argument at a place, which must be there. */
  readonly need: (at: number, what: string) => string;
  /** An option's value, which must be there. */
  readonly needText: (name: string) => string;
}

export interface Verb {
  /** Without the command's name. */
  readonly usage: string;
  readonly options?: OptionTable;
  /** Only for control of this machine: what is typed must not cross a network. */
  readonly local?: boolean;
  run(call: Call): Promise<number>;
}

/** A command that is a noun with verbs: `sallyport agent list`. */
export function commandOf(name: string, summary: string, verbs: Readonly<Record<string, Verb>>): Command {
  const usage = Object.values(verbs).map((verb) => `${name} ${verb.usage}`).join('\n');
  const command: Command = {
    name, summary, usage,
    run: async (args, io) => {
      const first = args.find((argument) => !argument.startsWith('-')) ?? '';
      const verb = Object.hasOwn(verbs, first) ? verbs[first] : undefined;
      if (verb === undefined) throw usageError(command, first === '' ? `say what to do: ${Object.keys(verbs).join(', ')}` : `there is no "${name} ${first}"`);
      const at = args.indexOf(first);
      const call = callOf({ usage: `${name} ${verb.usage}` }, [...args.slice(0, at), ...args.slice(at + 1)], verb.options, io);
      if (verb.local === true && call.client.control !== undefined) {
        throw usageError({ usage: `${name} ${verb.usage}` }, 'this is done on the machine that runs control, without --control or SALLYPORT_CONTROL');
      }
      return verb.run(call);
    },
  };
  return command;
}

/** The call of a command or verb, with everything that it may touch. */
export function callOf(command: Pick<Command, 'usage'>, args: readonly string[], table: OptionTable | undefined, io: Io): Call {
  const options = readArguments(command, args, table);
  const needed = (value: string | undefined, what: string): string => {
    if (value === undefined || value === '') throw usageError(command, `${what} is missing`);
    return value;
  };
  return {
    options, io, client: controlClient(options, io),
    need: (at, what) => needed(options.positionals[at], what),
    needText: (name) => needed(options.text(name), `--${name}`),
  };
}
