import type { IncidentRule } from './rule.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What reads like orders to an agent, in what an agent was given. */
const ORDERS = ['instructions/*', 'text-model/injection', 'hidden-channels/*', 'remote/attack'];
/** Where an agent that follows such orders is met. */
const ACTS = [
  'policy/untrusted-destination', 'policy/rule-of-two', 'policy/poisoned-memory', 'policy/agent-configuration', 'policy/hidden-arguments',
  'policy/secret-egress', 'policy/uncleared-sink', 'egress/*', 'ssrf/*', 'command/*', 'paths/*', 'agent-config/*', 'generated-shell/*', 'generated-code/*',
  'anomaly/destinations', 'anomaly/sequence', 'anomaly/first-use',
];
const SENSITIVE = ['secrets/*', 'personal-data/bulk', 'personal-data/national-id', 'payment/*', 'health/*', 'source-code/*'];
const OUTWARD = [
  'policy/uncleared-sink', 'policy/untrusted-destination', 'policy/secret-egress', 'policy/rule-of-two', 'egress/*', 'anomaly/destinations', 'anomaly/labels',
];
const TOKENS = ['call.refused/ERR_TOKEN_AUDIENCE', 'call.refused/ERR_TOKEN_REVOKED', 'call.refused/ERR_PROOF_*', 'call.refused/ERR_TOKEN_INVALID'];

