import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { ServerName } from '../egress/permission.ts';
import { wayOf, type Way } from '../egress/way.ts';
import { connectLink } from '../link/connect.ts';
import { placeOf } from '../link/place.ts';

/** Where egress has a folder for each process that was announced; the runner gives each jail its own. */
export function waysOf(home: string): string {
  return join(placeOf(home, 'egress'), 'jails');
}

/** The way to the network of one process, until it ends. */
export interface OpenWay extends Way {
  /** The process has ended. */
  end(): void;
}

export interface Ways {
  /** Announces a process that is about to start. Throws `ERR_RUNNER_SPAWN` (egress is away, or has no room): then it is not started. */
  open(server: ServerName, network: readonly string[]): Promise<OpenWay>;
  close(): void;
}

/**
 * The runner's side: it says which process is of which server, and nothing of what that may reach. An egress that was started anew
 * is told of all processes that live.
 */
export function createWays(home: string): Ways {
  const link = connectLink({ home, self: 'runner', peer: 'egress' });
  const open = new Map<string, ServerName & { readonly ticket: string }>();
  const announce = async (id: string, { space, server, ticket }: ServerName & { readonly ticket: string }): Promise<void> => {
    await link.call('egress.admit', { id, ticket, space, server });
  };
  // One that it does not take reaches nothing; its server goes on.
  const stop = link.onUp(() => {
    for (const [id, one] of open) announce(id, one).catch(() => undefined);
  });
  return {
    async open({ space, server }, network) {
      const id = randomBytes(8).toString('hex');
      const one = { space, server, ticket: randomBytes(32).toString('base64url') };
      await announce(id, one).catch((cause: unknown) => {
        throw new SallyportError('ERR_RUNNER_SPAWN', 'The server needs hosts, and egress gives it no way to them now.', {
          remedy: 'Check that the role egress runs; `sallyport status` says so.', dispatched: false, cause,
        });
      });
      open.set(id, one);
      const program = join(import.meta.dir, '..', 'egress', 'jailed');
      const way = wayOf({ network, folder: join(waysOf(home), id), ticket: one.ticket, runtime: process.execPath, program });
      return {
        ...way,
        end() {
          open.delete(id);
          link.call('egress.dismiss', { id }).catch(() => undefined);
        },
      };
    },
    close() {
      stop();
      link.close();
    },
  };
}
