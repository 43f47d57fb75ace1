import { connect, createServer, type Socket } from 'node:net';

/** A cable between a browser and a port of this machine, which can be pulled and put back. */
export interface Cable {
  readonly port: number;
  /** Everything that is open ends, and nothing new gets through. */
  pull(): void;
  putBack(): void;
  end(): void;
}

export async function layCable(port: number): Promise<Cable> {
  const open = new Set<Socket>();
  let isThere = true;
  const server = createServer((near) => {
    if (!isThere) {
      near.destroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const pull = (): void => {
    isThere = false;
    for (const one of open) one.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    pull,
    putBack: () => {
      isThere = true;
    },
    end: () => {
      pull();
      server.close();
    },
  };
}
