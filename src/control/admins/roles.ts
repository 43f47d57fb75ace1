import { actionScope, granteeScope, quote, writePolicy } from '../../policy/quote.ts';
import type { PolicySource } from '../../policy/compile.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Access } from '../access.ts';
import type { ADMIN_GRANT } from './schema.ts';
import type { z } from 'zod';

/** A role given to someone, and the space of the row that says so. */
export interface Grant {
  readonly id: string;
  readonly space: string;
  readonly body: z.infer<typeof ADMIN_GRANT>;
}

type RoleName = Grant['body']['role'];

/** What each role may. Approving is no changing and changing no reading of the journal, so that duties can be kept apart. */
const ROLES: Readonly<Record<RoleName, readonly Access[]>> = {
  admin: ['read', 'change', 'approve', 'audit', 'investigate', 'stop', 'govern', 'observe', 'protect'],
  approver: ['read', 'approve'],
  analyst: ['read', 'audit', 'investigate', 'stop'],
  auditor: ['read', 'audit'],
  protector: ['read', 'observe', 'protect'],
  sensor: ['observe'],
};

/** Rows of the default space may name every space, those of another only their own: one that says more is nothing. */
export function isSound({ space, body }: Grant): boolean {
  return space === DEFAULT_SPACE || body.space === space;
}

/** Whether a role is held by somebody with these groups. */
export function isHeldBy({ body: { to } }: Grant, who: { readonly id: string; readonly groups: readonly string[] }): boolean {
  return 'group' in to ? who.groups.includes(to.group) : to.principal === who.id;
}

/** The roles as policies, for the compiler that compiles all others. Who signed in may ask about themselves; that is no role. */
export function roleSources(grants: readonly Grant[]): readonly PolicySource[] {
  const self = writePolicy({ id: 'admin:self', effect: 'permit', principal: 'principal', action: actionScope(['admin_self']), resource: 'resource' });
  const texts = grants.filter(isSound).map(({ id, space, body: { to, role, space: where } }) => {
    const { scope, conditions } = granteeScope(to);
    return writePolicy({
      id: `admin:${space}:${id}`, effect: 'permit', principal: scope, action: actionScope(ROLES[role].map((access) => `admin_${access}`)), resource: 'resource',
      when: [...conditions, ...(where === '*' ? [] : [`resource.space == ${quote(where)}`])],
    });
  });
  return [{ file: 'admins', text: [self, ...texts].join('\n'), administers: true }];
}
