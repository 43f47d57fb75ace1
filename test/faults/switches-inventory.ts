import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** What keeps the inventory from being made to say something better than it is, from being filled, and from falling silent unseen. */
export const INVENTORY: readonly Switch[] = [
  ...switches('src/control/inventory/evidence.ts', 'src/control/inventory/inventory.test.ts', [
    ['keys that make anything a server of the gate', 'no sensor makes itself the gate', 'if ((of(\'gate:\') > 0 &&', 'if ((of(\'gate:\') > 9 &&'],
    ['two packages as one thing', 'no sensor makes itself the gate', "of('package:') > 1) {", "of('package:') > 99) {"],
    ['secrets that sensors let through', 'a secret that a sensor let', 'place: redact(place), facts', 'place, facts'],
    ['times to come', 'a secret that a sensor let', 'Math.min(said.seenAt, now)', 'said.seenAt'],
    ['evidence of others', 'nobody ends what another one saw', "return digestOf([by, sensor, host ?? '']);", "return digestOf([sensor, host ?? '']);"],
    ['places that could not be seen', 'nobody ends what another one saw', '&& !except.some((place) =>', '&& ![].some((place) =>'],
    ['room of the inventory', 'nobody fills the inventory', 'own <= LIMITS.evidenceByReporterMax) return;', 'own >= 0) return;'],
  ]),
  ...switches('src/control/inventory/schema.ts', 'src/control/inventory/inventory.test.ts', [
    [
      'the gate is no sensor of others', 'no sensor makes itself the gate',
      "sensor: z.enum(SENSORS).exclude(['gate']),\n  kind",
      'sensor: z.enum(SENSORS),\n  kind',
    ],
  ]),
  ...switches('src/control/inventory/routes.ts', 'src/control/inventory/inventory.test.ts', [
    ['ignoring ends', 'an asset is ignored until a day', 'until - now > LIMITS.assetIgnoredMsMax', 'until < 0'],
  ]),
  ...switches('src/roles/up-process.ts', 'test/e2e/rogue.test.ts', [
    ['the machine that control is on', 'not taken out of it by adopting', "role === 'control' ? { hostname: hostname() } : {}", '{}'],
  ]),
  ...switches('src/cli/discover/adopt.ts', 'test/e2e/rogue.test.ts', [
    ['what is in quarantine stays there', 'not taken out of it by adopting', "status === 'quarantined');", "status === '');"],
    ['what is adopted is seen first', 'with one command its traffic', '    await agreed(call, places, owner);\n', ''],
  ]),
  ...switches('src/control/inventory/ignored.ts', 'src/control/inventory/inventory.test.ts', [
    ['what is ignored by the word of others', 'hides nothing that another one sees', 'parts.every((part) =>', 'parts.some((part) =>'],
  ]),
  ...switches('src/control/inventory/sensors.ts', 'src/roles/sensor.test.ts', [
    ['sensors of other hosts', 'a sensor speaks of its own host', 'if (stray !== undefined ||', 'if (false ||'],
    ['silent sensors on record', 'a sensor that falls silent', 'await record(silence(id, {', 'void ((_: unknown) => undefined)(silence(id, {'],
    ['sensors that stop without end', 'does not fill the journal', 'if (stops <= LIMITS.sensorStopsPerHourMax)', 'if (stops >= 0)'],
    ['stopped sensors on record', 'a sensor joins by a token', "if (beat.state === 'stopped' &&", "if (beat.state !== 'stopped' &&"],
  ]),
  ...switches('src/link/verbs.ts', 'src/roles/sensor.test.ts', [
    [
      'what sensors may ask', 'asks control for nothing else',
      "'control.keys': { server: 'control', callers: ['gateway']",
      "'control.keys': { server: 'control', callers: ['gateway', 'sensor']",
    ],
  ]),
  ...switches('src/roles/sensor-queue.ts', 'src/roles/sensor.test.ts', [
    ['room on the disk of a sensor', 'a queue keeps what was seen last', 'waiting.length > LIMITS.sensorReportsMax ||', 'waiting.length < 0 ||'],
    [
      'reports that were half written', 'leaves what cannot be read',
      'return isObject(value) ? value : undefined;\n  } catch {\n    return undefined;',
      'return isObject(value) ? value : undefined;\n  } catch {\n    return {};',
    ],
  ]),
  ...switches('src/discover/correlate/judge.ts', 'src/discover/correlate/correlate.test.ts', [
    ['the word of others', 'only another reporter says', 'if (reporters.size < 2) return [];', 'if (reporters.size < 99) return [];'],
    [
      'the word of others on the way through the gate', 'or to go through the gate',
      "const reporters = Map.groupBy(seen, (", 'const reporters = Map.groupBy(present.filter((one) => !isThroughGate(one)), (',
    ],
    [
      'entries for the gate that make nothing else of a thing', 'or to go through the gate',
      'return present.every(isThroughGate)', 'return present.some(isThroughGate)',
    ],
    [
      'one client beside the gate', 'as soon as one client goes around',
      'present.filter((one) => !isThroughGate(one) && isUse(one))',
      'present.filter((one) => one.confidence < 0)',
    ],
    [
      'addresses that are not declared', 'where or what it is not declared',
      "const elsewhere = others.filter((key) => isPackaged || key.startsWith('url:'));",
      'const elsewhere = others.slice(0, 0);',
    ],
  ]),
  ...switches('src/discover/correlate/correlate.ts', 'src/discover/correlate/correlate.test.ts', [
    [
      'names that make assets', 'makes an asset only where somebody vouches',
      'else if (same.every(isHint)) hints.push(...same);',
      'else if (same.length < 0) hints.push(...same);',
    ],
    [
      'kinds that are one', 'of another kind, is not',
      'groupBy(evidence, ({ kind, keys }) => rootOf(`${kind} ',
      'groupBy(evidence, ({ keys }) => rootOf(`server ',
    ],
  ]),
  ...switches('src/discover/correlate/strength.ts', 'src/discover/correlate/correlate.test.ts', [
    ['names that nobody vouches for', 'somebody vouches for the name', 'return confidence < VOUCHED_MIN;', 'return confidence < 0;'],
  ]),
  ...switches('src/control/inventory/registered.ts', 'src/control/inventory/inventory.test.ts', [
    ['lines that only look alike', 'known by what its command really runs', '.filter((key) => !isLikeness(key))', ''],
  ]),
  ...switches('src/discover/keys.ts', 'src/discover/keys.test.ts', [
    ['secrets in lines of a shell', 'what runs is known by what it really is', 'const rest = lineWithoutSecrets(line);', 'const rest = line;'],
    ['addresses that are secrets', 'that is a secret itself', 'const path = withoutSecrets(pathname).replace', 'const path = pathname.replace'],
    [
      'loopback of other machines', 'of loopback belongs to its machine',
      'return machine === undefined ? undefined : bounded(',
      "return machine === '' ? undefined : bounded(",
    ],
  ]),
];
