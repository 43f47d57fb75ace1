import { z } from 'zod';
import { EFFECTS_OR_ALL, ISSUER_URL } from './identity-shape.ts';
import { ID, MOMENT, WORDS } from './manifest-words.ts';

/** `agents:` and `admins:` of sallyport.yaml. */

/** `<issuer>|<client_id>`; the issuer has no "|", the client id may be any (a URL for Client ID Metadata Documents). */
export const CLIENT = z
  .string()
  .max(4096)
  .regex(/^[^|]+\|[\x20-\x7E]+$/, 'must be the client as "<issuer>|<client_id>"')
  .refine((text) => ISSUER_URL.safeParse(text.slice(0, text.indexOf('|'))).success, { error: 'must begin with the issuer\'s https URL' });

export const AGENT_ALLOW = z.union(
  [
    z.literal('*'),
    z
      .array(
        z
          .strictObject({ server: ID.exactOptional(), toolset: ID.exactOptional(), effects: EFFECTS_OR_ALL })
          .refine((rule) => (rule.server === undefined) !== (rule.toolset === undefined), { error: 'must have either server or toolset' }),
      )
      .max(1000),
  ],
  { error: 'must be "*" (whatever its principal may) or a list of { server or toolset, effects }' },
);

/** `/agents/unknown` is the API's list of clients that are no agent. */
export const AGENT_ID = ID.refine((id) => id !== 'unknown', { error: 'must be another name: clients that are no agent are listed under this one' });

export const AGENT = z.strictObject({
  owner: WORDS,
  purpose: WORDS,
  clients: z.array(CLIENT).max(100).exactOptional(),
  allow: AGENT_ALLOW,
  expires: MOMENT,
  conversations: z.boolean().exactOptional(),
});

export const ADMIN_ROLES = ['admin', 'approver', 'analyst', 'auditor', 'protector', 'sensor'] as const;
const WHO = z.string().min(1).max(1300);
/** A bare name would be nobody's id: the role would look given, and nobody would have it. */
export const ADMIN_PRINCIPAL = WHO.regex(/^[^|]+\|./, 'must be a principal\'s id, <issuer>|<subject>');

export const ADMIN = z
  .strictObject({
    group: WHO.exactOptional(),
    principal: ADMIN_PRINCIPAL.exactOptional(),
    role: z.enum(ADMIN_ROLES),
    /** `*`: every space. */
    space: z.union([z.literal('*'), ID], { error: 'must be a space or "*"' }).exactOptional(),
  })
  .refine((admin) => (admin.group === undefined) !== (admin.principal === undefined), { error: 'must name either a group or a principal' });
