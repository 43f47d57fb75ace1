import { parseArgs } from 'node:util';
import type { ParseArgsOptionDescriptor } from 'node:util';
import { SallyportError } from '../domain/errors.ts';
import type { Command } from './command.ts';

export type OptionTable = Readonly<Record<string, ParseArgsOptionDescriptor>>;

/** Options that every command takes. */
const COMMON = {
  json: { type: 'boolean' },
  home: { type: 'string' },
  space: { type: 'string' },
  control: { type: 'string' },
} as const satisfies OptionTable;

export interface Arguments {
  readonly positionals: readonly string[];
  readonly json: boolean;
  readonly home: string | undefined;
  readonly space: string | undefined;
  /** The URL of a control anywhere, asked as the person who signed in there. */
  readonly control: string | undefined;
  flag(name: string): boolean;
  text(name: string): string | undefined;
  /** All values of a repeatable option. */
  list(name: string): readonly string[];
}

/** Reads a command's arguments strictly: an unknown option is `ERR_USAGE`, never ignored. */
export function readArguments(command: Pick<Command, 'usage'>, args: readonly string[], options: OptionTable = {}): Arguments {
  const { values, positionals } = parse(command, args, { ...COMMON, ...options });
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    positionals,
    json: values['json'] === true,
    home: text('home'),
    space: text('space'),
    control: text('control'),
    flag: (name) => values[name] === true,
    text,
    list: (name) => {
      const value = values[name];
      return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
    },
  };
}

function parse(command: Pick<Command, 'usage'>, args: readonly string[], options: OptionTable): ParsedArguments {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw usageError(command, cause instanceof Error ? (cause.message.split('. ')[0] ?? 'bad arguments') : 'bad arguments');
  }
}

interface ParsedArguments {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** What is thrown when a command was typed wrongly; the remedy is how to type it. */
export function usageError(command: Pick<Command, 'usage'>, message: string): SallyportError {
  return new SallyportError('ERR_USAGE', message, { remedy: `Usage: ${formsOf(command).join('\n       ')}` });
}

/** How a command is typed, a form a line; what begins with a space goes on with the form above it, or explains it. */
export function formsOf({ usage }: Pick<Command, 'usage'>): readonly string[] {
  return usage.split('\n').map((line) => line.startsWith(' ') ? `          ${line}` : `sallyport ${line}`);
}

/** A positional that must be there. */
export function need(command: Pick<Command, 'usage'>, value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw usageError(command, `${what} is missing`);
  return value;
}
