import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SyslogSink } from '../../domain/sink.ts';
import { checkCleartext, socketTlsOf } from './leg.ts';
import { SinkFault, toSinkFault } from './sink.ts';
import type { Item, Sink } from './sink.ts';

/** Syslog acknowledges nothing: what was written is delivered when the connection has outlived it by this. */
const SETTLE_MS = 2_000;
/** RFC 5424 severities by index in `SEVERITIES`: informational, notice, warning, error, critical. */
const SEVERITY = [6, 5, 4, 3, 2] as const;
/** RFC 5424, section 7.2.2: the name that documents and examples use until an organisation has its own number. */
const ELEMENT = 'sallyport@32473';

/** RFC 5424 messages over TLS, each with its length before it (RFC 5425, section 4.3). */
export async function openSyslog(spec: SyslogSink, hostname: string): Promise<Sink> {
  const socket = await dial(spec);
  let fault: SinkFault | undefined;
  const lose = (error?: unknown): void => void (fault ??= error instanceof Error ? prefixed(error) : new SinkFault('syslog: the peer closed the connection'));
  // A syslog server never speaks; what it writes is not read for long.
  socket.on('data', () => socket.destroy(new SinkFault('the peer speaks')));
  socket.on('error', lose).on('end', lose).on('close', lose);
  const failed = (): SinkFault | undefined => fault;
  return {
    settleMs: SETTLE_MS, failed,
    send: async (items, signal) => {
      const frames = items.map((item) => frame(messageOf(spec, hostname, item)));
      await written(socket, Buffer.concat(frames), AbortSignal.any([signal, AbortSignal.timeout(spec.timeoutMs)]), failed);
      return [];
    },
    close: async () => {
      socket.off('close', lose);
      socket.end();
      socket.destroySoon();
    },
  };
}

function dial(spec: SyslogSink): Promise<Socket> {
  const { host, port } = spec;
  if (!spec.tls) checkCleartext(host, spec, Date.now());
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = spec.tls
    ? connectTls({ host, port, ...socketTlsOf(spec), ...(isIP(host) === 0 ? { servername: host } : {}) }, () => resolve(socket))
    : connectTcp({ host, port }, () => resolve(socket));
  const late = setTimeout(() => socket.destroy(new SinkFault('syslog: connect timeout')), spec.timeoutMs);
  socket.once('error', (error) => reject(prefixed(error)));
  socket.once('close', () => reject(new SinkFault('syslog: the peer closed the connection')));
  return promise.finally(() => clearTimeout(late));
}

/** Resolves when the system has taken the bytes: a peer that reads slowly is waited for, and nothing piles up. */
function written(socket: Socket, bytes: Buffer, signal: AbortSignal, failed: () => SinkFault | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = (): void => reject(failed() ?? new SinkFault(signal.aborted ? 'syslog: timeout' : 'syslog: the peer closed the connection'));
  const known = failed();
  if (known !== undefined) throw known;
  signal.addEventListener('abort', stop, { once: true });
  socket.once('close', stop);
  socket.write(bytes, (error) => (error ? reject(prefixed(error)) : resolve()));
  return promise.finally(() => {
    signal.removeEventListener('abort', stop);
    socket.off('close', stop);
  });
}

function frame(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

/** RFC 5424, section 6: header, structured data with what makes a record known again, and the record as text (with its BOM: UTF-8). */
function messageOf({ facility, appName }: SyslogSink, hostname: string, { at, id, position, event, severity, text }: Item): Buffer {
  const priority = facility * 8 + (SEVERITY[severity] ?? SEVERITY[0]);
  const data = `[${ELEMENT} id="${escape(id)}" position="${position}"]`;
  return Buffer.from(`<${priority}>1 ${new Date(at).toISOString()} ${hostname} ${appName} ${process.pid} ${event.slice(0, 32)} ${data} \u{FEFF}${text}`);
}

function escape(value: string): string {
  return value.replaceAll(/[\\"\]]/g, '\\$&');
}

function prefixed(error: Error): SinkFault {
  const { message } = toSinkFault(error);
  return new SinkFault(message.startsWith('syslog') ? message : `syslog: ${message}`);
}
