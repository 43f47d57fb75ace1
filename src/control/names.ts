import { z } from 'zod';
import { ID_PATTERN } from '../registry/names.ts';

/** Spaces, servers, toolsets, agents and roles: safe in a path, in a Cedar id and before a tool's name. */
export const NAME = z.string().regex(ID_PATTERN, 'must be 1 to 63 of a-z, 0-9 and "-", with a letter or digit at both ends');

/** A person's words: one line or a few, never control characters. */
export const WORDS = z.string().trim().min(1).max(2000).regex(/^[^\p{Cc}\p{Cf}]+$/u, 'must be visible text');
