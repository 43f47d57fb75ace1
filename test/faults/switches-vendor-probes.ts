import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

const RUN = 'src/vendor/probe/run.test.ts';
const KEPT = 'src/control/vendors/probes.test.ts';
const PLANTED = 'test/vendor/planted.test.ts';

/** What keeps looking at others' endpoints permitted, polite and true. */
export const VENDOR_PROBES: readonly Switch[] = [
  ...switches('src/vendor/probe/run.ts', RUN, [
    ['leave before anything is sent', 'by leave that ended', 'if (refusal !== undefined) {', 'if (refusal === undefined) {'],
    ['tokens in reports', 'what it sends back of a token', "rest.replaceAll(token, '[…]')", 'rest'],
  ]),
  ...switches('src/vendor/probe/permission.ts', RUN, [
    ['the last day of leave', 'by leave that ended', 'if (now >= end) return', 'if (now < 0) return'],
    ['whose leave it is', 'by leave of another vendor', 'if (permission.vendor !== vendor) return', 'if (permission.vendor === "") return'],
    ['how long leave is good', 'given for too long', 'end - now > LIMITS.vendorPermissionMs + DAY_MS', 'end - now < 0'],
    ['which endpoints leave names', 'for another endpoint', 'permission.endpoints.some((one) => sameUrl(one, endpoint))', 'permission.endpoints.length > 0'],
  ]),
  ...switches('src/vendor/probe/place.ts', RUN, [
    ['origins that leave names', 'asked only where the permission names it', 'if (!isPermitted(url, permission)) return', 'if (url.host === "") return'],
    ['addresses that are not public', 'to a private address', 'if (refusal !== undefined) return', 'if (refusal === "") return'],
    ['every address of a name', 'to one address of several', 'for (const one of addresses) {', 'for (const one of addresses.slice(0, 1)) {'],
  ]),
  ...switches('src/vendor/probe/wire.ts', RUN, [
    ['tokens over TLS that is trusted', 'a token goes only over TLS', 'question.token !== undefined && !isTrusted', 'question.token === "" && !isTrusted'],
    ['a turn for each request', 'waits its turn', 'await turn(place.address);', ''],
    ['redirects', 'no redirect is followed', "redirect: 'manual'", "redirect: 'follow'"],
    ['who does not answer', 'asked a few times only', '>= LIMITS.vendorLateMax)', '< 0)'],
    ['429 is no answer', 'says 429', 'if (answer.status === 429) {', 'if (answer.status === 430) {'],
  ]),
  ...switches('src/vendor/probe/answer.ts', RUN, [
    ['bytes of an answer', 'read to its limit', 'if (bytes >= LIMITS.vendorAnswerBytesMax || events.isEnough(id)) break;', 'if (events.isEnough(id)) break;'],
  ]),
  ...switches('src/control/vendors/probes.ts', KEPT, [
    ['leave on record', 'nobody permitted', 'if (refusal === undefined && !isAnother) return;', 'if (refusal !== "") return;'],
    ['by the leave on record', 'permitted otherwise', 'digestOf(kept) !== digest', 'digestOf(kept) === ""'],
    ['the later run stays', 'an older run does not replace', 'last.body.startedAt >= startedAt)', 'last.body.startedAt < 0)'],
    ['runs of tomorrow', 'not over yet', 'endedAt > now + AHEAD_MS', 'endedAt < 0'],
  ]),
  ...switches('src/vendor/probe/changes.ts', KEPT, [
    ['what a run did not see', 'a run that saw less forgets nothing', 'facts: { ...known?.facts, ...facts }', 'facts'],
    ['checks that passed before', 'is a finding each', "outcome === 'fail' && passed.includes(check)", "outcome === 'fail' && check === 'https'"],
  ]),
  ...switches('src/control/vendors/probe-routes.ts', KEPT, [
    ['whose endpoints they are', 'another\'s endpoint', 'if (stranger !== undefined) {', 'if (stranger === "") {'],
  ]),
  ...switches('src/vendor/probe/handshake.ts', PLANTED, [
    ['trust in a certificate', 'unknown.test', 'socket.authorized ? wrongName', 'socket.authorized || peer !== undefined ? wrongName'],
  ]),
];
