import type { Target } from './target.ts';

const WAITING = 'waits for bin/sallyport up';

function waiting(name: string, label: string, transport: Target['transport']): Target {
  return { name, label, transport, start: () => Promise.reject(new Error(WAITING)) };
}

/** Sallyport as it ships: `bin/sallyport up` on a generated home. */
export const sallyport = waiting('sallyport', 'Sallyport, all controls on', 'plaintext');
export const sallyportTls = waiting('sallyport-tls', 'Sallyport, all controls on, TLS 1.3', 'tls');
