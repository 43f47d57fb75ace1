import type { Target } from './target.ts';

const WAITING = 'waits for bin/sallyport up';

/** Sallyport as it ships: `bin/sallyport up` on a generated home. */
export const sallyport: Target = { name: 'sallyport', label: 'Sallyport, all controls on', transport: 'plaintext', start: () => Promise.reject(new Error(WAITING)) };
export const sallyportTls: Target = { name: 'sallyport-tls', label: 'Sallyport, all controls on, TLS 1.3', transport: 'tls', start: () => Promise.reject(new Error(WAITING)) };
