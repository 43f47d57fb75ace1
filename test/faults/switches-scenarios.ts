import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

const CLAIMS = 'test/redteam/claims.test.ts';

/** The controls that no configuration turns off: switched off in the code, each turns a line of the red team's red. And what keeps it an attacker. */
export const SCENARIOS: readonly Switch[] = [
  ...switches('src/gateway/doors.ts', CLAIMS, [
    ['hosts, as the red team sees it', 'page-on-another-host', 'if (host === undefined || !hosts.has(host)) {', 'if (host === undefined) {'],
    [
      'origins, as the red team sees it', 'page-of-another-origin',
      'if (origin !== null && origin !== url.origin', "if (origin === '' && origin !== url.origin",
    ],
  ]),
  ...switches('src/identity/authenticate.ts', CLAIMS, [
    [
      'tokens of nobody, as the red team sees it', 'token-of-nobody',
      'known.byHash.get(hashOf(credential.digest))', '[...known.byHash.values()][0]',
    ],
  ]),
  ...switches('src/mcp/decode.ts', CLAIMS, [
    [
      'headers against bodies, as the red team sees it', 'header-says-another-tool',
      'else if (info !== undefined && name !== named) throw', "else if (info !== undefined && named === '') throw",
    ],
  ]),
  ...switches('src/registry/launch.ts', CLAIMS, [
    [
      'shells, as the red team sees it', 'shell-as-a-server',
      "if (SHELLS.has(program) && !allow.has('shell')) {", "if (SHELLS.has(program) && allow.has('shell')) {",
    ],
  ]),
  ...switches('src/upstream/http.ts', CLAIMS, [
    ['answers to others, as the red team sees it', 'answer-for-another-client', 'return answer.id === id ||', 'return answer.id !== undefined ||'],
  ]),
  ...switches('src/gateway/sanitise/sanitise.ts', CLAIMS, [
    [
      'what hides in answers, as the red team sees it', 'answer-in-letters-nobody-sees',
      "noting(done, 'hidden', text, withoutHidden(text))", "noting(done, 'hidden', text, text)",
    ],
  ]),
  ...switches('src/gateway/probing.ts', CLAIMS, [
    [
      'probing, as the red team sees it', 'probing-what-is-there',
      'if (waitMs > 0) throw tooMany(waitMs, principal.id);', 'if (waitMs < 0) throw tooMany(waitMs, principal.id);',
    ],
  ]),
  ...switches('src/gateway/membership.ts', CLAIMS, [
    [
      'unknown methods, as the red team sees it', 'method-that-nobody-knows',
      "if (method === undefined) throw new SallyportError('ERR_METHOD_UNKNOWN', 'Method not found');", 'if (method === undefined) return RESPONSE;',
    ],
  ]),
  ...switches('src/gateway/sessions.ts', CLAIMS, [
    [
      'sessions that nobody opened, as the red team sees it', 'guessed-session',
      '> LIMITS.sessionMaxMs) throw unknown();', '> LIMITS.sessionMaxMs) return { key: sealed, revision: \'2025-11-25\', capabilities: {}, openedAt: now };',
    ],
  ]),
  ...switches('src/detect/toxic-combination.ts', CLAIMS, [
    [
      'tools that leak together, as the red team sees it', 'two-tools-that-leak-together',
      'const leak = [untrusted, sensitive, sending];', 'const leak = [untrusted, sensitive, sending, []];',
    ],
  ]),
  ...switches('src/redteam/agent/agent.ts', CLAIMS, [
    ['the agent obeys', 'without the control', '      await obey(order);\n', ''],
  ]),
  ...switches('src/redteam/servers/toy.ts', CLAIMS, [
    ['effects at toys count', 'without the control', 'if (!READING.has(said.method)) deeds.push(deedOf(said));', ''],
  ]),
  ...switches('src/redteam/adaptive/attacker.ts', 'src/redteam/adaptive/attacker.test.ts', [
    ['it learns', 'it learns', 'chance.below(10) < STEPS_OF_TEN', 'chance.below(10) < 0'],
    ['what came through is told', 'each aim is one line', 'WORTH[outcome] < WORTH[aim.claim] ?', 'WORTH[outcome] > WORTH[aim.claim] ?'],
  ]),
  ...switches('src/redteam/adaptive/chance.ts', 'src/redteam/adaptive/attacker.test.ts', [
    ['the seed', 'one seed makes', '`${seed}\\n${drawn}`', '`${drawn}`'],
  ]),
  ...switches('src/redteam/read.ts', 'src/redteam/read.test.ts', [
    ['controls that do not exist', 'a control that does not exist', "...unknownAt('by', by, (id) => CONTROL_IDS.includes(id)),", ''],
    ['techniques of no list', 'a technique of no list', "...unknownAt('techniques', techniques, (id) => nameOfTechnique(id) !== undefined),", ''],
    ['places that stand for nothing', 'a place that stands for nothing', '(known(name) ? [] :', '(name !== name ? [] : true ? [] :'],
  ]),
  ...switches('src/redteam/scenario.ts', 'src/redteam/read.test.ts', [
    ['knocks are at the gate', 'a knock at another host', "path: z.string().startsWith('/').max(2_000)", 'path: z.string().max(2_000)'],
  ]),
  ...switches('src/redteam/agent/forms.ts', 'src/redteam/agent/orders.test.ts', [
    ['values in other writings', 'a value is known in other writings', 'return formsOf(text).some(', 'return [text].some('],
  ]),
];
