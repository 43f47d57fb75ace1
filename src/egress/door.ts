import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Carried, CarryParts } from './carry.ts';
import { Place } from './place.ts';
import type { Admission } from './sessions.ts';

export interface DoorParts extends Omit<CarryParts, 'idleMs' | 'openingMs'> {
  /** Holds one folder for each process, which its jail is given; the socket `s` is in it. */
  readonly folder: string;
  readonly idleMs?: number;
  readonly openingMs?: number;
  readonly prefaceMs?: number;
  readonly ticketMs?: number;
}

/** Where local servers' connections come in: a socket of its own for each process that the runner announced. */
export interface Door {
  /** Opens a socket for a process. The same announcement again changes nothing. Throws `ERR_EGRESS_LIMIT|TICKET`. */
  admit(admission: Admission): Promise<void>;
  /** The process has ended. */
  dismiss(id: string): void;
  /** Ends every connection that nothing permits any more. */
  sweep(): void;
  readonly processes: number;
  readonly connections: number;
  /** Ends all connections. Folders stay: jails hold them, and the next egress listens there again. */
  close(): Promise<void>;
}

export function openDoor(parts: DoorParts): Door {
  const { folder, permit, ticketMs = LIMITS.egressTicketMs } = parts;
  const places = new Map<string, Place>();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const carried = (): readonly Carried[] => [...places.values()].flatMap((place) => [...place.carried]);
  const room = (): void => {
    if (carried().length >= LIMITS.egressConnectionsMax) throw new SallyportError('ERR_EGRESS_LIMIT', 'Too many connections are open.');
  };
  const common = {
    ...parts, room, ticketMs, idleMs: parts.idleMs ?? LIMITS.egressIdleMs, openingMs: parts.openingMs ?? LIMITS.egressOpeningMs,
    prefaceMs: parts.prefaceMs ?? LIMITS.egressPrefaceMs,
  };
  const dismiss = (id: string): void => {
    const place = places.get(id);
    places.delete(id);
    void place?.end();
    if (place !== undefined) rmSync(join(folder, id), { recursive: true, force: true });
  };
  // Of processes that an earlier egress knew: those that live are announced again, and their jails hold these very folders.
  const stale = setTimeout(() => {
    for (const name of readdirSync(folder)) if (!places.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }, ticketMs);
  return {
    async admit(admission) {
      const { id } = admission;
      const known = places.get(id);
      if (known?.session.isOf(admission) === true) return;
      if (known !== undefined) throw new SallyportError('ERR_EGRESS_TICKET', 'Another process has this name.');
      if (places.size >= LIMITS.egressProcessesMax) throw new SallyportError('ERR_EGRESS_LIMIT', 'Too many processes of local servers may connect.');
      const place = new Place({ ...common, onOver: () => dismiss(id) }, admission);
      places.set(id, place);
      try {
        await place.listen(join(folder, id));
      } catch (cause) {
        dismiss(id);
        const remedy = 'Set SALLYPORT_HOME to a shorter path.';
        throw new SallyportError('ERR_EGRESS_LIMIT', 'The process can\'t be given a way to its hosts.', { remedy, cause });
      }
    },
    dismiss,
    sweep() {
      for (const one of carried()) {
        try {
          permit(one.contact, one.contact.host, one.contact.port);
        } catch (fault) {
          one.end(fault instanceof SallyportError ? fault : new SallyportError('ERR_INTERNAL', 'Something broke.', { cause: fault }));
        }
      }
    },
    get processes() {
      return places.size;
    },
    get connections() {
      return carried().length;
    },
    async close() {
      clearTimeout(stale);
      const ending = [...places.values()];
      places.clear();
      await Promise.all(ending.map((place) => place.end()));
    },
  };
}
