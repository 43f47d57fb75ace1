import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** The registry service: what is published, requests through different hands, catalogues that are held back. */
export const REGISTRY: readonly Switch[] = [
  ...switches('src/control/registry/listed.ts', 'src/control/registry/registry.test.ts', [
    ['what is stopped is published no more', 'the moment that it is stopped', "if (server?.status !== 'approved' || baseline === undefined)",
      'if (baseline === undefined)'],
    ['kill switches in the registry', 'the moment that it is stopped', 'isKilled ? undefined : server', 'server'],
    ['what is published is what is approved', 'when something else is approved', 'if (baseline.digest !== digest)', "if (digest === '')"],
    ['reviews that are overdue', 'when its review is overdue', 'reviewBy <= now', 'reviewBy < 0'],
  ]),
  ...switches('src/control/registry/publish.ts', 'src/control/registry/registry.test.ts', [
    ['only what is approved is published', 'under the gate\'s address', "server.status !== 'approved' || baseline === undefined", 'baseline === undefined'],
    ['listings go with their server', 'goes with its server', "if (one.status !== 'deleted') await put(", "if (one.status === 'deleted') await put("],
  ]),
  ...switches('src/control/requests/separation.ts', 'src/control/requests/requests.test.ts', [
    ['separate hands', 'nothing is approved by who reviewed', 'if (same === undefined) return;', 'if (same !== undefined) return;'],
    ['no step by the machine\'s token', 'approved with the machine', "admin.proof?.kind !== 'person' || admin.proof.via === 'root'",
      "admin.proof?.kind === undefined"],
    ['one person under two names', 'under two names is one', 'whoIs(who) === whoIs(admin.id)', 'who === admin.id'],
  ]),
  ...switches('src/control/requests/decide.ts', 'src/control/requests/requests.test.ts', [
    ['what was reviewed is what is approved', 'what is approved is what was shown', '|| digestOfReview(request, definition) !== shown', ''],
    ['requests end', 'what is over stays over', "expiresAt > now;", 'expiresAt > 0;'],
    ['requests a day', 'asks too often', '> LIMITS.registryRequestsPerDayMax', '> 1e9'],
  ]),
  ...switches('src/control/requests/wanted.ts', 'src/control/requests/requests.test.ts', [
    ['what was asked for is what is declared', 'what is approved is what was shown', 'endpoint.url !== wanted.url', "endpoint.url === ''"],
    ['releases by who asked later', 'who released it themselves', "stateOf(entry, standing).state === 'released'", "stateOf(entry, standing).state === 'held'"],
    ['entries that wait', 'cannot be had before it cooled off', 'needAvailable(wanted.entry, entry, standing);', ''],
  ]),
  ...switches('src/control/registry/catalog.ts', 'src/control/requests/requests.test.ts', [
    ['cooling off', 'cannot be had before it cooled off', 'until > now ?', 'until < 0 ?'],
    ['versions that change', 'cannot be had before it cooled off', "...(isChanged ? (['changed'] as const) : [])", ''],
    ['a release of what was seen', 'cannot be had before it cooled off', '(!isChanged || before.changedTo === digest)', 'digest !== before.source'],
    ['what another catalogue takes back', 'whatever another catalogue says',
      "hold.startsWith('upstream-') ? !isSame :", "hold.startsWith('upstream-') ? false :"],
    ['advisories hold entries', 'each reason to look', "affected ? [...holds, 'advisory'] : holds", 'affected ? holds : holds'],
  ]),
  ...switches('src/registry/catalogs/catalog.ts', 'src/registry/catalogs/catalog.test.ts', [
    ['size of a catalogue of YAML', 'of YAML is much smaller', 'docker ? LIMITS.catalogYamlBytesMax : LIMITS.catalogBytesMax', 'LIMITS.catalogBytesMax'],
  ]),
  ...switches('src/control/registry/holds.ts', 'src/control/requests/requests.test.ts', [
    ['hidden names of entries', 'each reason to look', 'everyTextIn(asJson(server)).some(', 'textsOf(server).some('],
  ]),
  ...switches('src/registry/catalogs/upstream.ts', 'src/registry/catalogs/catalog.test.ts', [
    ['lines of an export', 'of more lines than a catalogue', 'if (lines.length > LIMITS.catalogEntriesMax) return undefined;', ''],
    ['when publishers say that they published', 'which says nothing of when', '...(isAnswer ? publishedAt(official) : {})', '...publishedAt(official)'],
  ]),
  ...switches('src/control/registry/holds.ts', 'src/control/requests/requests.test.ts', [
    ['names that are nearly approved ones', 'is held for each reason', "['look-alike', looksAlike(server, sanctioned)],", ''],
  ]),
  ...switches('src/registry/catalogs/docker.ts', 'src/registry/catalogs/catalog.test.ts', [
    ['names that stand twice in a catalogue', 'has neither of both', 'if (twice.has(id)) return', "if (id === '') return"],
  ]),
  ...switches('src/registry/server-json/offers.ts', 'src/registry/catalogs/catalog.test.ts', [
    ['exact versions of entries', 'is nothing for', "if (!isPinned({ ecosystem: registryType }, spec)) return refused('unpinned');", ''],
    ['registries of entries', 'is nothing for another registry', 'if (home !== undefined && HOMES', 'if (home === undefined && HOMES'],
  ]),
  ...switches('src/control/registry/door.ts', 'test/registry/contract.test.ts', [
    ['who reads the registry', 'that shows nothing is told how to sign in', 'view.registry.anonymous && route.isClosed !== true',
      "view.registry.namespace !== ''"],
    ['what a package holds is for who signed in', 'not told what is in a package', ' && route.isClosed !== true', ''],
    ['the registry answers any origin', 'like VS Code', "'cross-origin-resource-policy': 'cross-origin',", ''],
  ]),
  ...switches('src/control/door-guard.ts', 'test/registry/contract.test.ts', [
    ['what browsers ask before, elsewhere', 'of another origin changes nothing', "method === 'OPTIONS' && isRegistryPath(path)", "method === 'OPTIONS'"],
    ['what browsers ask before', 'like Copilot', "if (method === 'OPTIONS' && isRegistryPath(path)) return;", ''],
  ]),
  ...switches('src/control/registry/present.ts', 'test/registry/contract.test.ts', [
    ['advisories are not for everybody', 'not told what is in a package', 'server === undefined || registry.anonymous ?', 'server === undefined ?'],
  ]),
  ...switches('src/control/manifest/apply.ts', 'src/control/registry/registry.test.ts', [
    ['listings go with a server that a manifest leaves out', 'goes with its server', "if (kind === 'server') await withdrawListings(",
      "if (kind === 'role') await withdrawListings("],
  ]),
  ...switches('src/control/registry/publish.ts', 'src/control/requests/requests.test.ts', [
    ['publishing by another', 'through different hands', "[{ who: approvedBy, did: 'approved' }]", '[]'],
    ['publishing again by another', 'through different hands', "if (status === 'active' && chosen.some(", "if (status === 'deleted' && chosen.every("],
  ]),
  ...switches('src/control/registry/catalog.ts', 'src/control/requests/requests.test.ts', [
    ['releases by another', 'cannot be had before it cooled off', "asking.map(({ body }) => ({ who: body.requester.id, did: 'asked for' }))", '[]'],
  ]),
];
