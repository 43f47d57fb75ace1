/** What the score is made of, each with its weight in it: together 100. */
export const DOMAINS = {
  auth: { title: 'Authentication and authorisation', weight: 25 },
  transport: { title: 'Transport', weight: 10 },
  protocol: { title: 'Protocol currency', weight: 10 },
  tools: { title: 'Integrity of tools', weight: 15 },
  data: { title: 'Protection of data', weight: 15 },
  operations: { title: 'Logging and incidents', weight: 10 },
  vulnerabilities: { title: 'Handling of vulnerabilities', weight: 10 },
  governance: { title: 'Evidence of governance', weight: 5 },
} as const;
export type Domain = keyof typeof DOMAINS;

export type Value = boolean | number | string | readonly string[] | readonly DisclosedTool[];

/** One tool as the vendor says it is. */
export interface DisclosedTool {
  readonly name: string;
  readonly effect: 'read' | 'write' | 'destroy' | 'execute' | 'communicate' | 'transact';
  /** What its results carry at most. */
  readonly data: 'public' | 'internal' | 'confidential' | 'restricted';
}

/** How good an answer is, 0 to 1: the first step that holds; none holds: 0. `given`: any answer is. */
export type Worth =
  | { readonly of: 'yes' }
  | { readonly of: 'given' }
  | { readonly of: 'choice'; readonly points: Readonly<Record<string, number>> }
  | { readonly of: 'at-most' | 'at-least'; readonly steps: readonly (readonly [number, number])[] }
  | { readonly of: 'includes'; readonly steps: readonly (readonly [string, number])[] }
  /** A date at most so many days ago. */
  | { readonly of: 'within'; readonly days: number };

export type Kind = 'yes-no' | 'choice' | 'number' | 'date' | 'text' | 'list' | 'tools';

/** One thing that a vendor is asked. */
export interface Question {
  readonly section: string;
  readonly asks: string;
  readonly kind: Kind;
  /** Of a choice. */
  readonly options?: readonly string[];
  /** Without an answer the disclosure is not valid. */
  readonly required?: true;
  /** Absent: it is asked for, and has no part in the score. */
  readonly counts?: { readonly domain: Domain; readonly weight: number; readonly worth: Worth };
  /** Checks of probes that see the same from outside: where one fails, what was said here is not so. */
  readonly seenBy?: readonly string[];
}

/** How good an answer is at a moment, 0 to 1. */
export function worthOf(worth: Worth, value: Value, at: number): number {
  if (worth.of === 'yes') return value === true ? 1 : 0;
  if (worth.of === 'given') return Array.isArray(value) ? Math.min(1, value.length) : value === '' || value === false ? 0 : 1;
  if (worth.of === 'choice') return typeof value === 'string' ? (worth.points[value] ?? 0) : 0;
  if (worth.of === 'within') return typeof value === 'string' && at - Date.parse(value) <= worth.days * 86_400_000 ? 1 : 0;
  if (worth.of === 'includes') return Array.isArray(value) ? (worth.steps.find(([item]) => value.some((one) => isIt(one, item)))?.[1] ?? 0) : 0;
  if (typeof value !== 'number') return 0;
  return worth.steps.find(([edge]) => (worth.of === 'at-most' ? value <= edge : value >= edge))?.[1] ?? 0;
}

/** Also with more words after it: `SOC 2 Type II`. */
function isIt(said: string | DisclosedTool, item: string): boolean {
  return typeof said === 'string' && (said === item || said.startsWith(`${item} `));
}
