import { z } from 'zod';
import { ID, SAFE_URL, SECRET } from './manifest-words.ts';

/** `notify:` of sallyport.yaml: how people are told of what is no call that waits. Holds no secret. */

/** One address and nothing else: no name, no list, no line break that would begin another header. */
const MAIL_ADDRESS = z.email({ error: 'must be one mail address' }).max(254);
const HOST = z.string().min(1).max(253).regex(/^[A-Za-z0-9.:-]+$/, 'must be a host name or address');

/** Whole: `localhost.example.com` and `127.example.com` are other machines. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

const MAIL = z.strictObject({
  host: HOST,
  /** Default: 465 with `tls`, 587 with `starttls`, 25 with `none`. */
  port: z.int().min(1).max(65_535).exactOptional(),
  /** `tls` from the first byte (RFC 8314), `starttls` required, never opportunistic; `none` on loopback only. Default: `tls`. */
  security: z.enum(['tls', 'starttls', 'none']).exactOptional(),
  from: MAIL_ADDRESS,
  user: z.string().min(1).max(200).exactOptional(),
  secret: SECRET.exactOptional(),
  /** Who gets the digest, and what nobody else is named for. */
  to: z.array(MAIL_ADDRESS).min(1).max(100).exactOptional(),
}).refine(({ security, host }) => security !== 'none' || LOOPBACK.test(host), {
  path: ['security'], error: 'mail in the clear goes to this machine only',
}).refine(({ user, secret }) => (user === undefined) === (secret === undefined), { path: ['secret'], error: 'user and secret belong together' });

const WEBHOOK = z.strictObject({
  url: SAFE_URL, secret: SECRET,
  /** Of which kinds of news; absent: of all. */
  topics: z.array(z.enum(['incident', 'vendor', 'review', 'exercise', 'redteam', 'digest'])).min(1).exactOptional(),
  allowPrivate: z.boolean().exactOptional(),
});

export const NOTIFY_SHAPE = z.strictObject({ mail: MAIL.exactOptional(), webhooks: z.record(ID, WEBHOOK).exactOptional() });
export type NotifyShape = z.infer<typeof NOTIFY_SHAPE>;
