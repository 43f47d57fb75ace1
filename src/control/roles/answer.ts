import { z } from 'zod';
import { BINDING, ROLE } from './schema.ts';

const ROLE_ROW = ROLE.extend({ id: z.string() });
export type RoleRow = z.infer<typeof ROLE_ROW>;
const BINDING_ROW = BINDING.extend({ id: z.string() });
export type BindingRow = z.infer<typeof BINDING_ROW>;

/** Roles: what each allows, in plain words. */
export const ROLES = z.object({ roles: z.array(ROLE_ROW) });
export type Roles = z.infer<typeof ROLES>;
/** Who has which. */
export const BINDINGS = z.object({ bindings: z.array(BINDING_ROW) });
export type Bindings = z.infer<typeof BINDINGS>;
