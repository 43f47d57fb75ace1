import type { ContainmentScope, ContainmentState, ContainmentVerb } from '../domain/containment.ts';

/** What a verb is, whatever it is done to. */
export interface VerbKind {
  /** What it does, in a sentence's end: "it …". */
  readonly does: string;
  readonly targets: readonly ContainmentScope['target'][];
  /**
   * `standing`: holds until its time is over or a person lifts it, and then it is as if it had never been. `kept`: holds until
   * somebody ends it who may, without a time. `act`: is done when it is asked for.
   */
  readonly way: 'standing' | 'kept' | 'act';
  /** What brings back what it took, in words for whoever asks how. */
  readonly back: string;
  /** Asked again for the same incident it has been done already. */
  readonly once?: true;
}

const LIFT = 'It ends by itself, or by: sallyport incident lift ID --reason WHY';
const CALLERS = ['all', 'space', 'agent', 'principal'] as const;
const SERVED = ['server', 'tool', 'vendor'] as const;

/** Every verb, as docs/containment.md has it. Closed: a target that is not here is refused by name. */
export const VERB_KINDS: Readonly<Record<ContainmentVerb, VerbKind>> = {
  kill: {
    does: 'stops what is named: open calls end, new ones are refused', targets: [...CALLERS, ...SERVED, 'context', 'credential'], way: 'standing', back: LIFT,
  },
  'quarantine-server': {
    does: 'takes the server out of service: nothing of it is listed, called or started', targets: ['server', 'vendor'], way: 'standing', back: LIFT,
  },
  'read-only': { does: 'lets through calls of tools that only read', targets: [...CALLERS, ...SERVED], way: 'standing', back: LIFT },
  'require-approval': {
    does: 'has a person agree to each call that does more than read', targets: [...CALLERS, ...SERVED], way: 'standing', back: LIFT,
  },
  'step-up': { does: 'takes calls with fresh tokens alone', targets: [...CALLERS, ...SERVED], way: 'standing', back: LIFT },
  'raise-inspection': {
    does: 'has every detector look, and refuses what one of them finds at least medium', targets: [...CALLERS, 'server', 'vendor'], way: 'standing', back: LIFT,
  },
  'block-host': {
    does: 'lets nothing of the gate go to the host: servers that are reached there stop, local servers reach it no more',
    targets: ['host'], way: 'standing', back: LIFT,
  },
  'rotate-secret': {
    does: 'gives the secret\'s present version to nobody, until a new one is set', targets: ['credential'], way: 'standing',
    back: 'A new version ends it: sallyport vault rotate NAME. The old one comes back by: sallyport incident lift ID --reason WHY',
  },
  'deny-at-endpoints': {
    does: 'takes what is named out of what clients are told to allow, and denies it by name where they can be told so',
    targets: ['server', 'vendor', 'host'], way: 'standing', back: LIFT,
  },
  'legal-hold': {
    does: 'keeps the evidence, whatever its retention says', targets: ['space', 'server', 'principal', 'context'], way: 'kept',
    back: 'Two people end it: sallyport incident lift ID --reason WHY',
  },
  'revoke-tokens': {
    does: 'ends every token that was issued until now', targets: [...CALLERS, 'credential'], way: 'act', back: 'Whoever may goes on with a new token.',
  },
  'revoke-credential': {
    does: 'ends accounts that people connected, here and at their provider; of a secret, its present version for good',
    targets: ['server', 'vendor', 'principal', 'agent', 'credential'], way: 'act',
    back: 'People connect their accounts anew; a new secret is set with: sallyport vault rotate NAME',
  },
  'drop-context': {
    does: 'ends the calls and tasks of flow contexts, and forgets what they carried but not that it was there: they count as the worst',
    targets: ['context', 'agent', 'principal'], way: 'act', back: 'A person says that it begins anew: sallyport context reset KEY --reason WHY',
  },
  'taint-context': {
    does: 'has flow contexts count as if they had read the most confidential and the least trusted', targets: ['context', 'agent', 'principal'], way: 'act',
    back: 'A person says that it begins anew: sallyport context reset KEY --reason WHY',
  },
  'rollback-pin': {
    does: 'puts the definitions in force that were approved before the present ones', targets: ['server'], way: 'act',
    back: 'Read what the server says, and approve it: sallyport server scan ID, sallyport server approve ID',
  },
  'evidence-bundle': {
    does: 'takes the records with their proofs, and holds them', targets: ['context', 'incident'], way: 'act',
    back: 'Nothing was changed but a legal hold, which two people end.',
  },
  'notify-vendor': { does: 'tells the vendor\'s incident contact', targets: ['vendor'], way: 'act', back: 'What was told stays told.', once: true },
  page: {
    does: 'tells the people on call', targets: ['all', 'space', 'server', 'agent', 'principal', 'vendor', 'incident'], way: 'act',
    back: 'What was told stays told.', once: true,
  },
};

/** Of a scope that is more than one thing. It takes two people where administration says so. */
export function isWide({ target }: ContainmentScope): boolean {
  return target === 'all' || target === 'space';
}

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const NAMES: Readonly<Record<ContainmentScope['target'], readonly [pattern: RegExp, says: string]>> = {
  all: [/^$/, 'nothing'],
  space: [/^$/, 'nothing: the space is the one that is asked'],
  server: [SLUG, 'a server\'s id'],
  tool: [/^[a-z0-9][a-z0-9-]{0,62}\/[^\p{Cc}\p{Cf}]{1,128}$/u, '<server>/<tool>'],
  agent: [SLUG, 'an agent\'s id'],
  principal: [/^(?:p_[\w-]{4,80}|[^\p{Cc}\p{Cf}|]{1,1000}\|[^\p{Cc}\p{Cf}]{1,1000})$/u, 'a principal\'s id, <issuer>|<subject>, or pseudonym'],
  context: [/^[0-9a-f]{32}$/, 'the key of a flow context'],
  credential: [/^[^\p{Cc}\p{Cf}\s]{1,1000}$/u, 'the id of a credential'],
  // A whole top-level domain is everybody's, and takes no second person.
  host: [
    /^(?!\*\.[^.]*$)(?:\*\.)?(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$|^\[?[0-9a-f:.]{2,45}\]?$/,
    'a host\'s name or address in lower case, or *.<domain> of two parts or more',
  ],
  vendor: [SLUG, 'a vendor\'s id'],
  incident: [/^[\w.:-]{1,128}$/, 'an incident\'s id'],
};

/** Why a verb cannot be done to that; undefined: it can be asked for. */
export function complain(verb: ContainmentVerb, { target, name }: ContainmentScope): string | undefined {
  const { targets } = VERB_KINDS[verb];
  if (!targets.includes(target)) return `${verb} is done to ${targets.join(', ')}, not to ${target === 'all' ? 'all' : `a ${target}`}`;
  const [pattern, says] = NAMES[target];
  return pattern.test(name) ? undefined : `the name of ${target === 'all' ? 'all' : `a ${target}`} is ${says}`;
}

/** A containment as far as time and state say whether it holds. */
export interface Holding {
  readonly state: ContainmentState;
  /** Epoch ms; absent: without an end. */
  readonly until?: number;
}

/** Whether it is in force now. What has ended by its time does so before anybody notes that. */
export function holds({ state, until }: Holding, now: number): boolean {
  return state === 'applied' && (until === undefined || until > now);
}
