import { contain, holdSecret, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, CLOCKS, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (d) */
export const vendorBreach: Draft = {
  slug: 'vendor-breach', name: 'Breach at a vendor that hosts servers', types: ['mitigation', 'investigation', 'remediation'], severity: 85, impact: 60,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'A vendor says, or it shows, that their service was broken into. Nothing more goes to them, what they hold of ours is made '
    + 'worthless, and their servers come back only after a new assessment.',
  guide: {
    triggers: [{ kind: 'vendor-breach', severity: 'medium' }],
    severities: severities(
      'credentials or restricted data of ours were at the vendor', 'the vendor confirms a breach of the service that we use',
      'signs only: certificate, issuer, domain or tools changed without notice',
    ),
    first_minutes: [
      'Stop writing to the vendor; if credentials are concerned, stop everything.', 'End every token that they hold of ours.',
      'List what went there in the last 90 days, by label.', 'Call the incident contact of the contract; do not use addresses from the notice.',
    ],
    evidence: [
      ...EVIDENCE, 'the vendor\'s notice, with where it came from', 'the disclosure and the probes before and after',
      'what data of which labels went to the vendor',
    ],
    eradication: ['Rotate every credential that the vendor has seen.', 'Remove accounts, webhooks and grants that they no longer need.'],
    recovery_gates: [
      'The vendor says in writing what happened and what was changed.', 'A new disclosure and new probes agree: sallyport vendor probe.',
      'Old credentials are refused when tried.', 'One agent with a canary value uses it first.',
    ],
    communications: [
      {
        audience: 'the vendor', subject: 'Incident at your service: what we need to know',
        text: 'We stopped using SERVICE at TIME because of WHAT.\nPlease tell us by TIME: what was reached, since when, whether data or tokens of '
          + 'ours were, what you changed, and who can answer questions at any hour.\nOur contract asks for a notice within HOURS hours.',
      },
      {
        audience: 'people who use the service', subject: 'SERVICE is not available',
        text: 'SERVICE is stopped since TIME because of an incident at its vendor. Please do not enter credentials there.\nUse INSTEAD. We write '
          + 'again at TIME.',
      },
    ],
    clocks: [
      CLOCKS.gdpr, CLOCKS.nis2Early, CLOCKS.nis2, CLOCKS.sec, CLOCKS.dora,
    ], measures: MEASURES, techniques: ['AML.T0010.005', 'AML.T0104', 'AML.T0098', 'AML.T0024'],
  },
  parts: answer({
    contain: [
      contain('Nothing is written to the vendor', 'read-only', 'vendor'),
      contain('Take the server out of service', 'quarantine-server', 'server'),
    ],
    triage: [
      'Call the contact of the contract: is it real, which service, since when?',
      'Compare the newest probe with the one before: sallyport vendor show.',
    ],
    confirmed: [contain('End connected accounts and tokens there', 'revoke-credential', 'vendor'), ...holdSecret('Which secret has the vendor seen?')],
    widen: [
      contain('Tell the vendor', 'notify-vendor', 'vendor'),
      contain('Block the host', 'block-host', 'host'),
    ],
    eradicate: [
      {
        who: 'operations', name: 'Make what they hold worthless',
        does: ['Rotate every secret that the vendor has seen; end grants and connected accounts: sallyport vault.'],
      },
      { who: 'owner', name: 'Find what went there', does: ['List data of which labels went to the vendor, by the records of its servers, and tell legal.'] },
    ],
    gates: [
      { who: 'owner', name: 'A new assessment', does: ['New disclosure, new probes, a score that the tier asks for; the vendor\'s report was read.'] },
      {
        who: 'operations', name: 'Replay and canary',
        does: ['Old tokens are refused; definitions are pinned anew; one agent with a canary value goes first.'],
      },
    ],
    lift: [
      lift('The vendor may be written to again', 'read-only', 'vendor'), lift(
        'The server is in service again', 'quarantine-server', 'server',
      ), lift('The host may be reached again', 'block-host', 'host'),
    ],
    learn: ['Did the vendor tell in the time that they disclosed? Lower their score if not.', 'Could less data have gone there?'],
  }),
};
