import type { Severity } from '../../../domain/finding.ts';
import type { People, Part } from '../compose.ts';
import { playbookId } from '../compose.ts';
import type { Guide } from '../form.ts';

/** What every answer to an incident calls. Their names and types make their ids. */
export const PRESERVE = { name: 'Preserve evidence', types: ['investigation'] } as const;
export const TELL = { name: 'Tell who must know', types: ['notification'] } as const;

export interface Answer {
  /** At once, before anybody has looked: each has a way back. */
  readonly contain: readonly Part[];
  /** What the lead looks at to say whether it is really this. */
  readonly triage: readonly string[];
  /** What has no way back: only once people said that it is real. */
  readonly confirmed?: readonly Part[];
  /** When more than the first server or person is concerned. */
  readonly widen: readonly Part[];
  readonly eradicate: readonly { readonly who: People; readonly name: string; readonly does: readonly string[] }[];
  /** What must be seen before anything runs again. */
  readonly gates: readonly { readonly who: People; readonly name: string; readonly does: readonly string[] }[];
  readonly lift: readonly Part[];
  readonly learn: readonly string[];
}

/**
 * The course of every answer: hold it and keep what happened, both at once; find out whether it is real; if not, take everything back;
 * if so, see how far it went, remove the cause, tell who must know, pass the gates, let it run again, learn.
 */
export function answer({ contain, triage, confirmed = [], widen, eradicate, gates, lift, learn }: Answer): readonly Part[] {
  return [
    {
      kind: 'fork', name: 'Hold it, and keep what happened',
      branches: [contain, [{ kind: 'use', name: 'Preserve evidence', playbook: playbookId(PRESERVE), hands: ['__incident__', '__context__'] }]],
    },
    { kind: 'ask', name: 'Is it real?', who: 'lead', activity: 'identify-indicators', does: triage, answers: ['__confirmed__'] },
    {
      kind: 'if', name: 'It is real', condition: "__confirmed__:value = 'true'", yes: [
        ...realParts({ confirmed, widen, eradicate, gates, lift }), lessons(learn),
      ],
      no: [
        ...lift,
        {
          kind: 'ask', name: 'A false alarm', who: 'lead', activity: 'analyze-collected-data',
          does: [
            'Close the incident as a false alarm, with the reason.',
            'Say which rule or detector raised it, and have it mended or its threshold changed.',
          ],
        },
      ],
    },
  ];
}

type Real = Pick<Answer, 'confirmed' | 'widen' | 'eradicate' | 'gates' | 'lift'>;

function realParts({ confirmed = [], widen, eradicate, gates, lift }: Real): readonly Part[] {
  return [
    ...confirmed,
    { kind: 'request', name: 'See what it touched', command: 'GET /api/v1/incidents/__incident__:value/blast HTTP/1.1', activity: 'analyze-collected-data' },
    {
      kind: 'ask', name: 'How far did it go?', who: 'lead', activity: 'analyze-collected-data', answers: ['__spread__', '__personal_data__'],
      does: [
        'Read what this context, tool and credential touched: sallyport incident blast.',
        'Say whether more is concerned than what was held first, and whether data about people may be.',
      ],
    },
    { kind: 'if', name: 'It went further', condition: "__spread__:value = 'true'", yes: widen },
    ...eradicate.map(({ who, name, does }): Part => ({ kind: 'ask', name, who, activity: 'eliminate-risk', does })),
    { kind: 'use', name: 'Tell who must know', playbook: playbookId(TELL), hands: ['__incident__', '__personal_data__'] },
    ...gates.map(({ who, name, does }): Part => ({ kind: 'ask', name, who, activity: 'scan-system', does })),
    {
      kind: 'ask', name: 'May it run again?', who: 'owner', activity: 'restore-capabilities', answers: ['__trusted_again__'],
      does: ['Say whether every gate was passed. Without it, what was stopped stays stopped.'],
    },
    {
      kind: 'if', name: 'It may run again', condition: "__trusted_again__:value = 'true'",
      yes: [
        ...lift,
        {
          kind: 'request', name: 'Recovered', command: 'POST /api/v1/incidents/__incident__:value/recover HTTP/1.1',
          content: { reason: 'playbook: every gate was passed' }, activity: 'restore-capabilities',
        },
      ],
      no: [{
        kind: 'ask', name: 'It stays stopped', who: 'owner', activity: 'restrict-access',
        does: ['Make what holds it last: a policy, or the server out of the registry; what was contained ends by itself when its time is over.'],
      }],
    },
  ];
}

function lessons(learn: readonly string[]): Part {
  return {
    kind: 'ask', name: 'What is learnt', who: 'lead', activity: 'analyze-collected-data',
    does: [...learn, 'Note the times to detect, contain and recover, and close the incident with what it was.'],
  };
}

/** By when it must be contained, from the severity of the incident. */
export function severities(critical: string, high: string, medium: string): Guide['severities'] {
  return [row('critical', critical, 15), row('high', high, 60), row('medium', medium, 480)];
}

function row(severity: Severity, when: string, minutes: number): Guide['severities'][number] {
  return { severity, when, contain_within_minutes: minutes };
}

export const MEASURES = [
  'time to detect: from the first signal to the opening of the incident', 'time to contain: from the opening to the first containment that holds it',
  'time to recover: from the containment to its last lift', 'reach: contexts, tools, credentials and people that it touched',
];

/** When somebody who knows the law must have been asked. Which of them apply is theirs to say. */
export const CLOCKS = {
  gdpr: {
    law: 'GDPR, articles 33 and 34', hours: 72, from: 'becoming aware of a breach of personal data',
    says: 'the supervisory authority, unless a risk to people is unlikely; the people too where the risk is high',
  },
  nis2Early: { law: 'NIS2, article 23', hours: 24, from: 'becoming aware of a significant incident', says: 'an early warning to the CSIRT or the authority' },
  nis2: {
    law: 'NIS2, article 23', hours: 72, from: 'becoming aware of a significant incident',
    says: 'a notification with a first assessment; the final report within a month',
  },
  sec: {
    law: 'SEC, form 8-K item 1.05', hours: 96, from: 'finding that the incident is material',
    says: 'within four business days, by issuers that report there',
  },
  dora: {
    law: 'DORA, article 19', hours: 24, from: 'becoming aware of a major incident',
    says: 'a first notification by financial entities: four hours after it was found to be major, a day at the most',
  },
} as const satisfies Readonly<Record<string, Guide['clocks'][number]>>;

/** What nearly every incident leaves. */
export const EVIDENCE = [
  'the incident with its signals and timeline', 'every record of its contexts and exchanges, with proofs of inclusion and the checkpoint',
  'the policies, detectors and limits in force at the time', 'pins and definitions of the tools concerned, before and after',
  'versions of the configuration and who changed them',
  'what was applied, by whom, and what it touched',
];
