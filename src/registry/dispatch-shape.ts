import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';

const PROPERTY = z.string().min(1).max(LIMITS.nameLengthMax);

/** How a dispatcher is declared: the arguments of its own that hold the inner tool's name and its arguments. */
export const DISPATCHES = z
  .strictObject({ name: PROPERTY, arguments: PROPERTY.exactOptional() })
  .refine((dispatch) => dispatch.name !== dispatch.arguments, { error: 'name and arguments must be two properties' });
