import type { Command } from './command.ts';

/** Every command, in the order of `sallyport help`, loaded only when it runs: starting one costs no other's imports. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./demo.ts')).command,
  up: async () => (await import('./up.ts')).command,
  connect: async () => (await import('./connect.ts')).command,
  'sign-in': async () => (await import('./sign-in.ts')).command,
  import: async () => (await import('./import.ts')).command,
  doctor: async () => (await import('./doctor.ts')).command,
  trust: async () => (await import('./trust.ts')).command,
  status: async () => (await import('./status.ts')).command,
  server: async () => (await import('./server.ts')).command,
  segment: async () => (await import('./segment.ts')).command,
  scan: async () => (await import('./scan.ts')).command,
  discover: async () => (await import('./discover.ts')).command,
  toolset: async () => (await import('./toolset.ts')).command,
  agent: async () => (await import('./agent.ts')).command,
  token: async () => (await import('./token.ts')).command,
  account: async () => (await import('./account.ts')).command,
  connection: async () => (await import('./connection.ts')).command,
  vault: async () => (await import('./vault.ts')).command,
  admin: async () => (await import('./admin.ts')).command,
  person: async () => (await import('./person.ts')).command,
  proposal: async () => (await import('./proposal.ts')).command,
  quarantine: async () => (await import('./quarantine.ts')).command,
  approve: async () => (await import('./approve.ts')).command,
  'break-glass': async () => (await import('./break-glass.ts')).command,
  policy: async () => (await import('./policy.ts')).command,
  exception: async () => (await import('./exception.ts')).command,
  audit: async () => (await import('./audit.ts')).command,
  eval: async () => (await import('./eval.ts')).command,
  size: async () => (await import('./size.ts')).command,
  config: async () => (await import('./config.ts')).command,
  apply: async () => (await import('./apply.ts')).command,
  export: async () => (await import('./export.ts')).command,
  flow: async () => (await import('./flow.ts')).command,
  context: async () => (await import('./context.ts')).command,
  kill: async () => (await import('./kill.ts')).command,
  backup: async () => (await import('./backup.ts')).command,
  restore: async () => (await import('./restore.ts')).command,
  recovery: async () => (await import('./recovery.ts')).command,
  link: async () => (await import('./link.ts')).command,
  role: async () => (await import('./role.ts')).command,
};

export async function findCommand(name: string): Promise<Command | undefined> {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name]?.() : undefined;
}
