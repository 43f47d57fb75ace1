/** What the forwarder knows of the allow-list: enough to answer names and to listen. Egress judges each connection anew. */
export interface Reachable {
  /** In lower case; without the star. */
  readonly host: string;
  readonly anyBelow: boolean;
  readonly ports: readonly number[];
}

/** Which loopback address stands for which name, in this jail. */
export interface Names {
  /** The address of a name; `undefined`: it is not to be connected to, or there are too many. */
  addressOf(name: string): Assigned | undefined;
}

export interface Assigned {
  readonly name: string;
  readonly address: string;
  readonly ports: readonly number[];
  /** Nobody has asked for it before: nothing listens there yet. */
  readonly isNew: boolean;
}

const NAMES_MAX = 1_024;
const PER_OCTET = 250;
/** Programs take this name for 127.0.0.1 without asking anybody. */
const LOCALHOST = 'localhost';

export function assignNames(reachable: readonly Reachable[]): Names {
  const known = new Map<string, Omit<Assigned, 'isNew'>>();
  return {
    addressOf(asked) {
      const name = asked.toLowerCase().replace(/\.$/, '');
      const before = known.get(name);
      if (before !== undefined) return { ...before, isNew: false };
      const ports = [...new Set(reachable.filter((entry) => fits(entry, name)).flatMap((entry) => entry.ports))];
      if (ports.length === 0 || known.size >= NAMES_MAX) return undefined;
      const at = known.size;
      const address = name === LOCALHOST ? '127.0.0.1' : `127.66.${Math.floor(at / PER_OCTET)}.${(at % PER_OCTET) + 1}`;
      known.set(name, { name, address, ports });
      return { name, address, ports, isNew: true };
    },
  };
}

function fits({ host, anyBelow }: Reachable, name: string): boolean {
  return anyBelow ? name.endsWith(`.${host}`) : name === host;
}
