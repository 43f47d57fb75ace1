import { z } from 'zod';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS } from '../../domain/server.ts';

const PIN = z.object({ ecosystem: z.string(), name: z.string(), version: z.string(), digest: z.string(), declared: z.array(z.string()) });

const SERVER_ROW = z.object({
  id: z.string(), status: z.string(), endpoint: z.string(), owner: z.string().nullish(), tier: z.string(), hosting: z.string(), transport: z.string(),
  tools: z.number().optional(), drift: z.boolean(), refused: z.boolean(), contained: z.boolean().optional(), package: PIN.optional(),
});
export type ServerRow = z.infer<typeof SERVER_ROW>;

const ROW = {
  id: 'crm', status: 'approved', endpoint: 'https://crm.example/mcp', owner: 'ana', tier: 'internal', hosting: 'self', transport: 'http', tools: 4,
  drift: true, refused: false,
};

/** What is declared in the space. */
export const SERVERS = z.object({ servers: z.array(SERVER_ROW) }).meta({ examples: [{ servers: [ROW] }] });
export type Servers = z.infer<typeof SERVERS>;

const LABELS = z.object({ confidentiality: z.enum(CONFIDENTIALITIES), categories: z.array(z.enum(CATEGORIES)), integrity: z.enum(['trusted', 'untrusted']) });

/** One tool as it is approved, or would be: until somebody confirms its effect, the pessimistic guess stands. */
const TOOL = z.object({
  name: z.string(), effect: z.enum(EFFECTS), confirmed: z.boolean(), labels: LABELS, digest: z.string(), description: z.unknown(),
  dispatches: z.unknown().optional(),
});
export type ServerTool = z.infer<typeof TOOL>;

const PINNED = z.object({ name: z.string(), digest: z.string() });
const SURFACE = z.object({
  serverInfo: z.unknown(), instructions: z.unknown().optional(), tools: z.array(TOOL), prompts: z.array(PINNED), templates: z.array(PINNED),
  pages: z.array(PINNED.extend({ declares: z.unknown() })).optional(),
});

/** Where values of the environment are no references, they are hidden. */
const LAUNCH = z.object({
  command: z.string(), args: z.array(z.string()), env: z.record(z.string(), z.string()), cwd: z.string().optional(), shared: z.boolean(),
  sandbox: z.object({
    reads: z.array(z.string()), writes: z.array(z.string()), network: z.array(z.string()), memoryBytesMax: z.number(), processesMax: z.number(),
    tmpBytesMax: z.number(), secretFiles: z.record(z.string(), z.string()).optional(),
  }),
});
export type ServerLaunch = z.infer<typeof LAUNCH>;

const FINDING = z.object({ rule: z.string(), severity: z.enum(['info', 'warn', 'block']), item: z.string().optional(), message: z.string() });
export type ServerFinding = z.infer<typeof FINDING>;

/** All that is known of a server. `candidate`: what was read since, and waits for approval; `digest` is that of the baseline. */
export const SERVER_SHOWN = SERVER_ROW.omit({ drift: true, refused: true, contained: true }).extend({
  vendor: z.string().optional(), region: z.string().optional(), reason: z.string().optional(), digest: z.string().optional(),
  approvedBy: z.string().optional(), approvedAt: z.number().optional(), launch: LAUNCH.optional(), labels: LABELS,
  credentials: z.looseObject({ type: z.string() }), findings: z.array(FINDING), baseline: SURFACE.optional(),
  candidate: SURFACE.extend({ digest: z.string(), scannedAt: z.number() }).optional(),
});
export type ServerShown = z.infer<typeof SERVER_SHOWN>;

/** What approval would change, and the same as readable text. */
export const SERVER_DIFF = z.object({
  baseline: z.string().optional(), candidate: z.string().optional(), text: z.string(),
  drift: z.array(z.object({
    kind: z.string(), name: z.string(), class: z.string(), verdict: z.string(), fields: z.array(z.string()), renamedTo: z.string().optional(),
    copyOf: z.string().optional(),
  })),
}).meta({
  examples: [{
    baseline: 'a'.repeat(64), candidate: 'b'.repeat(64), text: 'tool search: changed\n-description: "Finds."\n+description: "Finds and sends."',
    drift: [{ kind: 'tool', name: 'search', class: 'semantic', verdict: 'deny', fields: ['description'] }],
  }],
});
export type ServerDiff = z.infer<typeof SERVER_DIFF>;

const DEFINITIONS = z.array(z.record(z.string(), z.unknown()));

/** What it says of itself, word by word: the candidate, else what is approved. */
export const SERVER_DEFINITIONS = z.object({
  instructions: z.unknown().optional(), tools: DEFINITIONS.optional(), prompts: DEFINITIONS.optional(), resourceTemplates: DEFINITIONS.optional(),
});
export type ServerDefinitions = z.infer<typeof SERVER_DEFINITIONS>;
