import type { Command } from './command.ts';

/** Every command, in the order of `sallyport help`, loaded only when it runs: starting one costs no other's imports. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  status: async () => (await import('./status.ts')).command,
};

export async function findCommand(name: string): Promise<Command | undefined> {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name]?.() : undefined;
}
