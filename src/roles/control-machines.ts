import { createPublicKey } from 'node:crypto';
import { createBroadcast } from '../control/broadcast.ts';
import type { Control, Machines } from '../control/control.ts';
import { joinNode, listDead } from '../control/links/nodes.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Authority } from '../link/authority.ts';
import { ensureRoleKey } from '../link/keys.ts';
import { readAddress } from '../link/machines/address.ts';
import type { LinkServer } from '../link/serve.ts';
import type { ControlOptions } from './control.ts';
import { letSelfIn, openFleet, type Fleet } from './fleet.ts';

/** Control's side of the links between machines. */
export interface ControlMachines {
  readonly fleet: Fleet;
  readonly machines: Machines;
  /** Lets other machines in, as soon as control can answer them. */
  open(server: LinkServer, control: Control): Promise<void>;
  close(): void;
}

export async function openMachines(
  { home, fleet: options = {}, linkCertificateMs: lifeMs = LIMITS.linkCertificateMs }: ControlOptions, authority: Authority,
): Promise<ControlMachines> {
  const ending = new AbortController();
  const { signal } = ending;
  const { listen, peers } = options;
  const own = listen === undefined && peers === undefined ? undefined : await letSelfIn({
    home, authority: authority.certificate, signal, report,
    certify: (publicKey) => authority.issueMachine(publicKey, { role: 'control', node: 'control' }, new Date(), lifeMs),
  });
  const fleet = openFleet(home, 'control', options, report, own);
  let address: string | undefined;
  let unlisten: (() => Promise<void>) | undefined;
  const machines: Machines = {
    authority: authority.certificate,
    controlKey: createPublicKey(ensureRoleKey(home, 'control')).export({ type: 'spki', format: 'pem' }),
    address: () => address,
    certify: (publicKey, who) => authority.issueMachine(publicKey, who, new Date(), lifeMs),
    news: createBroadcast(),
  };
  return {
    fleet, machines,
    async open(server, control) {
      if (own === undefined) return;
      own.bury(await listDead(control.store, control.now()));
      void followDead(control, (dead) => own.bury(dead), signal).catch(() => report('revocations of machines are not followed any more: restart control'));
      // Another control over the same store may let machines in, or shut them out.
      unlisten = await control.store.listen(() => machines.news.notify());
      if (listen === undefined) return;
      const { port } = server.open(readAddress(listen), own, (said, from) => joinNode(control, said, from));
      address = listen.replace(/:0$/, `:${port}`);
    },
    close: () => {
      ending.abort();
      void unlisten?.();
      fleet.close();
    },
  };
}

function report(line: string): void {
  console.error(`control: ${line}`);
}

async function followDead(control: Control, bury: (dead: Awaited<ReturnType<typeof listDead>>) => void, signal: AbortSignal): Promise<void> {
  for await (const _ of control.machines.news.watch('control', signal)) bury(await listDead(control.store, control.now()));
}
