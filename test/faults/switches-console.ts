import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** What keeps the console honest: how it is served, and what it is told while one looks on. */
export const CONSOLE: readonly Switch[] = [
  ...switches('src/control/console/files.ts', 'src/control/console/serve.test.ts', [
    ['kinds of files', 'no path leads out', 'if (type === undefined || !lstatSync', 'if (!lstatSync'],
    ['links', 'no path leads out', 'lstatSync(path).isFile()', "(lstatSync(path).isFile() || name.includes('link'))"],
  ]),
  ...switches('src/control/console/serve.ts', 'src/control/console/serve.test.ts', [
    ['trusted types', 'its policy lets scripts', '"frame-ancestors \'none\'", "require-trusted-types-for \'script\'",', '"frame-ancestors \'none\'",'],
    ['inline scripts', 'its policy lets scripts', '"script-src \'self\'"', '"script-src \'self\' \'unsafe-inline\'"'],
    ['methods', 'nothing else than reading', "if (method !== 'GET' && method !== 'HEAD') {", "if (method === 'TRACE') {"],
    ['a page that nobody keeps', 'which nobody keeps', "isPage ? 'no-store' : file", 'file'],
  ]),
  ...switches('src/control/live/hub.ts', 'src/control/live/live.test.ts', [
    ['streams of one person', 'only so often at once', 'if (mine >= LIMITS.livePersonStreamsMax ||', 'if ('],
    ['long texts', 'of a flood a bounded part', '.slice(0, LIMITS.liveTextCharsMax)', ''],
    ['people under pseudonyms', 'people under pseudonyms', 'present(position, view(record))', 'present(position, record)'],
  ]),
  ...switches('src/control/live/stream.ts', 'src/control/live/live.test.ts', [
    ['what waits', 'of a flood a bounded part', 'if (records.length < LIMITS.liveRecordsMax) records', 'if (records.length >= 0) records'],
  ]),
  ...switches('src/control/live/routes.ts', 'src/control/live/live.test.ts', [
    ['records for auditors', 'no record of what', "decision.outcome === 'allow' ?", 'decision.outcome ?'],
    ['another role', 'ends with the session, and with the role', 'is.roles.join() !== standing.roles.join()', 'is.roles.length < 0'],
  ]),
  ...switches('src/control/admins/standing.ts', 'src/control/live/live.test.ts', [
    ['the session of a stream', 'ends with the session', 'admin.proof?.session === undefined ? admin : sessionNow(admin.proof.session, control)', 'admin'],
  ]),
  ...switches('src/control/admins/session.ts', 'src/control/live/live.test.ts', [
    ['screens that nobody looks at', 'does not keep its session open', 'session === undefined || byItself ||', 'session === undefined ||'],
  ]),
  ...switches('src/control/sign-in/form.ts', 'src/control/sign-in/sign-in.test.ts', [
    ['where a sign-in goes on', 'nobody is sent to another site', '!/^\\/(?:[/\\\\]|api\\/)/.test(url.pathname)', '!/^\\/api\\//.test(url.pathname)'],
  ]),
  ...switches('src/control/overview/gather.ts', 'src/control/overview/overview.test.ts', [
    ['parts that one may not read', 'shows nobody what they may not read', "part })).outcome === 'allow'", "part })).outcome !== 'other'"],
    ['people under pseudonyms', 'says what is in force', 'found.edges.map((edge) => view({ ...edge }))', 'found.edges.map((edge) => ({ ...edge }))'],
  ]),
  ...switches('src/audit/index/activity.ts', 'src/audit/index/list-sessions.test.ts', [
    ['names of the erased', 'lose what was erased', '  for (const table of [\'activity\', \'edge\']) sqlite.run(`DELETE FROM ${table} WHERE ${none}`);\n', ''],
  ]),
  ...switches('src/audit/index/list-sessions.ts', 'src/audit/index/list-sessions.test.ts', [
    ['what a page may cost', 'looks at no more than a page may cost', 'order, LIMITS.sessionsLookedAtMax);', 'order, LIMITS.sessionsCountedMax);'],
  ]),
  ...switches('src/control/findings/collect.ts', 'src/control/findings/findings.test.ts', [
    ['what is suppressed', 'what is suppressed is counted and heard no more', 'return !silenced;', 'return true;'],
    ['room for groups', 'of more different ones than there is room for', '(counts.get(space) ?? 0) < LIMITS.findingGroupsMax', '(counts.get(space) ?? 0) >= 0'],
  ]),
  ...switches('src/control/findings/routes.ts', 'src/control/findings/findings.test.ts', [
    ['the end of a suppression', 'what is suppressed is counted', '|| until > control.now() + LIMITS.findingSuppressedMsMax', ''],
    ['what was found of oneself', 'nobody silences what is', "    if (did === 'suppressed') needNotOneself(control, admin.id, body);\n", ''],
    ['what stands for many', 'of more different ones', "did === 'suppressed' && about.kind === 'rest'", "did === 'reopened' && about.kind === 'rest'"],
  ]),
  ...switches('src/control/policies/routes.ts', 'src/control/policies/put.test.ts', [
    ['what somebody else wrote', 'what somebody else wrote meanwhile', 'if (was !== undefined) await needUnchanged(rows, space, id, was);', ''],
  ]),
];
