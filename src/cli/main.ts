import { createInterface } from 'node:readline/promises';
import { SallyportError } from '../domain/errors.ts';
import { formsOf } from './arguments.ts';
import type { Command, Io } from './command.ts';
import { COMMANDS, findCommand } from './commands.ts';
import { plain } from './terminal.ts';

const VERSION = '0.1.0';

/** Dispatches to one command and turns what it throws into a code, a message and a remedy. Resolves with the exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...args] = argv;
  let exits: Command['exits'];
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') return await help(args[0], io);
    if (name === '--version' || name === 'version') return printVersion(io);
    const command = await load(name);
    if (args.includes('--help') || args.includes('-h')) return await help(name, io);
    ({ exits } = command);
    return await command.run(args, io);
  } catch (error) {
    return report(error, argv.includes('--json'), io, exits);
  }
}

async function load(name: string): Promise<Command> {
  const command = await findCommand(name);
  if (command === undefined) {
    throw new SallyportError('ERR_USAGE', `there is no command "${plain(name)}"`, { remedy: 'See `sallyport help`.' });
  }
  return command;
}

function printVersion(io: Io): number {
  io.out(`sallyport ${VERSION}\n`);
  return 0;
}

async function help(name: string | undefined, io: Io): Promise<number> {
  if (name !== undefined) {
    const command = await load(name);
    io.out(`${command.summary}\n\n${formsOf(command).map((line) => `  ${line}`).join('\n')}\n`);
    return 0;
  }
  const commands = await Promise.all(Object.values(COMMANDS).map((command) => command()));
  const width = Math.max(...commands.map((command) => command.name.length));
  io.out(`Sallyport: the security control plane for the Model Context Protocol\n\n${
    commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`).join('\n')}\n
Every command takes --json, --home FOLDER and --space NAME; what asks control takes --control URL too (or SALLYPORT_CONTROL): as yourself,
once you ran \`sallyport sign-in --control URL\`. \`sallyport help COMMAND\` tells its forms.\n`);
  return 0;
}

function report(error: unknown, asJson: boolean, io: Io, exits: Command['exits']): number {
  const known = error instanceof SallyportError ? error : new SallyportError('ERR_INTERNAL', 'something broke inside Sallyport', {
    remedy: `Report this with the steps that led here: ${error instanceof Error ? `${error.name}: ${error.message}` : 'not an error object'}`,
  });
  const { code, message, remedy } = known;
  if (asJson) io.note(JSON.stringify({ code, message, ...(remedy === undefined ? {} : { remedy }) }));
  else io.note(`${code}: ${plain(message, true)}${remedy === undefined ? '' : `\n${plain(remedy, true)}`}`);
  return exits?.[code] ?? (code === 'ERR_USAGE' ? 2 : 1);
}

function processIo(): Io {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
  const interactive = process.stdin.isTTY && process.stderr.isTTY;
  return {
    env: process.env,
    cwd: process.cwd(),
    interactive,
    signal: abort.signal,
    out: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(`${text}\n`),
    confirm: async (question) => {
      if (!interactive) return false;
      const reader = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `, { signal: abort.signal })).trim());
      } finally {
        reader.close();
      }
    },
  };
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), processIo());
