import { serveUntilStopped, sayFault, untilGo } from '../roles/supervised.ts';
import { readArguments, usageError, type Arguments } from './arguments.ts';
import type { Command, Io } from './command.ts';
import { homeFolder } from './home.ts';

/** What `up` spawns; in a fleet, what a deployment's container runs. Each role loads its own code only. */
export const command: Command = {
  name: 'role',
  summary: 'Runs one role in the foreground (what `up` starts four of)',
  usage: 'role ledger [--strict]\nrole control [--manifest FILE]\nrole runner\nrole gateway --listen HOST:PORT [--insecure-loopback] [--node NAME]',
  async run(args, io) {
    const options = readArguments(command, args, {
      strict: { type: 'boolean' },
      manifest: { type: 'string' },
      listen: { type: 'string' },
      'insecure-loopback': { type: 'boolean' },
      node: { type: 'string' },
      // By `up` only: waits for its word to begin, and tells it faults on stdout instead of a person on stderr.
      supervised: { type: 'boolean' },
    });
    const start = await load(options, io);
    if (!options.flag('supervised')) {
      await start();
      return 0;
    }
    try {
      if (await untilGo()) await start();
      return 0;
    } catch (fault) {
      // What was begun may hold the process open; a role that can't run ends, and its files survive a kill anyway.
      process.exit(sayFault(fault));
    }
  },
};

/** Loads the role's code; what is returned runs it until it is told to stop. */
async function load(options: Arguments, io: Io): Promise<() => Promise<void>> {
  const home = homeFolder(io.env, options.home);
  switch (options.positionals[0]) {
    case 'ledger': {
      const { runLedger } = await import('../roles/ledger.ts');
      return async () => {
        const ledger = await runLedger({ home, strict: options.flag('strict') });
        await serveUntilStopped({}, () => ledger.close());
      };
    }
    case 'control': {
      const { runControl } = await import('../roles/control.ts');
      const manifest = options.text('manifest');
      const databaseUrl = io.env['DATABASE_URL'];
      return () => runControl({ home, ...(manifest === undefined ? {} : { manifest }), ...(databaseUrl === undefined ? {} : { databaseUrl }) });
    }
    case 'runner': {
      const { runRunner } = await import('../roles/runner.ts');
      return () => runRunner({ home });
    }
    case 'gateway': {
      const { runGateway } = await import('../roles/gateway.ts');
      const redisUrl = io.env['REDIS_URL'];
      const listen = options.text('listen') ?? '127.0.0.1:7443';
      const insecureLoopback = options.flag('insecure-loopback');
      return () => runGateway({ home, listen, insecureLoopback, node: options.text('node') ?? 'gateway', ...(redisUrl === undefined ? {} : { redisUrl }) });
    }
    default:
      throw usageError(command, 'a role is one of ledger, control, runner, gateway');
  }
}
