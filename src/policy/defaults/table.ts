import { isArray, isObject, type Json } from '../../domain/json.ts';
import type { PolicySource } from '../compile.ts';
import agentConfiguration from './agent-configuration.cedar' with { type: 'text' };
import hiddenArguments from './hidden-arguments.cedar' with { type: 'text' };
import { INSPECTION } from './inspection.ts';
import pinnedSchema from './pinned-schema.cedar' with { type: 'text' };
import poisonedMemory from './poisoned-memory.cedar' with { type: 'text' };
import ruleOfTwo from './rule-of-two.cedar' with { type: 'text' };
import secretEgress from './secret-egress.cedar' with { type: 'text' };
import undisclosedVendor from './undisclosed-vendor.cedar' with { type: 'text' };
import uncleared from './uncleared-sink.cedar' with { type: 'text' };
import untrustedDestination from './untrusted-destination.cedar' with { type: 'text' };

/** How the ids of the policies that ship begin. */
const DEFAULT_POLICY_ID = 'default/';

/** One policy that ships: its Cedar says why, this what whoever meets it can do. */
export interface DefaultPolicy {
  /** Its name in `defaults:` of the manifest; its id is `default/<name>`. */
  readonly name: string;
  readonly text: string;
  readonly remedy: string;
}

/** Plain Cedar, as anybody could write it. */
const TABLE: readonly DefaultPolicy[] = [
  {
    name: 'untrusted-destination', text: untrustedDestination,
    remedy: 'Ask the server\'s owner to approve the call, or an administrator to allow the destination (flow.allow) or to endorse it: sallyport flow endorse.',
  },
  {
    name: 'uncleared-sink', text: uncleared,
    remedy: 'Leave the confidential part out, or ask for a declassification: sallyport flow declassify.',
  },
  {
    name: 'rule-of-two', text: ruleOfTwo,
    remedy: 'Ask the server\'s owner to approve the call, or do it in another conversation.',
  },
  { name: 'poisoned-memory', text: poisonedMemory, remedy: 'Write down what was learnt without what reads like instructions.' },
  { name: 'hidden-arguments', text: hiddenArguments, remedy: 'Take the invisible characters out.' },
  { name: 'secret-egress', text: secretEgress,
    remedy: 'Leave the secret out: servers get theirs from the vault. If it came in an answer, tell its owner: it is known there.' },
  { name: 'pinned-schema', text: pinnedSchema,
    remedy: 'Send what the tool\'s schema asks for. If an answer broke it, tell the server\'s owner: the server says otherwise than it does.' },
  { name: 'agent-configuration', text: agentConfiguration, remedy: 'Ask the server\'s owner to approve the call, or write the file yourself.' },
  { name: 'undisclosed-vendor', text: undisclosedVendor,
    remedy: 'Ask an administrator to have the vendor answer: sallyport vendor link VENDOR, or vendor disclose VENDOR FILE.' },
  { name: 'inspection', text: INSPECTION.text,
    remedy: 'Ask for or send less at once; if that is not why, an administrator finds the detector in the record.' },
];

export const DEFAULT_NAMES: readonly string[] = TABLE.map(({ name }) => name);

/** The detectors whose findings policies that ship read. */
export function detectorsOfDefaults(): readonly string[] {
  return detectorsReadIn(TABLE.map(({ text }) => text)).filter((id) => id !== 'default' && id !== 'inspect');
}

/** What stands before the slash in the strings of policies: detectors, where these are ids of findings. */
export function detectorsReadIn(policies: readonly string[]): readonly string[] {
  return [...new Set(policies.flatMap((text) => Array.from(text.matchAll(/"([a-z-]+)\/[a-z-]+"/g), (match) => match[1] ?? '')))];
}

/** Whether a shipped policy holds: as it is, only by being recorded where it would have, or not at all. */
type Modes = Readonly<Record<string, 'on' | 'shadow' | 'off'>>;

/** The policies that ship, as they are to be compiled; those that are not named are in force. */
export function defaultPolicies(modes: Modes): readonly PolicySource[] {
  return TABLE.flatMap(({ name, text }) => {
    const mode = modes[name] ?? 'on';
    return mode === 'off' ? [] : [{ file: `defaults/${name}.cedar`, text: mode === 'shadow' ? text.replace(/^@id/m, '@only("shadow")\n@id') : text }];
  });
}

/** Why a policy that ships denies, and what can be done about it; undefined: it is none. */
export function wordsOfDefault(policy: string): { readonly reason: string; readonly remedy: string } | undefined {
  const known = TABLE.find(({ name }) => policy === `${DEFAULT_POLICY_ID}${name}`);
  return known && { reason: /@reason\("([^"]+)"\)/.exec(known.text)?.[1] ?? '', remedy: known.remedy };
}

/** A decision program without them: what a company's own policies give, whatever is found on the way. */
export function withoutDefaults(program: Json): Json {
  if (!isObject(program) || !isArray(program['policies'])) return program;
  return { ...program, policies: program['policies'].filter((policy) => !isDefault(policy)) };
}

function isDefault(policy: Json): boolean {
  return isObject(policy) && typeof policy['id'] === 'string' && policy['id'].startsWith(DEFAULT_POLICY_ID);
}
