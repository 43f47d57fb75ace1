import { readArguments, usageError } from './arguments.ts';
import type { Command } from './command.ts';
import { serveUntilStopped } from '../roles/up.ts';
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
    });
    const home = homeFolder(io.env, options.home);
    switch (options.positionals[0]) {
      case 'ledger':
        {
          const ledger = await (await import('../roles/ledger.ts')).runLedger({ home, strict: options.flag('strict') });
          await serveUntilStopped({}, () => ledger.close());
        }
        return 0;
      case 'control': {
        const manifest = options.text('manifest');
        const databaseUrl = io.env['DATABASE_URL'];
        await (await import('../roles/control.ts')).runControl({
          home,
          ...(manifest === undefined ? {} : { manifest }),
          ...(databaseUrl === undefined ? {} : { databaseUrl }),
        });
        return 0;
      }
      case 'runner':
        await (await import('../roles/runner.ts')).runRunner({ home });
        return 0;
      case 'gateway': {
        const redisUrl = io.env['REDIS_URL'];
        await (await import('../roles/gateway.ts')).runGateway({
          home,
          listen: options.text('listen') ?? '127.0.0.1:7443',
          insecureLoopback: options.flag('insecure-loopback'),
          node: options.text('node') ?? 'gateway',
          ...(redisUrl === undefined ? {} : { redisUrl }),
        });
        return 0;
      }
      default:
        throw usageError(command, 'a role is one of ledger, control, runner, gateway');
    }
  },
};
