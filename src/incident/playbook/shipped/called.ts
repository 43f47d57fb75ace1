import type { Draft } from '../compose.ts';
import { contain } from '../compose.ts';
import { CLOCKS, EVIDENCE, MEASURES, PRESERVE, TELL } from './frame.ts';

const MODIFIED = '2026-11-23T20:00:00.000Z';
const COMMON = { triggers: [], severities: [], measures: MEASURES, techniques: [] };

/** Called by every other: so that nothing expires or is erased, and so that it can be shown to others. */
export const preserveEvidence: Draft = {
  slug: 'preserve-evidence', ...PRESERVE, severity: 0, impact: 5, modified: MODIFIED,
  description: 'Holds everything of an incident against expiry and erasure, and bundles it so that it verifies without this installation.',
  guide: {
    ...COMMON, first_minutes: [
      'Hold before anything else: what is erased by retention is gone.',
    ], evidence: EVIDENCE, eradication: ['Nothing is removed here.'],
    recovery_gates: ['The bundle verifies on another machine: sallyport audit verify.'], communications: [], clocks: [],
  },
  parts: [
    contain('Hold the evidence', 'legal-hold', 'context'),
    contain('Bundle the evidence, and hold it', 'evidence-bundle', 'incident'),
    {
      kind: 'request', name: 'Note that evidence is held', command: 'POST /api/v1/incidents/__incident__:value/notes HTTP/1.1',
      content: { text: 'The evidence is held and bundled.' }, activity: 'identify-indicators',
    },
  ],
};

/** Called when an incident is real. */
export const tellWhoMustKnow: Draft = {
  slug: 'tell-who-must-know', ...TELL, severity: 0, impact: 10, modified: MODIFIED,
  description: 'Management, people concerned, customers and authorities, each in time, by whom the company names for it.',
  guide: {
    ...COMMON, first_minutes: ['Note when the company became aware: clocks run from then.'], evidence: ['what was told, to whom, when, by whom'],
    eradication: ['Nothing is removed here.'], recovery_gates: ['Every clock that applies was met, or why not is written down.'],
    communications: [
      {
        audience: 'management', subject: 'Incident INCIDENT: what happened and what we did',
        text: 'At TIME we detected WHAT. Since TIME it is contained by HOW; nothing further is known to be affected / we are looking at '
          + 'WHAT.\nDecisions we need from you: DECISIONS.\nThe next report comes at TIME.',
      },
      {
        audience: 'supervisory authority', subject: 'Notification of a personal data breach',
        text: 'Nature of the breach, categories and approximate number of people and records: WHAT.\nContact: WHO.\nLikely consequences: '
          + 'WHAT.\nMeasures taken and proposed: WHAT.\nWhat is not known yet follows by TIME.',
      },
      {
        audience: 'people concerned', subject: 'Your data and what we do about it',
        text: 'On DATE data about you (WHICH) could be reached by WHOM. It was stopped on DATE.\nWhat it can mean for you: WHAT. What you can do: '
          + 'WHAT.\nQuestions: WHERE.',
      },
    ],
    clocks: [CLOCKS.gdpr, CLOCKS.nis2Early, CLOCKS.nis2, CLOCKS.sec, CLOCKS.dora],
  },
  parts: [
    {
      kind: 'fork', name: 'Inside and outside', branches: [
        [
          {
            kind: 'ask', name: 'Tell management', who: 'lead', activity: 'compose-content',
            does: ['Write to management from the template; send it by a channel that the incident does not touch.'],
          },
        ],
        [{
          kind: 'if', name: 'Are people concerned?', condition: "__personal_data__:value = 'true'",
          yes: [{
            kind: 'ask', name: 'Which laws apply?', who: 'legal', activity: 'identify-audience',
            does: [
              'Say which clocks run, since when, and who notifies whom. This page is no legal advice.',
              'Notify in time with what is known; the rest follows.',
            ],
          }],
          no: [{
            kind: 'ask', name: 'Do other duties apply?', who: 'legal', activity: 'identify-audience',
            does: ['Contracts, NIS2, DORA and stock exchanges ask for more than personal data: say which clocks run.'],
          }],
        }],
        [
          {
            kind: 'ask', name: 'Tell those outside', who: 'communications', activity: 'deliver-content',
            does: ['Customers and partners whom contracts name, after the lead and legal have read it.'],
          },
        ],
      ],
    },
    {
      kind: 'request', name: 'Note that they were told', command: 'POST /api/v1/incidents/__incident__:value/notes HTTP/1.1',
      content: { text: 'Those who must know were told.' }, activity: 'compose-content',
    },
  ],
};
