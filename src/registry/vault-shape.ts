import { z } from 'zod';
import { ID, SAFE_URL, SECRET } from './manifest-words.ts';
import { looksSecret } from '../domain/secret-forms.ts';

/** The `vault` part of sallyport.yaml: where the vault's key rests, and who else may be asked for secrets. */

const SPACES = z.array(ID).min(1).max(1000).default(['default']);
const SEGMENTS = z.string().regex(/^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[\w.-]+(?:\/[\w.-]+)*$/, 'must be path segments').max(200);

const EXEC = z
  .strictObject({
    type: z.literal('exec'),
    /** No shell and no search path; one part may be exactly `{argument}`, which each secret says. */
    command: z.array(z.string().min(1).max(4096)).min(1).max(100).refine(([first = '']) => first.startsWith('/'), {
      error: 'must begin with an absolute path',
    }),
    /** Its whole environment; a value may be a reference to a secret that the vault itself holds. */
    env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable'), z.string().max(32_768)).default({}),
    timeoutMs: z.int().min(100).max(60_000).exactOptional(),
    spaces: SPACES,
  })
  .refine(({ command }) => command.slice(1).filter((part) => part === '{argument}').length <= 1, { error: 'says {argument} more than once' })
  .refine(({ command, env }) => ![...Object.entries(env), ...command.map((part) => ['', part] as const)].some(([name, value]) => looksSecret(name, value)), {
    error: 'holds what looks like a secret: write it as a reference in env (vault:NAME, env:NAME or file:/path)',
  });

const HASHICORP = z.strictObject({
  type: z.literal('hashicorp'),
  address: SAFE_URL.refine((url) => URL.canParse(url) && new URL(url).origin === url, {
    error: 'must be an origin, for instance https://vault.corp.example:8200',
  }),
  namespace: SEGMENTS.exactOptional(),
  mount: SEGMENTS.default('secret'),
  version: z.union([z.literal(1), z.literal(2)]).default(2),
  auth: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('token'), secret: SECRET }),
    z.strictObject({ type: z.literal('approle'), mount: SEGMENTS.default('approle'), roleId: z.string().min(1).max(200), secret: SECRET }),
  ]),
  allowPrivate: z.boolean().default(false),
  spaces: SPACES,
});

export const VAULT = z.strictObject({
  key: z.enum(['file', 'passphrase', 'keyring']).exactOptional(),
  providers: z.record(ID, z.discriminatedUnion('type', [EXEC, HASHICORP])).default({}),
});
export type VaultShape = z.infer<typeof VAULT>;
