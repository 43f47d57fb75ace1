import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** What makes a containment hold what it says, no longer than it says, and by whom it may be. */
export const CONTAINMENT: readonly Switch[] = [
  ...switches('src/control/containments/contain.ts', 'src/control/containments/containments.test.ts', [
    ['spellings of an address', 'however it was written', 'scope: { target, name: plainHost(name) }', 'scope: { target, name }'],
  ]),
  ...switches('src/detect/blocked.ts', 'src/detect/egress.test.ts', [
    ['spellings of an address', 'a blocked host is named', 'isNamed(plainAddress(host))', 'isNamed(host)'],
    ['domains that are blocked', 'a blocked host is named', 'if (below.has(host.slice(at + 1))) return true;', ''],
  ]),
  ...switches('src/detect/egress.ts', 'src/detect/egress.test.ts', [
    ['hosts that are named without a scheme', 'a blocked host is named', 'SENT.has(sight.subject.facet) ? blocked.namedIn(view.text) : []', '[]'],
  ]),
  ...switches('src/control/containments/reach.ts', 'src/control/containments/containments.test.ts', [
    [
      'credentials of other spaces', 'contains nothing beyond it',
      'if (!isIssued || mayEverywhere(by)', "if (!isIssued || verb !== 'page' || mayEverywhere(by)",
    ],
  ]),
  ...switches('src/control/containments/lift.ts', 'src/control/containments/containments.test.ts', [
    ['credentials of elsewhere', 'nothing that holds beyond it', '  await needOwnCredential(control, by, found.body);\n', ''],
  ]),
  ...switches('src/incident/contain.ts', 'src/incident/contain.test.ts', [
    ['whole top-level domains', 'a host is named as records name it', '(?!\\*\\.[^.]*$)', ''],
  ]),
  ...switches('src/control/lease.ts', 'test/e2e/containment.test.ts', [
    ['switches of containments', 'kill of agent', 'killed: both({ ...kill', 'killed: ((one: Killed, _other: Killed) => one)({ ...kill'],
  ]),
  ...switches('src/control/policies/sources.ts', 'test/e2e/containment.test.ts', [
    [
      'what containments have policy say', 'read-only of server crm',
      '...compileContainments(mine(rules.containments)',
      '...compileContainments(mine(rules.containments).slice(0, 0)',
    ],
  ]),
  ...switches('src/control/snapshot/configuration.ts', 'test/e2e/containment.test.ts', [
    [
      'servers in quarantine by a containment', 'quarantine-server of server',
      'await quarantined(rows, await readServers(rows, now), now)',
      'await readServers(rows, now)',
    ],
    [
      'inspection that is raised', 'raise-inspection of server',
      'await raisedInspection(rows, await readDetectSettings(rows), now)',
      'await readDetectSettings(rows)',
    ],
  ]),
  ...switches('src/policy/containments.ts', 'test/e2e/containment-acts.test.ts', [
    ['tokens that are fresh', 'step-up takes tokens', '`context.tokenAge > ${tokenAgeMaxS}`', '`context.tokenAge < 0`'],
  ]),
  ...switches('src/control/vault/resolve.ts', 'test/e2e/containment-acts.test.ts', [
    ['secrets that are held until they are rotated', 'given to nobody', 'if (!held) return;', 'if (held || !held) return;'],
  ]),
  ...switches('src/control/containments/contain.ts', 'src/control/containments/containments.test.ts', [
    ['what runs by itself is never wide', 'contains nothing beyond it', '(by.admin.id === PLAYBOOK && !isPeoples)', '(by.admin.id === \'\' && !isPeoples)'],
    ['blocks of one space', 'is none of all spaces', 'digest ?? null, everywhere ?? null]', 'digest ?? null]'],
    ['two people for what is wide', 'what is wide takes two people', 'if (isWide(wish.scope)) await needTwo(control, by, wish.verb);', ''],
  ]),
  ...switches('src/control/containments/acts.ts', 'src/control/containments/containments.test.ts', [
    [
      'sign-ins of the organisation', 'ends no sign-in of the organisation',
      "target === 'principal' && mayEverywhere({ admin, space }) ?", "target === 'principal' ?",
    ],
  ]),
  ...switches('src/control/containments/lift.ts', 'src/control/containments/containments.test.ts', [
    [
      'what is noted is on record', 'noted with its record',
      'await recordOf(control, { admin: SELF, space }', "if (space === '') await recordOf(control, { admin: SELF, space }",
    ],
    ['who lets evidence go signed in lately', 'who signed in lately', "      needRecentSignIn(admin, 'govern', control.now());\n", ''],
    [
      'what holds beyond a space', 'contains nothing beyond it',
      '|| found.body.everywhere === true) && !mayEverywhere(by))', '|| found.body.everywhere === true) && false)',
    ],
    [
      'two people for lifting what is wide', 'what is wide takes two people',
      'if (isWide(scope)) await needSecondPersonFor',
      'if (scope.name === \'-\') await needSecondPersonFor',
    ],
  ]),
  ...switches('src/control/containments/pin.ts', 'src/control/containments/pin.test.ts', [
    ['pins of another place', 'says nothing of this one', "'approved' && isReachedAs(known, asJson(found));", "'approved';"],
    ['pins that were never in service there', 'says nothing of this one', "found.status === 'approved' && isReachedAs", 'isReachedAs'],
    ['what was taken out', 'that was taken out since', 'if (isWithin(baseline.surface, now.surface)) return', 'if (baseline.digest.length > 0) return'],
    ['hidden text that comes back', 'meets what an approval meets', '    await checkDefinitions(rows, space, server, surface, at, kit);\n', ''],
    ['exposure of what comes back', 'meets what an approval meets', '    await checkExposure(rows, space, server, at);\n', ''],
    ['who signed what comes back', 'that control did not sign', '|| !snapshots.isOurs(row))', '|| version < 0)'],
    ['labels of now', 'under the labels of now', 'labels: labels.get(tool.name) ?? tool.labels', 'labels: tool.labels'],
  ]),
  ...switches('src/control/containments/touched.ts', 'src/control/containments/containments.test.ts', [
    ['ids that say who it is', 'what would be met of a person', "scope.target === 'principal' && (kind", "scope.target === 'all' && (kind"],
  ]),
  ...switches('src/control/containments/routes.ts', 'src/control/containments/containments.test.ts', [
    [
      'names in what only answers', 'nobody learns a pseudonym', 'if (body.dryRun || TELLS.includes(body.verb)) await needMayWrite',
      'if (body.dryRun && TELLS.includes(body.verb)) await needMayWrite',
    ],
    ['who lifts', 'who may stop may contain', "access: 'change', reach: 'space', body: LIFT_REQUEST", "access: 'stop', reach: 'space', body: LIFT_REQUEST"],
  ]),
  ...switches('src/incident/contain.ts', 'src/incident/contain.test.ts', [
    ['containments whose time is over', 'until its time is over', '(until === undefined || until > now)', '(until === undefined || until > 0)'],
    ['what a verb is not done to', 'is refused by name', 'if (!targets.includes(target)) return', 'if (targets.length === 0) return'],
  ]),
  ...switches('src/gateway/guard.ts', 'src/gateway/switches.test.ts', [
    [
      'what was issued to an agent before', 'issued before the tokens',
      '...[agent, ...actors].map((one) => agentsNotBefore',
      '...[agent, ...actors].slice(0, 0).map((one) => agentsNotBefore',
    ],
    ['switches of whole spaces', 'a switch for a whole space', 'spaces.includes(space) || servers', 'servers'],
  ]),
  ...switches('src/egress/permission.ts', 'src/egress/door.test.ts', [
    [
      'hosts that are blocked', 'a host that is blocked',
      'some((blocked) => isBlocked(blocked, space, name))', 'some((blocked) => isBlocked(blocked, space, \'\'))',
    ],
  ]),
];
