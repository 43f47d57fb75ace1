import { rootCertificates } from 'node:tls';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { NotifyShape } from '../../registry/notify-shape.ts';
import { readNetwork } from '../manifest/settings.ts';
import { readNotify } from './settings.ts';
import type { PostParts } from './signed-post.ts';

/** One mail: plain text, so that nothing in it can be loaded or run. */
export interface Letter {
  /** Addresses; none: whom `notify.mail.to` names. */
  readonly to?: readonly string[];
  /** One line; control characters become spaces. */
  readonly subject: string;
  readonly text: string;
}

type MailShape = NonNullable<NotifyShape['mail']>;

const PORTS = { tls: 465, starttls: 587, none: 25 } as const;
/** One, without a name, a comment, a group or a route. */
const ADDRESS = /^[^\s\p{Cc}@<>,;:"()[\]\\]{1,64}@[\p{L}\p{N}.-]{1,253}$/u;
const NOT_PRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;
const NOT_OF_TEXT = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

/**
 * Sends by SMTP (RFC 5321) over TLS 1.3, from its first byte or by STARTTLS that must succeed (RFC 8314): a relay that cannot is not used.
 * Throws `ERR_MAIL_UNSET` where the manifest names no relay or nobody to send to, `ERR_MAIL_REFUSED` when the relay did not take it for
 * everyone; what it said is not repeated, as it may hold the user's name.
 */
export async function sendMail({ store, readSecret }: PostParts, { to, subject, text }: Letter): Promise<void> {
  const { mail } = await readNotify(store);
  const receivers = to ?? mail?.to ?? [];
  // What a directory says of people, and a declaration of vendors, is read as one address each, and not as a list of them.
  const single = receivers.filter((one) => ADDRESS.test(one));
  if (mail === undefined || receivers.length === 0) {
    throw new SallyportError('ERR_MAIL_UNSET', mail === undefined ? 'no mail relay is set' : 'nobody is named to send to', {
      remedy: 'Set notify.mail in sallyport.yaml: host, from and to.',
    });
  }
  if (single.length === 0) throw refused('those it goes to are no addresses');
  // Loaded with the first mail only: most installations send none.
  const { createTransport } = await import('nodemailer');
  const auth = mail.secret === undefined ? {} : { auth: { user: mail.user ?? '', pass: await readSecret(mail.secret) } };
  const transport = createTransport({ ...connectionOf(mail, (await readNetwork(store)).extraRoots), ...auth });
  try {
    const sent = await transport.sendMail({
      from: mail.from, to: single.slice(0, LIMITS.mailReceiversMax), subject: subject.replaceAll(NOT_PRINTABLE, ' ').slice(0, LIMITS.mailSubjectCharsMax),
      text: text.replaceAll(NOT_OF_TEXT, '\uFFFD').slice(0, LIMITS.mailCharsMax),
    });
    const left = receivers.length - single.length + sent.rejected.length;
    if (left > 0) throw refused(`it does not take mail for ${left} of ${receivers.length}`);
  } catch (error) {
    throw error instanceof SallyportError ? error : refused(reasonOf(error));
  } finally {
    transport.close();
  }
}

function connectionOf({ host, port, security = 'tls' }: MailShape, extraRoots: string | undefined): object {
  return {
    host, port: port ?? PORTS[security], secure: security === 'tls', requireTLS: security === 'starttls', ignoreTLS: security === 'none',
    // A text that names a file or an address is a text.
    disableFileAccess: true, disableUrlAccess: true,
    connectionTimeout: LIMITS.mailMs, greetingTimeout: LIMITS.mailMs, socketTimeout: LIMITS.mailMs,
    tls: { minVersion: 'TLSv1.3', rejectUnauthorized: true, ...(extraRoots === undefined ? {} : { ca: [...rootCertificates, extraRoots] }) },
  };
}

function refused(why: string): SallyportError {
  return new SallyportError('ERR_MAIL_REFUSED', `the mail relay did not take it: ${why}`, {
    remedy: 'Look at notify.mail in sallyport.yaml, and at the relay\'s log.',
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EAUTH: 'it does not take the user or password', ETLS: 'no TLS 1.3 with it', ECONNECTION: 'it cannot be reached',
  ESOCKET: 'it cannot be reached, or its certificate is not good',
  ETIMEDOUT: 'it did not answer in time', EDNS: 'its name is not known', EENVELOPE: 'it does not take mail from or for these addresses',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? 'the exchange with it broke';
}
