import { z } from 'zod';

const FILE = z.string().min(1).max(500);
const TEXT = z.string().max(4 * 1024 * 1024);

/** Cedar text, and the name under which diagnostics speak of it. */
export const POLICY = z.strictObject({ file: FILE, source: TEXT });

const POLICY_FILES = z.array(z.strictObject({ file: FILE, text: TEXT })).max(10_000);
export const CHECK_REQUEST = z.strictObject({ policies: POLICY_FILES });
/** Tests as YAML text, and policies to use instead of those in force; absent: those in force. */
export const TEST_REQUEST = z.strictObject({ cases: POLICY_FILES.min(1), policies: POLICY_FILES.exactOptional() });