/** The rules by which signals become incidents, each of a kind that has its playbook. docs/incidents.md has them as a table. */
export const INCIDENT_RULES: readonly IncidentRule[] = [
  {
    id: 'injection-acted-on', title: 'An agent read orders in data, and then did something out of the ordinary', kind: 'prompt-injection', severity: 'high',
    techniques: ['AML.T0051.001', 'AML.T0053', 'SAFE-T1102', 'MCP06', 'ASI01', 'MCP-T4'], by: ['context'], ordered: true, withinMs: HOUR_MS,
    needs: [{ any: ORDERS, atLeast: 'medium' }, { any: ACTS }],
  },
  {
    id: 'hidden-orders', title: 'Text that no person sees was given to an agent', kind: 'prompt-injection', severity: 'medium',
    techniques: ['AML.T0051.001', 'AML.T0068', 'SAFE-T1402', 'MCP06', 'ASI01'], by: ['context'], withinMs: HOUR_MS,
    needs: [{ any: ['hidden-channels/tag-characters', 'hidden-channels/selector-bytes', 'hidden-channels/bidi-control'], atLeast: 'medium' }],
  },
  {
    id: 'orders-from-one-server', title: 'A server gives orders to agents again and again', kind: 'prompt-injection', severity: 'medium',
    techniques: ['AML.T0051.001', 'AML.T0099', 'SAFE-T1102', 'MCP06', 'ASI01'], by: ['server'], withinMs: 15 * MINUTE_MS,
    needs: [{ any: ORDERS, atLeast: 'high', count: 3 }],
  },
  {
    id: 'strange-destinations', title: 'An agent tries to reach places that only a stranger named', kind: 'prompt-injection', severity: 'medium',
    techniques: ['AML.T0051.001', 'AML.T0053', 'SAFE-T1102', 'ASI01', 'ASI02'], by: ['context'], withinMs: 15 * MINUTE_MS,
    needs: [{ any: ['policy/untrusted-destination', 'policy/rule-of-two'], count: 3 }],
  },
  {
    id: 'poisoned-definition', title: 'A tool tells agents what to do', kind: 'tool-poisoning', severity: 'high',
    techniques: ['AML.T0110', 'SAFE-T1001', 'MCP03', 'ASI04', 'MCP-T6'], by: ['server'], withinMs: DAY_MS,
    needs: [{
      any: [
        'tool-poisoning/*', 'text-model/poisoned-definition', 'text-model/definition-*', 'hidden-channels/definition-*', 'instructions/definition-*',
        'cross-server/*',
      ],
      atLeast: 'high',
    }],
  },
  {
    id: 'definition-changed', title: 'A server says something else than what was approved', kind: 'tool-poisoning', severity: 'medium',
    techniques: ['AML.T0109', 'SAFE-T1201', 'MCP03', 'ASI04', 'MCP-T6'], by: ['server'], withinMs: DAY_MS,
    needs: [{ any: ['drift.found/text', 'drift.found/schema', 'drift.found/effect', 'drift.found/unknown'] }],
  },
  {
    id: 'denied-again-and-again', title: 'An agent is denied again and again', kind: 'unauthorised-action', severity: 'medium',
    techniques: ['AML.T0053', 'SAFE-T1309', 'MCP02', 'ASI03', 'MCP-T2'], by: ['context'], withinMs: 5 * MINUTE_MS,
    needs: [{ any: ['call.denied/ERR_POLICY_DENIED', 'call.denied/ERR_TOOL_UNKNOWN', 'message.denied/*'], count: 10 }],
  },
  {
    id: 'unusual-and-denied', title: 'An agent does what it never did, and is denied', kind: 'unauthorised-action', severity: 'medium',
    techniques: ['AML.T0053', 'SAFE-T1307', 'MCP02', 'ASI03', 'ASI10'], by: ['context'], withinMs: 30 * MINUTE_MS,
    needs: [{ any: ['anomaly/*'], atLeast: 'medium' }, { any: ['call.denied/*'], count: 3 }],
  },
  {
    id: 'own-orders-changed', title: 'An agent tries to write the files that agents obey', kind: 'unauthorised-action', severity: 'high',
    techniques: ['AML.T0081', 'SAFE-T1111', 'MCP05', 'ASI10', 'MCP-T9'], by: ['context'], withinMs: HOUR_MS,
    needs: [{ any: ['policy/agent-configuration', 'agent-config/agent-file', 'agent-config/startup-file'] }],
  },
  {
    id: 'refused-by-people', title: 'People refuse what an agent asks for', kind: 'unauthorised-action', severity: 'medium',
    techniques: ['AML.T0053', 'SAFE-T1403', 'ASI02', 'ASI09'], by: ['principal', 'agent'], withinMs: HOUR_MS,
    needs: [{ any: ['approval.denied/*'], count: 3 }],
  },
  {
    id: 'credentials-tried', title: 'Credentials are tried that are not good here', kind: 'unauthorised-action', severity: 'medium',
    techniques: ['AML.T0091.000', 'SAFE-T1304', 'MCP07', 'ASI03', 'MCP-T1'], by: [], withinMs: 10 * MINUTE_MS, needs: [{ any: TOKENS, count: 20 }],
  },
  {
    id: 'administration-tried', title: 'Somebody asks for what they may not administer', kind: 'unauthorised-action', severity: 'medium',
    techniques: ['AML.T0012', 'MCP02', 'MCP07', 'ASI03', 'MCP-T2'], by: ['principal'], withinMs: 10 * MINUTE_MS,
    needs: [{ any: ['admin.refused/*'], count: 5 }],
  },
  {
    id: 'vendor-changed', title: 'A vendor\'s endpoint is not what it was', kind: 'vendor-breach', severity: 'high',
    techniques: ['AML.T0010.005', 'SAFE-T1002', 'MCP04', 'ASI04', 'MCP-T11'], by: ['vendor', 'server'], withinMs: DAY_MS,
    needs: [{ any: ['vendor/*'], atLeast: 'high' }],
  },
  {
    id: 'vendor-drifts', title: 'More and more of a vendor\'s endpoint is another', kind: 'vendor-breach', severity: 'medium',
    techniques: ['AML.T0010.005', 'SAFE-T1002', 'MCP04', 'ASI04', 'MCP-T11'], by: ['vendor', 'server'], withinMs: DAY_MS,
    needs: [{ any: ['vendor/*'], atLeast: 'medium', count: 3 }],
  },
  {
    id: 'secret-seen', title: 'A secret of the vault is in a message', kind: 'leaked-credential', severity: 'high',
    techniques: ['AML.T0098', 'SAFE-T1502', 'MCP01', 'ASI03', 'MCP-T5'], by: ['context', 'server'], withinMs: HOUR_MS,
    needs: [{ any: ['secrets/known-secret', 'secrets/private-key'] }],
  },
  {
    id: 'canary-touched', title: 'A canary is in a message: somebody looks for secrets', kind: 'leaked-credential', severity: 'critical',
    techniques: ['AML.T0098', 'SAFE-T1503', 'MCP01', 'ASI03'], by: ['context', 'server'], withinMs: DAY_MS, needs: [{ any: ['secrets/canary'] }],
  },
  {
    id: 'secret-in-file', title: 'A client\'s file holds a secret in clear', kind: 'leaked-credential', severity: 'medium',
    techniques: ['AML.T0083', 'SAFE-T1503', 'MCP01', 'ASI03'], by: ['host', 'file'], withinMs: DAY_MS,
    needs: [{ any: ['file.changed/secret*', 'inventory/secret*'], atLeast: 'medium' }],
  },
  {
    id: 'credentials-drawn', title: 'More credentials of a server are asked for than its calls need', kind: 'leaked-credential', severity: 'high',
    techniques: ['AML.T0098', 'SAFE-T1502', 'MCP01', 'MCP-T1'], by: ['server'], withinMs: 10 * MINUTE_MS, needs: [{ any: ['credential.refused/*'], count: 3 }],
  },
  {
    id: 'rogue-server', title: 'A server is in use that nobody registered', kind: 'rogue-server', severity: 'medium',
    techniques: ['AML.T0081', 'SAFE-T1003', 'MCP09', 'ASI04', 'MCP-T8'], by: ['asset'], withinMs: DAY_MS, needs: [{ any: ['inventory/rogue'] }],
  },
  {
    id: 'around-the-gate', title: 'A registered server is used beside the gate', kind: 'rogue-server', severity: 'medium',
    techniques: ['AML.T0081', 'SAFE-T1005', 'MCP09', 'ASI04', 'MCP-T8'], by: ['asset'], withinMs: DAY_MS, needs: [{ any: ['inventory/bypassing'] }],
  },
  {
    id: 'package-refused', title: 'A package is not what it should be', kind: 'malicious-package', severity: 'high',
    techniques: ['AML.T0010.001', 'AML.T0011.001', 'SAFE-T1002', 'MCP04', 'ASI04', 'MCP-T11'], by: ['server', 'package'], withinMs: DAY_MS,
    needs: [{ any: ['package/*'], atLeast: 'high' }],
  },
  {
    id: 'server-reaches-out', title: 'A local server tries to reach what it is not allowed', kind: 'malicious-package', severity: 'medium',
    techniques: ['AML.T0025', 'SAFE-T1901', 'MCP04', 'ASI04', 'MCP-T8'], by: ['server'], withinMs: 10 * MINUTE_MS,
    needs: [{ any: ['connection.refused/*'], count: 3 }],
  },
  {
    id: 'sensitive-then-out', title: 'Sensitive data was read, and then something was to leave', kind: 'exfiltration', severity: 'high',
    techniques: ['AML.T0086', 'SAFE-T1911', 'MCP10', 'ASI02', 'MCP-T5'], by: ['context'], ordered: true, withinMs: HOUR_MS,
    needs: [{ any: SENSITIVE, atLeast: 'medium' }, { any: OUTWARD }],
  },
  {
    id: 'uncleared-sink', title: 'Data was to go where it is not cleared for', kind: 'exfiltration', severity: 'medium',
    techniques: ['AML.T0086', 'SAFE-T1914', 'MCP10', 'ASI02', 'MCP-T5'], by: ['context'], withinMs: HOUR_MS,
    needs: [{ any: ['policy/uncleared-sink', 'policy/secret-egress'] }],
  },
  {
    id: 'confidential-to-strangers', title: 'What carries confidential data was to go where only a stranger pointed', kind: 'exfiltration', severity: 'high',
    techniques: ['AML.T0086', 'SAFE-T1911', 'MCP10', 'ASI01', 'MCP-T5'], by: ['context'], withinMs: HOUR_MS,
    needs: [{ any: ['policy/untrusted-destination', 'policy/rule-of-two', 'egress/*'], carrying: 'confidential' }],
  },
  {
    id: 'data-in-addresses', title: 'Data leaves inside addresses', kind: 'exfiltration', severity: 'high',
    techniques: ['AML.T0086', 'AML.T0025', 'SAFE-T1910', 'MCP10', 'ASI02'], by: ['context'], withinMs: HOUR_MS,
    needs: [{ any: ['egress/data-in-url', 'egress/data-in-image', 'egress/dns-shaped'], atLeast: 'high' }],
  },
  {
    id: 'evidence-touched', title: 'The log, or the stored configuration, is not what the gate wrote', kind: 'gateway-compromise', severity: 'critical',
    techniques: ['AML.T0107', 'MCP08', 'ASI10', 'MCP-T6', 'MCP-T12'], by: [], withinMs: DAY_MS, needs: [{ any: ['config.refused/*', 'record.corrupt/*'] }],
  },
  {
    id: 'way-back-tried', title: 'Somebody tries to bring back an older state, or to open break-glass', kind: 'gateway-compromise', severity: 'high',
    techniques: ['AML.T0107', 'MCP07', 'MCP-T6'], by: [], withinMs: DAY_MS,
    needs: [{ any: ['recovery.refused/*', 'break-glass.refused/*', 'credential.refused/ERR_RELEASE_RATE'] }],
  },
  {
    id: 'watch-lost', title: 'What watches falls silent', kind: 'gateway-compromise', severity: 'medium',
    techniques: ['AML.T0107', 'MCP08', 'MCP-T12'], by: ['host'], withinMs: 30 * MINUTE_MS, needs: [{ any: ['sensor.silent/*', 'watch.stopped/*'], count: 2 }],
  },
  {
    id: 'control-regressed', title: 'The gate no longer stops what it did stop', kind: 'gateway-compromise', severity: 'high',
    techniques: ['AML.T0107', 'MCP08', 'MCP-T12'], by: [], withinMs: DAY_MS, needs: [{ any: ['redteam/*'], atLeast: 'medium' }],
  },
  {
    id: 'loop', title: 'An agent goes round in circles', kind: 'runaway', severity: 'medium',
    techniques: ['AML.T0034.002', 'SAFE-T1106', 'ASI08', 'MCP-T10'], by: ['context'], withinMs: 15 * MINUTE_MS,
    needs: [{ any: ['cost/loop', 'cost/repetition'], count: 2 }],
  },
  {
    id: 'limits-reached', title: 'An agent reaches its limits again and again', kind: 'runaway', severity: 'medium',
    techniques: ['AML.T0034.002', 'SAFE-T1106', 'SAFE-T2102', 'ASI08', 'MCP-T10'], by: ['context', 'agent'], withinMs: 5 * MINUTE_MS,
    needs: [{
      any: ['call.denied/ERR_LIMIT*', 'call.refused/ERR_LIMIT*', 'call.denied/ERR_RATE*', 'call.refused/ERR_RATE*', 'call.denied/ERR_CIRCUIT*',
        'call.refused/ERR_CIRCUIT*'],
      count: 10,
    }],
  },
  {
    id: 'rate-unusual', title: 'An agent calls far more often than it ever did', kind: 'runaway', severity: 'medium',
    techniques: ['AML.T0034.000', 'SAFE-T1106', 'ASI08', 'MCP-T10'], by: ['context', 'agent'], withinMs: 15 * MINUTE_MS,
    needs: [{ any: ['anomaly/rate', 'cost/size', 'cost/dense'], atLeast: 'high', count: 2 }],
  },
  {
    id: 'flooded', title: 'The gate is flooded with requests that it refuses', kind: 'runaway', severity: 'low',
    techniques: ['AML.T0029', 'SAFE-T2102', 'MCP-T10'], by: [], withinMs: 10 * MINUTE_MS, needs: [{ any: ['flood.refused/*'], count: 3 }],
  },
];
