import { DEFAULT_NAMES } from '../../src/policy/defaults/table.ts';
import { switches } from './switch.ts';
import type { Switch } from './switch.ts';

/** Every obligation, what messages of both ways go through, people's approvals, and every rule by which labels travel. */
export const SWITCHES: readonly Switch[] = [
  ...switches('src/gateway/obligations/meet.ts', 'src/gateway/obligations/meet.test.ts', [
    ['approve', 'approve: what a person', `kind === 'approve' ||`, `kind === 'never' ||`],
    ['stage', 'stage: what a person', `(kind === 'stage' && !isDryRun(exchange))`, 'false'],
    ['what a server asks', 'approve: what a server asks', 'if (!isCall(message)) return refuse(verdict, message, UNASKABLE);', ''],
    ['budget', 'budget: so many', 'countBudget(gate, exchange) ?? UNREADABLE', 'undefined'],
    ['bulk', 'bulk: no list', 'checkBulk(value, exchange)', '(value === exchange.id ? UNREADABLE : undefined)'],
    ['quota', 'quota: so many', '[countQuota(exchange), ', '['],
    ['quarantine of a call', 'a gate of answers alone', 'quarantine: () => UNREADABLE', 'quarantine: () => undefined'],
  ]),
  ...switches('src/gateway/obligations/meet.ts', 'src/gateway/gateway.test.ts', [
    ['limit', 'what policy limits passes as often', 'countLimit(gate, exchange) ?? UNREADABLE', 'undefined'],
    ['cascade', 'cascade: denial after denial', 'cascade.frozen(exchange) ?? ', ''],
    ['breaker', 'breaker: a server that only fails', '?? closed(exchange)', ''],
  ]),
  ...switches('src/gateway/answering.ts', 'test/e2e/quarantine.test.ts', [
    ['quarantine', 'quarantined, an answer', 'await quarantine.judge(verdict, answer, found, exchange)', 'verdict'],
  ]),
  ...switches('src/gateway/transforms/transforming.ts', 'src/gateway/transforms/transforming.test.ts', [
    ['redact', 'redact: what is found of a category', 'if (redacted.includes(category)) edits.push', 'if (redacted.includes(category)) edits.slice().push'],
    ['tokenise', 'tokenise: a value goes out', 'else issued.push(', 'else issued.slice().push('],
    ['restore', 'tokenise: a value goes out', 'if (categories.length === 0 ||', 'if (categories.length >= 0 ||'],
    ['spotlight', 'spotlight: each text', 'return spotlight(changed, exchange.server.id);', 'return changed;'],
    ['what must be gone is gone', 'redact: of what hides a value', 'return !findings.some(', 'return gone.length > 0 || !findings.some('],
  ]),
  ...switches('src/gateway/trail-words.ts', 'src/gateway/transforms/transforming.test.ts', [
    ['notify', 'spotlight: each text', '...(transforms.length > 0 ? { transforms } : {})', '...{}'],
  ]),
  ...switches('src/gateway/deciding.ts', 'src/gateway/transforms/transforming.test.ts', [
    ['what was changed is decided anew', 'restore: what stands there then', 'known = knownWith(carries, [...watched.findings, ...left]);', ''],
  ]),
  ...switches('src/gateway/enforce.ts', 'src/gateway/transforms/transforming.test.ts', [
    [
      'transforms before anything is sent', 'redact: what is found of a category',
      'if (transform !== undefined) return',
      'if (transform === undefined && hidden) return',
    ],
  ]),
  ...switches('src/gateway/inspecting.ts', 'src/gateway/inspecting.test.ts', [
    ['inspection of what is asked', 'what is found in a call is in its decision', 'look(subjectsAsked(message, exchange), exchange)', 'NOTHING'],
    ['inspection of what comes back', 'an answer in which something was found', 'look(subjectsAnswered(answer, exchange), exchange)', 'NOTHING'],
  ]),
  ...switches('src/gateway/guard.ts', 'src/gateway/inspecting.test.ts', [
    ['respond', 'an answer in which something was found', 'if (!force.engine.judgesAnswers) return', 'if (force.engine.version > 0) return'],
  ]),
  ...switches('src/gateway/sanitise/sanitise.ts', 'src/gateway/sanitise/sanitise.test.ts', [
    ['hidden text taken out', 'errors, too', 'withoutHidden(text)', 'text'],
    ['links defused', 'an answer in which nothing hides', 'withoutActive(text, isKnown)', 'text'],
    [
      'pages of apps', 'a page of an app gets the policy',
      'const page = holdToCsp(block, approved);',
      'const page = block === null ? holdToCsp({}, approved) : undefined;',
    ],
  ]),
  ...switches('src/gateway/sanitise/app-page.ts', 'src/gateway/sanitise/sanitise.test.ts', [
    [
      'hosts that were approved', 'wherever a page comes',
      'approved.some((one) => one[key].includes(source))',
      '!approved.includes({ ...declared, [key]: [source] })',
    ],
  ]),
  ...switches('src/gateway/page-guard.ts', 'src/gateway/page-guard.test.ts', [
    ['pages of apps are what was approved', 'a page is given out as it was approved', '.digest === pin.digest ? undefined', ".digest !== '' ? undefined"],
    ['pages that nobody approved', 'a page that nobody approved', 'if (pin === undefined) return UNPINNED_PAGE;', 'if (pin === undefined) return undefined;'],
  ]),
  ...switches('src/gateway/guard.ts', 'test/e2e/inspection/app-pin.test.ts', [
    ['another page is withheld', 'withheld, and that is recorded as drift', '?? answered.objection;', ';'],
  ]),
  ...switches('src/gateway/sanitise/questions.ts', 'src/gateway/sanitise/sanitise.test.ts', [
    ['context of other servers', 'sampling: what other servers said', 'return { ...rest,', 'return { ...params,'],
    ['tokens of a sampling request', 'no model is given more tokens', 'maxTokens: isTooMuch ? most : maxTokens', 'maxTokens: maxTokens ?? most'],
    ['who asks', 'who asks stands in front', '${exchange.server.id} asks: ', ''],
  ]),
  ...switches('src/gateway/obligations/meet.ts', 'test/e2e/questions.test.ts', [
    ['questions of servers are counted', 'one server asks so often', '[countQuestions(message, exchange)]', '[]'],
  ]),
  ...switches('src/gateway/inspectors.ts', 'test/e2e/known-secrets.test.ts', [
    ['secrets of the vault are known', 'a secret of the vault is refused', 'tryOpen(knownKey, space, sealed)', 'undefined'],
  ]),
  ...switches('src/control/vault/routes.ts', 'test/e2e/known-secrets.test.ts', [
    ['a canary is known', 'a canary is made once', '  await control.known.tend();\n', ''],
  ]),
  ...switches('src/detect/configured.ts', 'test/e2e/detect-settings.test.ts', [
    ['what only looks decides nothing', 'on, as it ships', `shadow: mode === 'shadow'`, 'shadow: false'],
    ['folders of servers', 'what servers are told of detectors', 'roots === undefined ? []', 'roots !== undefined ? []'],
  ]),
  ...switches('src/gateway/outside.ts', 'test/e2e/outside-detectors.test.ts', [
    ['a judge outside', 'what a judge outside says', 'if (remote !== undefined) add(', 'if (remote === undefined) add('],
    ['a detector of one\'s own', 'a detector of one\'s own looks', 'of plugins) add(', 'of plugins.slice(9)) add('],
  ]),
  ...switches('src/detect/remote/shown.ts', 'test/e2e/outside-detectors.test.ts', [
    [
      'secrets are not shown outside', 'a secret of the vault that a message holds',
      'whole.has(pointer) ? REDACTED : without(',
      'whole.has(pointer) ? text : String(',
    ],
  ]),
  ...switches('src/gateway/obligations/approve.ts', 'test/e2e/approvals.test.ts', [
    [
      'an approval is for one call', 'a call waits, is approved, and passes once',
      'params: withoutProtocol(message.params ?? {})',
      'params: withoutProtocol({})',
    ],
    ['what would be done is shown', 'a call that destroys is shown', '...(preview === undefined ? {} : { preview })', '...{}'],
  ]),
  ...switches('src/gateway/obligations/meet.ts', 'test/e2e/approvals.test.ts', [
    ['an approval is used up', 'a call waits, is approved, and passes once', 'await grant.use()', 'undefined'],
  ]),
  ...switches('src/control/approvals/use.ts', 'src/control/approvals/use.test.ts', [
    ['what was read since it was approved', 'a caller that has read more by then', 'if (await haveRisen(rows, approval)) {', 'if (digest === id) {'],
    ['who was stopped since', 'nor is one that was stopped by then', 'if (stopped !== undefined) throw', 'if (digest === id) throw'],
    ['of which call it is', 'nor is one that was stopped by then, nor any other call', 'if (approval.body.digest !== digest) {', 'if (digest === id) {'],
  ]),
  ...switches('src/gateway/holding.ts', 'test/e2e/approvals.test.ts', [
    ['a call is held while its client waits', 'a legacy client that listens is held', 'if (until <= Date.now() ||', 'if (until >= 0 ||'],
  ]),
  ...switches('src/flow/labels.ts', 'src/flow/labels.test.ts', [
    ['confidentiality joins', 'what carries two is at least', 'rank(other) > rank(one) ? other.confidentiality : one.confidentiality', 'one.confidentiality'],
    ['categories join', 'what carries two is at least', '|| other.categories.includes(category)', ''],
    ['integrity joins', 'what carries two is at least', `other.integrity === 'untrusted' ? 'untrusted' : one.integrity`, 'one.integrity'],
    ['less trusted is no cover', 'what is covered is what joining', 'return trusts && ', 'return '],
    ['less confidential is no cover', 'what is covered is what joining', 'rank(labels) >= rank(other) && ', ''],
    ['other categories are no cover', 'what is covered is what joining', ' && other.categories.every((category) => labels.categories.includes(category))', ''],
    ['what is found labels', 'what was found is joined', 'found.labels === undefined ? all :', 'all !== undefined ? all :'],
    [
      'a lost context carries everything', 'nothing is more than what a lost context',
      `{ confidentiality: 'restricted', categories: CATEGORIES, integrity: 'untrusted' }`,
      `{ confidentiality: 'public', categories: [], integrity: 'trusted' }`,
    ],
  ]),
  ...switches('src/flow/keeper.ts', 'src/gateway/gateway.test.ts', [
    ['what comes back carries its labels', 'flow: what came back has labelled', 'withFound(own ?? UNLABELLED, found)', 'withFound(UNLABELLED, found)'],
  ]),
  ...switches('src/flow/keeper.ts', 'src/control/contexts/entries.test.ts', [
    ['fields of results', 'fields of a result carry', 'join(own, fieldLabels(exchange, arrived.answer))', 'own'],
  ]),
  ...switches('src/flow/context.ts', 'src/flow/context.test.ts', [
    [
      'labels of a dispatcher and what it runs', 'what a dispatcher brings back',
      '[call.resource, ...dispatchers.map(({ resource }) => resource)]',
      '[call.resource]',
    ],
  ]),
  ...switches('src/gateway/guard.ts', 'src/gateway/labelled.test.ts', [
    ['what is found in arguments counts as carried', 'is in the context of its call', 'flow: withFound(flow, findings)', 'flow'],
    ['what is found in arguments flows into them', 'flows into them', 'provenance: carrying(provenance, findings)', 'provenance'],
  ]),
  ...switches('src/flow/provenance/derive.ts', 'src/flow/provenance/provenance.test.ts', [
    [
      'a full memory suspects everything', 'that was flooded suspects everything',
      'if (memory.isSaturated) return { ...everything(',
      'if (memory.isSaturated && sink.tool === "") return { ...everything(',
    ],
    ['a full memory trusts no destination', 'that was flooded suspects everything', `if (memory.isSaturated) return 'untrusted';`, ''],
    [
      'what is too much counts as everything', 'arguments that are too much',
      'if (leaves === undefined || others === undefined) return everything(memory, labels, sink);',
      'if (leaves === undefined || others === undefined) return UNDERIVED;',
    ],
    ['declassify', 'counts as less towards one sink', 'passFor(origin, passes, sink) ?? origin.labels', 'origin.labels'],
    ['endorse', 'is vouched for by a person for one sink', '|| vouchedFor(digest, passes, sink, labels)', ''],
    ['values cut into several arguments', 'cut into several arguments', 'if (several.length > 1) for', 'if (several.length < 0) for'],
  ]),
  ...switches('src/flow/provenance/passes.ts', 'src/flow/provenance/provenance.test.ts', [
    [
      'a pass is for one sink', 'counts as less towards one sink',
      `pass.sink === server || pass.sink === \`\${server}/\${tool}\``,
      'pass.sink !== server + tool',
    ],
  ]),
  ...switches('src/control/contexts/visit.ts', 'src/control/contexts/visit.test.ts', [
    ['nobody vouches for what is kept elsewhere', 'nobody vouches for a context', 'if (others.away && visit.asks) {', 'if (others.away && visit.late) {'],
    ['who is gone takes it along', 'a gateway that is gone', 'others.gone.some((one) => !writtenOff.includes(one))', 'others.gone.length < 0'],
    ['gaps of what is told late', 'what is told of another life', 'late === true && recall.generation !== body.generation', 'false'],
    [
      'contexts wait for who may have more of them', 'a context that idled is not forgotten',
      '.every((gateway) => isHeardOf.get(gateway))',
      '.every(() => isHeardOf.size >= 0)',
    ],
  ]),
  ...switches('src/control/contexts/visit.ts', 'src/control/contexts/entries.test.ts', [
    ['gaps of what nobody kept', 'what came in while nobody kept fingerprints', 'isMissed && body.gaps === undefined', 'isMissed && body.gaps !== undefined'],
  ]),
  ...switches('src/flow/provenance/entry.ts', 'src/control/contexts/entries.test.ts', [
    [
      'a directory that repeats vouches for nothing', 'a directory vouches for nobody that it was asked for',
      `directory ? heardIn(said) : ''`,
      `''`,
    ],
    [
      'of a directory some properties', 'of a list that strangers get onto',
      `typeof listed === 'boolean' ? leaves`,
      `typeof listed !== 'number' ? leaves`,
    ],
  ]),
  ...switches('src/policy/engine.ts', 'src/policy/classification.test.ts', [
    ['flow is asked where the outcome depends on it', 'what follows contexts is in force', 'readsFlow ||= reads.readsFlow;', ''],
    ['provenance is asked where the outcome depends on it', 'what follows contexts is in force', 'readsProvenance ||= reads.readsProvenance;', ''],
  ]),
  ...DEFAULT_NAMES.flatMap((name) => switches('src/policy/defaults/table.ts', 'src/policy/classification.test.ts', [
    [`default/${name}`, `default/${name} denies`, `const mode = modes[name] ?? 'on';`, `const mode = name === '${name}' ? 'off' : modes[name] ?? 'on';`],
  ])),
  ...switches('src/link/session.ts', 'src/link/link.test.ts', [
    ['the socket of a pair', 'a role that finds another pair', 'hello.role !== this.#context.expected', 'false'],
    ['the table of verbs', 'a verb that is not the caller', 'info.callers.includes(caller.role)', 'true'],
  ]),
];
