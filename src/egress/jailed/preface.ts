/*
 * What the forwarder in a jail and egress say to each other, one JSON line each before anything else:
 *   first connection     → { ticket }         ← { session }       and then → { asked: name } for each name that is refused
 *   every other one      → { session, host, port }                and then the bytes of the connection, both ways
 * Egress closes what it refuses. This folder is all of Sallyport that a jail of a local server holds: it imports nothing else.
 */

export type Preface =
  | { readonly kind: 'ticket'; readonly ticket: string }
  | { readonly kind: 'connect'; readonly session: string; readonly host: string; readonly port: number };

const SECRET = /^[A-Za-z0-9_-]{43}$/;
const HOST_CHARS_MAX = 255;

export function writeTicket(ticket: string): string {
  return `${JSON.stringify({ ticket })}\n`;
}

export function writeConnect(session: string, host: string, port: number): string {
  return `${JSON.stringify({ session, host, port })}\n`;
}

export function writeAsked(name: string): string {
  return `${JSON.stringify({ asked: name })}\n`;
}

export function writeSession(session: string): string {
  return `${JSON.stringify({ session })}\n`;
}

/** `undefined`: it is none. */
export function readPreface(line: string): Preface | undefined {
  const { ticket, session, host, port, ...rest } = fieldsOf(line);
  if (Object.keys(rest).length > 0) return undefined;
  if (isSecret(ticket)) return session === undefined && host === undefined && port === undefined ? { kind: 'ticket', ticket } : undefined;
  if (ticket !== undefined || !isSecret(session) || typeof host !== 'string' || host.length > HOST_CHARS_MAX) return undefined;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? { kind: 'connect', session, host, port } : undefined;
}

export function readSession(line: string): string | undefined {
  const { session } = fieldsOf(line);
  return isSecret(session) ? session : undefined;
}

export function readAsked(line: string): string | undefined {
  const { asked } = fieldsOf(line);
  return typeof asked === 'string' && asked.length <= HOST_CHARS_MAX ? asked : undefined;
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && SECRET.test(value);
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
