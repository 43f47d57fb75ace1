import { CONTAINMENT } from './switches-containment.ts';
import { switches } from './switch.ts';
import type { Switch } from './switch.ts';
import { PLAYBOOKS } from './switches-playbooks.ts';
import { REDTEAM } from './switches-redteam.ts';
import { SCENARIOS } from './switches-scenarios.ts';
import { REVIEWS } from './switches-reviews.ts';
import { VENDOR_PROBES } from './switches-vendor-probes.ts';
import { VENDORS } from './switches-vendors.ts';

/** What keeps the practices around the gate honest: what runs by itself, and how people are told. */
export const PRACTICES: readonly Switch[] = [
  ...CONTAINMENT,
  ...PLAYBOOKS,
  ...switches('src/control/schedule/keeper.ts', 'src/control/schedule/schedule.test.ts', [
    ['one runner', 'of two workers that ask at once', '{ by: BY, expectedVersion: version });\n  } catch', '{ by: BY });\n  } catch'],
    ['whose run it is', 'of two workers that ask at once', 'if (job !== undefined && held?.id === id)', 'if (job !== undefined && held !== undefined)'],
    ['runs that never ended', 'who is not heard of loses the job', 'if (row.claim !== undefined) {', 'if (row.claim === null) {'],
  ]),
  ...switches('src/control/schedule/routes.ts', 'src/control/schedule/schedule.test.ts', [
    ['control\'s own jobs', 'what is not of a worker', 'JOBS[job.kind].run === undefined &&', 'true &&'],
  ]),
  ...switches('src/registry/notify-shape.ts', 'src/registry/notify-shape.test.ts', [
    [
      'mail in the clear', 'to this machine only',
      "security !== 'none' || LOOPBACK.test(host)", "security !== 'none' || host.startsWith('127') || host.startsWith('localhost')",
    ],
  ]),
  ...switches('src/control/notify/mail.ts', 'src/control/notify/mail.test.ts', [
    ['STARTTLS must succeed', 'a relay without it gets nothing', "requireTLS: security === 'starttls'", 'requireTLS: false'],
    ['TLS 1.3', 'neither an older TLS', "minVersion: 'TLSv1.3'", "minVersion: 'TLSv1.2'"],
    ['certificates', 'neither an older TLS', 'rejectUnauthorized: true', 'rejectUnauthorized: false'],
    ['one address each', 'an address is one', 'receivers.filter((one) => ADDRESS.test(one))', "receivers.filter((one) => one !== '')"],
    ['what hides in a text', 'hides nothing', ".replaceAll(NOT_OF_TEXT, '\\uFFFD')", ''],
  ]),
  ...switches('src/incident/signal.ts', 'src/incident/signal.test.ts', [
    ['what feeds itself', 'nothing feeds itself', ' || OURS.test(event)) return [];', ') return [];'],
    ['signals of one record', 'of a bounded number', 'told.slice(0, LIMITS.signalsOfRecordMax)', 'told'],
  ]),
  ...switches('src/incident/correlate.ts', 'src/incident/correlate.test.ts', [
    ['the order of needs', 'in this order', 'if (ordered !== true) return true;', 'if (ordered !== false) return true;'],
    ['the time of a rule', 'in this order', 'forget(met, at - rule.withinMs);', 'forget(met, 0);'],
    ['clocks of others', 'from next year', 'const at = Math.min(signal.at, now);', 'const at = signal.at;'],
    ['memory of the correlator', 'costs a bounded memory', 'ofRule.size > LIMITS.correlatorSubjectsMax)', 'ofRule.size < 0)'],
    ['spaces apart', 'in this order', "const name = `${space}\\n${rule.id}`;", "const name = `\\n${rule.id}`;"],
  ]),
  ...switches('src/incident/incident.ts', 'src/incident/correlate.test.ts', [
    ['each place of the ledger once', 'takes each place', 'signals.filter(({ position }) => position > incident.position)', 'signals.slice()'],
    ['room of a timeline', 'are bounded', 'if (timeline.length <= LIMITS.incidentTimelineMax)', 'if (timeline.length > 0)'],
  ]),
  ...switches('src/control/incidents/write.ts', 'src/control/incidents/incidents.test.ts', [
    ['containments in the status', 'in its timeline and in its status', "if (contains !== undefined) {", "if (contains === 'did') {"],
  ]),
  ...switches('src/control/incidents/write.ts', 'src/control/incidents/incidents.test.ts', [
    ['incidents of an hour', 'full of new incidents', '>= LIMITS.incidentsPerHourMax', '< 0'],
  ]),
  ...switches('src/control/incidents/follow.ts', 'src/control/incidents/incidents.test.ts', [
    ['a ledger brought back', 'brought back from before', 'stored.next <= end ? stored', 'stored.next >= 0 ? stored'],
    ['where it was', 'goes on where it was', 'parts.ledger.tail(until, course.from)', 'parts.ledger.tail(until)'],
  ]),
  ...switches('src/control/incidents/routes.ts', 'src/control/incidents/incidents.test.ts', [
    ['closing what is contained', 'in its timeline and in its status', 'if (containments.length > 0 && !leave)', 'if (containments.length < 0 && !leave)'],
    ['people in incidents', 'under pseudonyms', 'return view(presentWhole(id, await', 'return (presentWhole(id, await'],
    ['names in what was touched', 'nobody is tied to', 'if (asked.principal !== undefined) await needMayAsk', 'if (asked.principal === \'\') await needMayAsk'],
    ['names in what people write', 'nobody is tied to their pseudonym', '  await needMayWrite(control, admin, space, reason);\n', ''],
    ['names in what people open', 'nobody is tied to their', 'await needMayWrite(control, admin, space, asJson({ title, reason, subjects }));', ''],
  ]),
  ...switches('src/control/exercises/routes.ts', 'src/roles/drill/drill.test.ts', [
    ['scores that do not add up', 'wrong answers and none have no points', 'if (!addsUp(score)) {', 'if (score === null) {'],
  ]),
  ...switches('src/exercise/score.ts', 'src/exercise/exercise.test.ts', [
    ['points of an answer', 'what its answers come to', 'one.points === one.most * SHARES[one.answer]', 'one.points >= 0'],
    ['half for what is late', 'the right act in time', 'late: 0.5', 'late: 1'],
    ['what set the scene', 'the right act in time', 'timeOf(record) >= begun', 'timeOf(record) >= 0'],
    ['to what it was done', 'the right act in time', "?? detail['id']) === of)", "?? detail['id']) !== '')"],
    ['what makes it worse', 'the right act in time', 'records.find((record) => isAct(act, record));', 'records.find((record) => record === undefined);'],
  ]),
  ...switches('src/exercise/pack.ts', 'src/exercise/exercise.test.ts', [
    ['packs that fit together', 'is refused with its place', 'if (complaints.length > 0) throw', 'if (complaints.length < 0) throw'],
  ]),
  ...switches('src/control/exercises/routes.ts', 'src/cli/exercise/exercise.test.ts', [
    ['closing with things to change', 'an exercise on paper', 'if (why !== undefined) throw', "if (why === '') throw"],
    ['names in what was said', 'names nobody', '  await needMayWrite(control, by.admin, by.space, asJson({ said }));\n', ''],
    ['done by nobody', 'an exercise on paper', "if (next.state !== 'open' && next.owner === undefined)", "if (next.state !== 'open' && next.owner === '')"],
  ]),
  ...REDTEAM,
  ...SCENARIOS,
  ...REVIEWS,
  ...VENDORS,
  ...VENDOR_PROBES,
];
