import { SallyportError } from '../../domain/errors.ts';

/** Where a role listens for other machines. */
export interface MachineAddress {
  readonly hostname: string;
  readonly port: number;
}

/** Of `host:port`; IPv6 in brackets. Throws `ERR_USAGE`. */
export function readAddress(text: string): MachineAddress {
  const [, hostname = '', port = ''] = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (hostname === '' || Number(port) > 65_535) {
    throw new SallyportError('ERR_USAGE', `${text} is no address of a link`, { remedy: 'Write host:port, for instance 10.0.0.1:7701.' });
  }
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}
