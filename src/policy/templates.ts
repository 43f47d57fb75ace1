import type { Effect } from '../domain/server.ts';
import { actionScope, entity, oneOf, writePolicy } from './quote.ts';

export const TEMPLATES = ['read-only', 'support', 'developer', 'finance'] as const;
export type TemplateName = (typeof TEMPLATES)[number];

interface Template {
  readonly about: string;
  readonly effects: readonly Effect[];
  /** Forbids that stand above every permit, as Cedar text. */
  readonly guards: readonly Guard[];
}

/** Writes itself under an id that begins with the given words. */
type Guard = (words: string) => string;

const guard = (id: string, reason: string, condition: string): Guard => (words) =>
  writePolicy({
    id: `${words}:${id}`,
    remarks: { reason },
    effect: 'forbid',
    principal: 'principal',
    action: 'action == Action::"call_tool"',
    resource: 'resource',
    when: [condition],
  });

const NO_CARD_DATA = guard('guard:restricted', 'restricted data stays where it is', 'resource.confidentiality == "restricted"');
const NO_OUTSIDE_WRITES = guard('guard:external-change', 'changes come from inside networks only', 'resource.effect != "read" && context.zone == "external"');
const NO_STALE_TOKENS = guard('guard:stale-token', 'money moves with a fresh sign-in only', 'resource.effect == "transact" && context.tokenAge > 900');
const NO_DESTROYING = guard('guard:destroy', 'nothing is destroyed by agents', 'resource.effect == "destroy"');

const TABLE: Readonly<Record<TemplateName, Template>> = {
  'read-only': { about: 'may look at everything on the servers, and change nothing', effects: ['read'], guards: [] },
  support: { about: 'may look and write, but neither destroy, run, send nor pay', effects: ['read', 'write'], guards: [NO_CARD_DATA] },
  developer: { about: 'may look, write and run, from inside networks', effects: ['read', 'write', 'execute'], guards: [NO_OUTSIDE_WRITES, NO_DESTROYING] },
  finance: {
    about: 'may look, write and pay, with a token of at most 15 minutes for payments',
    effects: ['read', 'write', 'transact'],
    guards: [NO_STALE_TOKENS],
  },
};

/** A first policy file for a group on some servers, with what it means in a comment on top. */
export function writeTemplate(name: TemplateName, group: string, servers: readonly string[]): string {
  const { about, effects, guards } = TABLE[name];
  const principal = `principal in ${entity('Group', group)}`;
  // Ids are unique among all policies: a second group, or a second server later, is a second file that must go beside the first.
  const whose = `${name}:${group.replaceAll(/[^A-Za-z0-9_.-]/g, '-')}`;
  const all = `${whose}:${servers[0] ?? ''}`;
  const permits = servers.flatMap((server) => {
    const resource = `resource in ${entity('Server', server)}`;
    const permit = (part: string, actions: readonly string[], when: readonly string[]): string =>
      writePolicy({ id: `${whose}:${server}:${part}`, effect: 'permit', principal, action: actionScope(actions), resource, when });
    return [permit('session', ['read_only', 'session'], []), permit('tools', ['call_tool'], [oneOf(effects, 'resource.effect')])];
  });
  // Without this the agent goes on with the text that was approved while the server already says another.
  const unchanged = writePolicy({
    id: `${all}:changed-description`,
    remarks: { reason: 'a tool whose description changed waits for a person' },
    effect: 'forbid',
    principal,
    action: 'action == Action::"call_tool"',
    resource: 'resource',
    when: ['context.drift == "text"'],
  });
  return [`// ${name}: the group ${about}.\n`, ...permits, unchanged, ...guards.map((write) => write(all))].join('\n');
}
