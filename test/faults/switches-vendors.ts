import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

const [E2E, SCORE, ATTEST, POLICY] = [
  'test/e2e/vendors.test.ts', 'src/vendor/score/score.test.ts', 'src/vendor/attest.test.ts', 'src/policy/vendors.test.ts',
];

/** What keeps a vendor from standing better than it does, and from saying anything but its own answers. */
export const VENDORS: readonly Switch[] = [
  ...switches('src/control/vendors/routes.ts', 'src/control/vendors/probes.test.ts', [
    ['hosts that are declared later', 'has somebody vouch for it anew', 'if (moved !== undefined) {', 'if (moved === null) {'],
  ]),
  ...switches('src/registry/manifest-text.ts', 'src/registry/manifest-text.test.ts', [
    ['depth of a file', 'no more than its length', 'if (depth > DEPTH_MAX) return true;', ''],
    ['keys compared each with each', 'no more than its length', 'uniqueKeys: false', 'uniqueKeys: true'],
    ['keys that stand twice', 'a key stands once', 'if (seen.has(key.value))', 'if (items.length < 0)'],
    ['several documents', 'a key stands once', 'if (another !== undefined)', 'if (another === null)'],
  ]),
  ...switches('src/vendor/score/score.ts', SCORE, [
    ['no authentication', 'caps what has no authentication', 'isOpen && hasSensitiveTools(input)', 'isOpen && !hasSensitiveTools(input)'],
    ['a breach', 'after a breach', '...(input.isBreached ?', '...(!input.isBreached && false ?'],
    ['forged tokens', 'orders vendors', '...(forged.length > 0 ?', '...(forged.length > 99 ?'],
    ['required answers', 'at most a D while',
      '...(missingIn(input.disclosure, input.day).length > 0', '...(missingIn(input.disclosure, input.day).length > 99'],
    ['only declared', 'orders vendors', '...(seen.size === 0 ?', '...(seen.size < 0 ?'],
    ['exceptions end', 'an exception holds for its time', 'until > input.day', 'until > 0'],
    ['open advisories', 'open advisories', 'severity }) => sum + ADVISORY_POINTS[severity]', 'severity }) => sum + 0 * ADVISORY_POINTS[severity]'],
  ]),
  ...switches('src/vendor/score/mismatch.ts', SCORE, [
    ['answers against checks', 'catches a disclosure that lies', "saw?.outcome !== 'fail'", "saw?.outcome !== 'unknown'"],
    ['undisclosed tools', 'catches a disclosure that lies', '!effects.has(name)', "name === ''"],
    ['undisclosed hosts', 'catches a disclosure that lies', 'hosts.length > 0 &&', 'hosts.length > 99 &&'],
  ]),
  ...switches('src/vendor/score/input.ts', SCORE, [
    ['answers that ended', 'decays with age', 'if (day >= until) return 0;', ''],
    ['what was seen long ago', 'decays with age', 'if (days > PROBED_DAYS) return 0;', ''],
  ]),
  ...switches('src/vendor/attest.ts', ATTEST, [
    ['events end a word', 'by what happens', '...openEvents({ attestedAt, events }).map(', '...openEvents({ attestedAt, events: [] as typeof events }).map('],
    ['another address', 'by its origin', 'new URL(endpoint.url).origin === origin', "new URL(endpoint.url).origin !== ''"],
  ]),
  ...switches('src/vendor/disclosure/read.ts', ATTEST, [
    ['answers of tomorrow', 'answers of tomorrow', 'said > now + DAY_MS', 'said > Infinity'],
    ['answers for ever', 'answers of tomorrow', 'until - said > LIMITS.vendorAnswerLifeMs', 'until - said > Infinity'],
  ]),
  ...switches('src/policy/vendor.ts', POLICY, [
    ['standing ends by time', 'by time alone', 'return now < (vendor?.disclosedUntil ?? 0);', 'return (vendor?.disclosedUntil ?? 0) > 0;'],
  ]),
  ...switches('src/policy/vendors.ts', POLICY, [
    ['what may be sent', 'is all that is', '...(above.length === 0 ? []', '...(above.length >= 0 ? []'],
    ['categories that may be sent', 'is all that is', '...(others.length === 0 ? []', '...(others.length >= 0 ? []'],
  ]),
  ...switches('src/control/vendors/facts.ts', E2E, [
    ['servers at another address', 'at its own addresses',
      "known !== undefined && endpoint.transport !== 'stdio' && isAtVendor(endpoint.url, known.vendor.endpoints)",
      'known !== undefined'],
  ]),
  ...switches('src/control/vendors/link.ts', E2E, [
    ['signatures of links', 'open to its link alone', "encoded !== '' && verify(", "encoded !== '' || verify("],
    ['links are good once', 'open to its link alone',
      'now < expiresAt && revokedAt === undefined && usedAt === undefined', 'now < expiresAt && revokedAt === undefined'],
    ['closed links', 'open to its link alone', 'now < expiresAt && revokedAt === undefined &&', 'now < expiresAt &&'],
  ]),
  ...switches('src/control/vendors/events.ts', 'src/control/vendors/events.test.ts', [
    ['open notices', 'and nothing that is open', 'own.filter(({ body }) => body.at <= attestedAt)', 'own.filter(({ body }) => body.at > 0 * attestedAt)'],
    ['room for all else', 'notice that is open stays', 'advisories >= ADVISORIES_OPEN_MAX', 'advisories < 0'],
  ]),
  ...switches('src/control/vendors/disclose.ts', E2E, [
    ['what was looked at is what is accepted', 'open to its link alone', 'if (body.digest !== digest) {', "if (body.digest === '') {"],
  ]),
];
