import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

const SCAN = 'src/discover/network/scan.test.ts';
const TARGETS = 'src/discover/network/targets.test.ts';
const DETECTION = 'src/control/knowledge/detection.test.ts';
const TAKING = 'src/gateway/detection.test.ts';
const EDITION = 'src/detect/edition/edition.test.ts';
const KNOWN = 'src/control/knowledge/knowledge.test.ts';

/** What keeps discovery on the network polite and within its leave, and what ages believable. */
export const KNOWN_OUTSIDE: readonly Switch[] = [
  ...switches('src/cli/knowledge/signing-key.ts', 'src/cli/knowledge.test.ts', [
    ['keys that others can read', 'a key that others can read', '(found.mode & 0o077) !== 0', 'found.mode === 0'],
  ]),
  ...switches('src/discover/network/observe.ts', 'src/discover/network/observe.test.ts', [
    ['what a stranger says of itself', 'is inert, and holds no secret', '{ name: redact(self.name) }', '{ name: self.name }'],
  ]),
  ...switches('src/discover/network/targets.ts', TARGETS, [
    ['public networks', 'a public network', 'if (refusal !== undefined) return `${address} of', 'if (address === undefined) return `${address} of'],
    ['leave that ends', 'until the end of its last day', 'if (now >= end)', 'if (now < 0)'],
    ['leave for ever', 'until the end of its last day', 'if (end - now > LIMITS.networkTargetsMs)', 'if (end < 0)'],
    ['addresses of all targets', 'so many addresses at most', '2 ** hostBits > most', '2 ** hostBits < 0'],
    ['URLs of public addresses', 'with a URL of a public address is refused', 'return refusal === undefined ?', 'return refusal !== 1 ?'],
    ['credentials in URLs of targets', 'with a URL that shows a credential', "if (username !== '' || password", "if (password === ' ' && password"],
  ]),
  ...switches('src/discover/network/scan.ts', SCAN, [
    [
      'what names resolve to', 'a name is judged by each address',
      'filter(({ refusal }) => refusal === undefined)', 'filter(({ address }) => address !== undefined)',
    ],
  ]),
  ...switches('src/discover/network/pace.ts', TARGETS, [
    ['pace in all', 'at most so often in all', 'next = all + 1000 / perSecond;', 'next = all;'],
    ['pace to one address', 'at most so often to one address', 'host + 1000 / perHostPerSecond', 'host'],
  ]),
  ...switches('src/discover/network/ask.ts', SCAN, [
    ['redirects of what is looked at', 'a redirect to a server', "redirect: 'manual'", "redirect: 'follow'"],
    ['answers without end', 'a body without end', '|| text.length >= LIMITS.networkAnswerBytesMax', ''],
    ['who asks', 'it says who asks', '`sallyport-discovery (asked by ${owner})`', "'curl/8'"],
    ['answers that never come', 'says nothing was not seen', 'AbortSignal.any([signal, late])', 'signal'],
  ]),
  ...switches('src/discover/network/exposure.ts', SCAN, [
    ['sessions that were opened', 'what was opened is closed', "method: 'DELETE'", "method: 'GET'"],
    ['foreign Host', 'a foreign Host alone', "['origin', 'host'] as const", "['origin'] as const"],
  ]),
  ...switches('src/discover/network/recognise.ts', SCAN, [
    ['answers to other questions', 'an answer to another question', "answer.json['id'] === id || isError", "answer.json['id'] !== 0 || isError"],
    ['language servers', 'a language server', "typeof revision !== 'string' || !REVISION.test(revision) ||", ''],
  ]),
  ...switches('src/knowledge/bundle.ts', KNOWN, [
    ['signatures of bundles', 'of a key that nobody named is refused', 'if (good.length === 0)', 'if (good.length < 0)'],
  ]),
  ...switches('src/knowledge/advisories.ts', 'src/knowledge/advisories.test.ts', [
    ['withdrawn advisories', 'that was withdrawn', 'if (advisory.withdrawn !== undefined) continue;', ''],
    [
      'versions that cannot be compared', 'say how sure they are',
      "holds === undefined) ? { certainty: 'possible'", "holds === null) ? { certainty: 'possible'",
    ],
  ]),
  ...switches('src/control/knowledge/keeper.ts', KNOWN, [
    ['advisories of a time to come', 'of a time to come', 'if (ahead !== undefined) throw', 'if (ahead === null) throw'],
    ['older bundles', 'can\'t be followed by an older one', 'if (tables.sequence <= newest)', 'if (tables.sequence < 0)'],
    [
      'bundles that were taken back', 'an edition that was here',
      'Math.max(shipped.sequence, list?.newest ?? 0);', 'Math.max(shipped.sequence, list?.versions[0]?.sequence ?? 0);',
    ],
    ['imports on record', 'is on record', 'await record({', 'void ({'],
    [
      'signed list of versions', 'what somebody else wrote',
      "publicKey, Buffer.from(signature, 'base64url'))) throw tampered();", "publicKey, Buffer.from(signature, 'base64url'))) void tampered();",
    ],
    ['digests of versions', 'what somebody else wrote', '|| digestOf(row.data.text) !== digest)', ')'],
  ]),
  ...switches('src/control/knowledge/keeper.ts', DETECTION, [
    ['what an edition brings for detection', 'something else than rules or weights is refused', ': checkDetection(detection)', ': detection'],
    ['two people for what detectors look for', 'one changes no detection', 'if (detection.length > 0) {', 'if (detection.length < 0) {'],
    ['detection on record', 'and on record', "detection.length === 0 ? {} : { detection:", "detection.length >= 0 ? {} : { detection:"],
    [
      'a list of editions that is gone', 'is not what was imported',
      'if (last === undefined && named() !== undefined)', 'if (last === null && named() !== undefined)',
    ],
    ['what the snapshot names, when the store is not believed', 'is not what was imported', 'detecting.edition ?? named())', 'detecting.edition)'],
  ]),
  ...switches('src/control/servers/definitions.ts', DETECTION, [
    ['definitions looked at by an edition', 'looked at by the same', 'detectorsWith(UNINFORMED, kit)', 'detectorsWith(UNINFORMED)'],
  ]),
  ...switches('src/gateway/detection.ts', TAKING, [
    [
      'digest of what detectors are made of', 'is not what was named',
      'if (text !== undefined && digestOfDetection(text) === digest)', 'if (text !== undefined)',
    ],
    [
      'what gateways inspect by, told', 'is taken, told',
      'await ask(by, undefined)', 'await ask({ digest: kit.digest, sequence: 0 }, undefined)',
    ],
    [
      'what could not be taken, told', 'is told once',
      'if (edition !== undefined && problem !== told) kept(', 'if (edition === null && problem !== told) kept(',
    ],
  ]),
  ...switches('src/gateway/inspectors.ts', TAKING, [
    ['detectors made anew', 'looked at by one of them', 'if (of !== kit())', 'if (of === undefined)'],
  ]),
  ...switches('src/detect/secrets/shape.ts', EDITION, [
    ['patterns that cannot run in linear time', 'looking ahead is refused', ".refine(isLinear, 'is no pattern that runs in linear time')", ''],
    ['keywords that the search folds', 'a keyword in capitals', '.regex(/^[\\x20-\\x40\\x5b-\\x7e]+$/)', ''],
    ['rules with one id', 'an id twice', '=== rules.length', '<= rules.length'],
  ]),
  ...switches('src/detect/text-model/weights.ts', EDITION, [
    ['weights of their size', 'weights of another size', 'z.base64().length(4 * Math.ceil(count / 3))', 'z.base64().max(4 * Math.ceil(count / 3))'],
    ['scores in order', 'scores out of order', 'score >= (scores[at - 1] ?? score)', 'score >= (scores[at] ?? score)'],
  ]),
];
