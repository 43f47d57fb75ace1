import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';

/**
 * `server.json` as its schema of 2025-12-11 has it (modelcontextprotocol.io, registry). What the schema does not know is left out
 * on reading; what breaks it or has no end is refused as a whole.
 */
export const SERVER_JSON_SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json';

const ITEMS_MAX = 100;

const said = (charsMax: number): z.ZodString => z.string().max(charsMax).refine((text) => text.isWellFormed(), { error: 'must be Unicode text' });
const TEXT = said(LIMITS.catalogTextCharsMax);
const URL_TEXT = z.string().max(LIMITS.uriLengthMax).regex(/^https?:\/\/[^\s]+$/, 'must be an http or https address');
/** Addresses of servers may hold `{variables}`. */
const URL_TEMPLATE = z.string().max(LIMITS.uriLengthMax).regex(/^(?:https?:\/\/[^\s]+|\{[A-Za-z_]\w*\}[^\s]*)$/,
  'must be an address, or begin with a variable');

/** `namespace/name`: the namespace is a domain of its publisher, backwards. */
const SERVER_NAME = z.string().min(3).max(200).regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/, 'must be namespace/name');

const RANGE = /[\s*|<>=^~]|(?:^|\.)[xX](?:\.|$)/;
/** One version, never a range or a tag that moves. */
export const VERSION = z.string().min(1).max(255).regex(/^[\x21-\x7e]+$/, 'must be visible ASCII')
  .refine((text) => !RANGE.test(text) && text.toLowerCase() !== 'latest', { error: 'must be one version, not a range' });

const INPUT = z.object({
  description: TEXT.exactOptional(),
  isRequired: z.boolean().exactOptional(),
  isSecret: z.boolean().exactOptional(),
  format: z.enum(['string', 'number', 'boolean', 'filepath']).exactOptional(),
  value: TEXT.exactOptional(),
  default: TEXT.exactOptional(),
  placeholder: TEXT.exactOptional(),
  choices: z.array(TEXT).max(ITEMS_MAX).exactOptional(),
});
const WITH_VARIABLES = INPUT.extend({ variables: z.record(z.string().max(200), INPUT).exactOptional() });
const NAMED = WITH_VARIABLES.extend({ name: said(200).min(1) });

const ARGUMENT = z.union([
  NAMED.extend({ type: z.literal('named'), isRepeated: z.boolean().exactOptional() }),
  WITH_VARIABLES.extend({ type: z.literal('positional'), valueHint: TEXT.exactOptional(), isRepeated: z.boolean().exactOptional() })
    .refine(({ valueHint, value }) => valueHint !== undefined || value !== undefined, { error: 'a positional argument has a value or a hint' }),
]);
const ARGUMENTS = z.array(ARGUMENT).max(ITEMS_MAX);
const NAMED_INPUTS = z.array(NAMED).max(ITEMS_MAX);

const REMOTE_TRANSPORT = z.object({ type: z.enum(['streamable-http', 'sse']), url: URL_TEMPLATE, headers: NAMED_INPUTS.exactOptional() });
const TRANSPORT = z.discriminatedUnion('type', [z.object({ type: z.literal('stdio') }), REMOTE_TRANSPORT]);

const PACKAGE = z.object({
  registryType: said(100).min(1),
  registryBaseUrl: URL_TEXT.exactOptional(),
  identifier: said(LIMITS.uriLengthMax).min(1),
  version: VERSION.exactOptional(),
  fileSha256: z.string().regex(/^[a-f0-9]{64}$/).exactOptional(),
  runtimeHint: said(100).exactOptional(),
  transport: TRANSPORT,
  runtimeArguments: ARGUMENTS.exactOptional(),
  packageArguments: ARGUMENTS.exactOptional(),
  environmentVariables: NAMED_INPUTS.exactOptional(),
}).refine(({ registryType, fileSha256 }) => registryType !== 'mcpb' || fileSha256 !== undefined, { error: 'an mcpb package has a fileSha256' });
export type ServerPackage = z.infer<typeof PACKAGE>;

const REMOTE = REMOTE_TRANSPORT.extend({ variables: z.record(z.string().max(200), INPUT).exactOptional() });
export type ServerRemote = z.infer<typeof REMOTE>;
export type ServerInput = z.infer<typeof NAMED>;

export const SERVER_JSON = z.object({
  $schema: z.string().max(LIMITS.uriLengthMax).exactOptional(),
  name: SERVER_NAME,
  title: said(100).min(1).exactOptional(),
  description: said(100).min(1),
  version: VERSION,
  repository: z.object({ url: URL_TEXT, source: said(100), id: said(200).exactOptional(), subfolder: said(1000).exactOptional() }).exactOptional(),
  websiteUrl: URL_TEXT.exactOptional(),
  icons: z.array(z.object({
    src: z.string().max(255).regex(/^https:\/\/[^\s]+$/), mimeType: said(100).exactOptional(), sizes: z.array(said(20)).max(ITEMS_MAX).exactOptional(),
    theme: z.enum(['light', 'dark']).exactOptional(),
  })).max(ITEMS_MAX).exactOptional(),
  packages: z.array(PACKAGE).max(ITEMS_MAX).exactOptional(),
  remotes: z.array(REMOTE).max(ITEMS_MAX).exactOptional(),
});
/** A `server.json`, without what others keep under its `_meta`. */
export type ServerJson = z.infer<typeof SERVER_JSON>;
