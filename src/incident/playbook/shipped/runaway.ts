import { contain, lift } from '../compose.ts';
import type { Draft } from '../compose.ts';
import { answer, EVIDENCE, MEASURES, severities } from './frame.ts';

/** (j) */
export const runaway: Draft = {
  slug: 'runaway', name: 'Runaway agent or cost', types: ['mitigation', 'investigation', 'remediation'], severity: 50, impact: 20,
  modified: '2026-11-23T20:00:00.000Z',
  description: 'An agent calls in a loop, floods a server or spends without end. It is stopped, and comes back with a limit and a budget.',
  guide: {
    triggers: [{ kind: 'runaway', severity: 'medium' }],
    severities: severities('others can no longer work, or it spends money', 'a server is near its limits', 'it repeats itself and costs tokens only'),
    first_minutes: [
      'Stop the agent, not the server.', 'Look at what it repeats: an error that it does not understand is the usual cause.',
      'Tell the owner of the server what load it had.',
    ],
    evidence: [...EVIDENCE, 'calls a minute, by tool', 'what was spent, by the budget\'s counters', 'the answer that it repeated itself on'],
    eradication: ['A limit, a budget or a circuit breaker where there was none.', 'Mend the agent or the answer that confuses it.'],
    recovery_gates: ['The loop is replayed and stops at the limit.', 'Spent budgets were looked at by who pays.'],
    communications: [{
      audience: 'the person whose agent it is', subject: 'We stopped your agent',
      text: 'Your agent AGENT called TOOL COUNT times in MINUTES minutes. It is stopped since TIME.\nPlease tell us what it was to do; it comes '
        + 'back with a limit of LIMIT.',
    }],
    clocks: [], measures: MEASURES, techniques: ['AML.T0034', 'AML.T0029'],
  },
  parts: answer({
    contain: [
      contain('Stop the context', 'kill', 'context', 24),
      contain('Stop the agent', 'kill', 'agent', 24),
    ],
    triage: ['Is it a loop, an attack, or work that somebody wants? Look at what it repeats.'],
    widen: [contain('The person\'s tokens end', 'revoke-tokens', 'principal')],
    eradicate: [
      { who: 'owner', name: 'A limit', does: ['Set a limit, a budget or a circuit breaker for the tool: docs/policy-practice.md.'] },
      { who: 'operations', name: 'The cause', does: ['Mend the agent, or the answer that it repeats itself on.'] },
    ],
    gates: [{ who: 'operations', name: 'Replay', does: ['The same loop stops at the limit; usual work passes.'] }],
    lift: [lift('The agent may act again', 'kill', 'agent'), lift('The context may go on', 'kill', 'context')],
    learn: ['Which limit would have made it small?'],
  }),
};
