import { switches } from './switch.ts';
import type { Switch } from './switch.ts';
import { LEFT_BEHIND } from './switches-left-behind.ts';

/** What keeps a break-in in one room: jails, sandboxes, egress, links, packages, the sealed configuration, segments, releases, backups. */
export const SEGMENTATION: readonly Switch[] = [
  ...LEFT_BEHIND,
  ...switches('src/sandbox/request.ts', 'src/sandbox/sandbox.test.ts', [
    ['launches that control signed', 'is what control signed', "'base64url'))) throw unsigned();", "'base64url'))) void unsigned();"],
  ]),
  ...switches('src/link/machines/door.ts', 'src/link/machines/machines.test.ts', [
    ['a crowd that wants to join', 'those without a certificate', 'if (joining.size >= LIMITS.linkPendingMax)', 'if (joining.size < 0)'],
  ]),
  ...switches('src/sandbox/confine.ts', 'test/isolation/server.test.ts', [
    ['sockets in folders of servers', 'cannot do what it tries', "? { unixSockets: 'pairs' } : {}", '? {} : {}'],
    ['network of servers', 'cannot do what it tries', "network: 'none',", "network: 'machine',"],
  ]),
  ...switches('src/control/configuration/state.ts', 'src/control/configuration/tampering.test.ts', [
    ['how servers run is sealed', 'every row of the configuration is covered', "'packages', 'runner',", "'packages',"],
    ['where packages come from is sealed', 'every row of the configuration is covered', "'packages', 'runner',", "'runner',"],
  ]),
  ...switches('src/cli/server-view.ts', 'src/cli/server-view.test.ts', [
    ['sandboxes are shown before approval', 'sees what it may touch', "...describeSandbox(part(launch, 'sandbox')),", ''],
  ]),
  ...switches('src/cli/boundaries.ts', 'src/cli/boundaries.test.ts', [
    ['roles of any home', 'by its environment, or by a relative path', "env['SALLYPORT_HOME'] ??", ''],
  ]),
  ...switches('src/sandbox/folders.ts', 'src/sandbox/folders.test.ts', [
    ['own files in sandboxes', 'own files are shown to nobody', 'if (isWithin(one, own) || isWithin(own, one))', "if (one === '')"],
    ['links left in folders', 'what lies in a folder that a server may write', '[...written].some(', '[].some('],
  ]),
  ...switches('src/sandbox/watchdog.ts', 'src/sandbox/limits.test.ts', [
    ['memory by the watchdog', 'the watchdog', 'if (bytes > spec.memoryBytesMax)', 'if (bytes < 0)'],
    ['processes by the watchdog', 'the watchdog', '> spec.processesMax)', '> 1e9)'],
    ['time of servers', 'the watchdog', "return 'wall';", 'return undefined;'],
    ['silence of servers', 'the watchdog', "return 'idle';", 'return undefined;'],
    ['the last of a disk', 'the watchdog', 'bavail * bsize < freeBytesMin', 'bavail * bsize < 0'],
  ]),
  ...switches('src/sandbox/watchdog.ts', 'src/sandbox/limits.test.ts', [
    ['shared memory by the watchdog', 'memory that is shared', '(?:RssAnon|RssShmem|VmSwap)', '(?:RssAnon|VmSwap)'],
  ]),
  ...switches('src/sandbox/confine.ts', 'src/sandbox/limits.test.ts', [
    ['memory that nobody could see', 'memory that is shared', "? {} : { memory: 'seen' }", '? {} : {}'],
  ]),
  ...switches('src/sandbox/jail/jail.ts', 'src/sandbox/jail/jail.test.ts', [
    ['low ports for any user', 'the right to low ports is there', "return ['--uid', '0', '--gid', '0', '--cap-add'", "return ['--cap-add'"],
  ]),
  ...switches('src/sandbox/jail/seccomp.ts', 'src/sandbox/jail/jail.test.ts', [
    ['files that run as their owner', 'to be run as its owner', 'const RUN_AS_OWNER = 0o6000;', 'const RUN_AS_OWNER = 0;'],
  ]),
  ...switches('src/sandbox/launch.ts', 'src/sandbox/limits.test.ts', [
    ['environment of servers', 'an environment is for the server alone', "cwd: '/', env: {} }", "cwd: '/', env: spec.env }"],
    [
      'no sandbox, no server', 'what can\'t be recorded',
      "support.kind === 'none' && spec.unjailed !== true", "support.kind !== 'none' && spec.unjailed !== true",
    ],
  ]),
  ...switches('src/sandbox/processes.ts', 'src/sandbox/limits.test.ts', [
    ['starts on record', 'what can\'t be recorded', 'await this.#options.record(startedRecord(running.ran));', ''],
  ]),
  ...switches('src/sandbox/stderr-log.ts', 'src/sandbox/limits.test.ts', [
    ['secrets in stderr', 'how a process ended is told', "text.replaceAll(secret, '[…]')", 'text'],
  ]),
  ...switches('src/sandbox/stderr-log.ts', 'src/sandbox/stderr-log.test.ts', [
    ['how many logs there are', 'ever new origins', '  makeRoom(folder);', ''],
    ['halves of secrets', 'no part of a secret is kept', "if (isCut) rest = '';", ''],
  ]),
  ...switches('src/control/servers/crashing.ts', 'src/roles/runner-quarantine.test.ts', [
    ['quarantine of what crashes', 'a server that crashes on start', "status: 'quarantined', reason: REASON", "status: 'approved', reason: REASON"],
    ['a runner that stops servers', 'a runner that was broken into', '> LIMITS.crashQuarantinesPerMinuteMax', '> 1e9'],
  ]),
  ...switches('src/egress/permission.ts', 'src/egress/door.test.ts', [
    [
      'the allow-list of a local server', 'to "other.test" is refused',
      "if (found === undefined) throw new SallyportError('ERR_EGRESS_FORBIDDEN', 'The server may not connect there.');",
      "if (found === undefined) return { host, anyBelow: false, port, tls: false, within: '127.0.0.0/8' };",
    ],
    ['kill switches end connections', 'a switch of its own', 'lease.killed.servers.includes(`${space}/${server}`)', 'space === server'],
    [
      'what is not approved reaches nothing', 'an approval that was taken back',
      "if (entry.status !== 'approved') throw", "if (entry.status === 'declared') throw",
    ],
  ]),
  ...switches('src/egress/resolve.ts', 'src/egress/door.test.ts', [
    ['addresses of permitted names', 'leads to 127.0.0.1 is refused', 'if (refusal !== undefined) throw', "if (refusal === 'never') throw"],
  ]),
  ...switches('src/egress/opening.ts', 'src/egress/opening.test.ts', [
    ['the name in a TLS hello', 'must name the host', 'if (serverName !== host) return', "if (serverName === '') return"],
    ['TLS where nothing else is declared', 'must name the host', "return tls ? refused('it is not TLS')", "return host === '' ? refused('it is not TLS')"],
    ['whom a request in clear is for', 'for another host is refused', 'if (named !== undefined) return', "if (named === 'nobody') return"],
    ['requests that come in pieces', 'before its line has ended', '*\\r?$|[!-~]+[ \\t])/;', '*\\r?$)/;'],
    ['tunnels in clear', 'is no tunnel', "if (method.toUpperCase() === 'CONNECT') return", "if (method === 'NEVER') return"],
  ]),
  ...switches('src/egress/client-hello.ts', 'src/egress/opening.test.ts', [
    ['two names in one hello', 'is ambiguous or broken', 'if (seen.has(type)) return MALFORMED;', ''],
  ]),
  ...switches('src/egress/carry.ts', 'src/egress/door.test.ts', [
    [
      'connections are on record before a byte leaves', 'be recorded is none',
      'await trail.opened(this.#contact, addresses, opened?.noted ?? {});',
      'await trail.opened(this.#contact, addresses, opened?.noted ?? {}).catch(() => undefined);',
    ],
  ]),
  ...switches('src/egress/sessions.ts', 'src/egress/door.test.ts', [
    ['a ticket is used once', 'is worth one session', "if (state !== 'announced' || !", "if (state === 'ended' || !"],
    ['a ticket is of its own process', 'is worth one session', '!timingSafeEqual(hash(given), ticketHash)', 'given === id'],
  ]),
  ...switches('src/egress/place.ts', 'src/egress/door.test.ts', [
    ['connections are of an open session', 'is worth one session', 'if (!this.session.holds(session)) throw', "if (session === '') throw"],
    [
      'connections of one process', 'opens more connections',
      'if (this.carried.size >= LIMITS.egressConnectionsPerServerMax) throw', 'if (this.carried.size < 0) throw',
    ],
    [
      'who says nothing', 'keeps a place by saying nothing',
      'setTimeout(() => socket.destroy(), this.#parts.prefaceMs)', 'setTimeout(() => undefined, this.#parts.prefaceMs)',
    ],
  ]),
  ...switches('src/egress/door.ts', 'src/egress/door.test.ts', [
    [
      'what is open is judged again', 'control that is away',
      `one.end(fault instanceof SallyportError ? fault : new SallyportError('ERR_INTERNAL', 'Something broke.', { cause: fault }));`,
      'if (!(fault instanceof SallyportError)) throw fault;',
    ],
  ]),
  ...switches('src/egress/teller.ts', 'src/egress/teller.test.ts', [
    ['what is told of one server', 'hides nothing of another', ' || current.told.size >= LIMITS.egressTriedMax', ''],
  ]),
  ...switches('src/egress/trail.ts', 'src/egress/door.test.ts', [
    ['refusals of one server are counted', 'fills the log', 'await floodsOf(contact).refuse(refusal)', 'await journal.append(refusal)'],
  ]),
  ...switches('src/egress/way.ts', 'src/egress/jailed/forward.test.ts', [
    [
      'the right to low ports is the forwarder\'s', 'no right to low ports',
      'exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all -- ', 'exec ',
    ],
  ]),
  ...switches('src/audit/admit.ts', 'src/audit/admit.test.ts', [
    ['egress alone says what was connected', 'egress alone', 'if (seer !== undefined) return origin.role === seer', 'if (seer === origin.role) return true'],
  ]),
  ...switches('src/registry/segments/nftables.ts', 'src/registry/segments/segments.test.ts', [
    [
      'only the gate reaches a hosted server', 'only the gate reaches a server',
      "refuse('ingress', server.id, address('daddr', network))", "allow('ingress', server.id, [])",
    ],
    [
      'a hosted server reaches only what is declared', 'only the gate reaches a server',
      "refuse('egress', server.id, address('saddr', network))", "allow('egress', server.id, [])",
    ],
  ]),
  ...switches('src/registry/segments/plan.ts', 'src/registry/segments/segments.test.ts', [
    ['names in rules', 'a name that the registry could not have', "if (!ID_PATTERN.test(name)) throw", "if (name.length > 99) throw"],
    [
      'a server without a segment is said', 'is said of each server',
      "if (server.segment === undefined) return gap(", "if (server.segment === undefined) return [].slice(",
    ],
  ]),
  ...switches('src/registry/segments/nftables-drift.ts', 'src/registry/segments/segments.test.ts', [
    [
      'a dormant table', 'drift: the table is dormant',
      ".filter((key) => !['family', 'name', 'handle', 'comment'].includes(key))", ".filter((key) => key === 'none')",
    ],
    ['rules too many', 'drift: a rule too many', '.filter((key) => !isWanted.has(key))', ".filter((key) => key === '')"],
  ]),
  ...switches('src/registry/segments/kubernetes-drift.ts', 'src/registry/segments/segments.test.ts', [
    ['policies that widen', 'drift: another policy lets everybody', 'return !contradicts &&', 'return contradicts &&'],
  ]),
  ...switches('src/control/segments/routes.ts', 'src/control/segments/segments.test.ts', [
    ['drift of networks is recorded', 'a drift is recorded', 'if (drift.length > 0) {', 'if (drift.length < 0) {'],
  ]),
  ...switches('src/cli/verify-manifest.ts', 'src/cli/verify.test.ts', [
    ['signatures of releases', 'by another key nothing', 'if (!signatures.some(', 'if (signatures.every('],
    ['paths of releases', 'a list names no path outside', '(?!\\/)(?!.*(?:^|\\/)\\.\\.?(?:\\/|$))', ''],
  ]),
  ...switches('scripts/make-release/licences.ts', 'test/release/licences.test.ts', [
    ['licences that nobody allowed', 'one that nobody allowed stops', 'if (refused.length > 0) {', 'if (refused.length > 99) {'],
    ['licences of training data', 'of training data every licence', 'return named.length > 0 && named.every(', 'return named.length >= 0 && named.some('],
  ]),
  ...switches('src/cli/verify-files.ts', 'src/cli/verify.test.ts', [
    ['changed files of a release', 'what is changed, missing', 'found.get(path) !== released[path]', 'found.get(path) === path'],
    ['extra files of a release', 'what is changed, missing', '!Object.hasOwn(released, path)', "path === ''"],
  ]),
  ...switches('src/registry/minimum-controls.ts', 'src/registry/minimum-controls.test.ts', [
    ['what is not known of a server', 'what is not known is not met', "? 'unknown' : met(is)", "? 'met' : met(is)"],
  ]),
  ...switches('src/link/machines/machine.ts', 'src/link/machines/machines.test.ts', [
    ['whose authority', 'a certificate says one role', '!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)', 'false'],
    ['the life of a certificate', 'a certificate says one role', 'if (!(notBefore <= now && now < expiresAt))', 'if (now < 0)'],
    ['a day at most', 'a certificate says one role', 'if (!(expiresAt - issuedAt <= LIMITS.linkCertificateMs))', 'if (now < 0)'],
  ]),
  ...switches('src/link/machines/credentials.ts', 'src/link/machines/machines.test.ts', [
    ['revocation of what is open', 'a revoked node is cut off', 'machine.expiresAt <= this.#now() || this.isDead(machine)', 'machine.expiresAt <= this.#now()'],
    ['the end of what is open', 'a renewed certificate is shown', 'machine.expiresAt <= this.#now() || this.isDead(machine)', 'this.isDead(machine)'],
  ]),
  ...switches('src/link/wire.ts', 'src/link/machines/machines.test.ts', [
    ['TLS 1.3', 'plain, TLS 1.2', 'const TLS_1_3 = 0x0304;', 'const TLS_1_3 = 0x0303;'],
  ]),
  ...switches('src/link/handshake.ts', 'src/link/machines/machines.test.ts', [
    ['the version of the link', 'plain, TLS 1.2', `body['version'] !== LINK_VERSION || role === undefined`, 'role === undefined'],
  ]),
  ...switches('src/link/session.ts', 'src/link/machines/machines.test.ts', [
    ['what machines alone ask', 'who is not control lets nobody in', '(info.machines === true && caller.node === undefined)', 'false'],
  ]),
  ...switches('src/control/configuration/keeper.ts', 'src/control/configuration/tampering.test.ts', [
    ['what is stored is what was signed', 'every row of the configuration', 'rootOf(state) === head.statement.root', 'head.statement.number > 0'],
    ['what control saw committed', 'an older database in the place', 'if (number < kept)', 'if (number < 0)'],
    ['what the ledger saw committed', 'an older database in the place', 'if (number < seen)', 'if (number < 0)'],
    ['no older snapshot', 'of the versions themselves', 'if (snapshot < signed)', 'if (snapshot < 0)'],
  ]),
  ...switches('src/control/configuration/version.ts', 'src/control/configuration/tampering.test.ts', [
    ['the signature of a version', 'of the versions themselves', 'const holds = verify(', 'const holds = bytes.length > 0 || verify('],
    ['the content of a version', 'a content that is not what was signed', 'digestOf(text) === content ?', 'content.length > 0 ?'],
  ]),
  ...switches('src/control/configuration/orders.ts', 'src/control/configuration/tampering.test.ts', [
    ['an order is for one refusal', 'an order is for what was refused', 'order?.root !== found.root', 'order?.by === undefined'],
  ]),
  ...switches('src/control/manifest/follow.ts', 'src/control/manifest/follow.test.ts', [
    ['a changed file waits', 'the first start applies', `if (!watch && !(isStart && isUntouched)) return { ...found, state: 'changed' };`, ''],
  ]),
  ...switches('src/control/proposals/second-person.ts', 'src/control/manifest/follow.test.ts', [
    ['a watched file is nobody special', 'a watched manifest', 'return id !== MANIFEST_ADMIN;', `return id !== '';`],
  ]),
  ...switches('src/control/proposals/second-person.ts', 'src/control/configuration/comparing.test.ts', [
    ['every widening takes two', 'where every widening takes two', '.everyWidening === true ?', '.everyWidening === null ?'],
  ]),
  ...switches('src/control/configuration/rollback.ts', 'src/control/configuration/comparing.test.ts', [
    ['what was stopped stays stopped', 'an earlier version comes back', 'stopped.has(id) && body !== null', 'stopped.has(id) && body === null'],
  ]),
  ...switches('src/roles/own-files.ts', 'src/roles/own-files.test.ts', [
    ['secrets that others may read', 'a key that others may read', 'if ((found.mode & FOREIGN) === 0) return;', 'if (found.mode > 0) return;'],
    ['what others may write', 'a home that others may write', 'if (open === 0 || isSticky) return;', 'if (open >= 0 || isSticky) return;'],
  ]),
  ...switches('src/control/links/nodes.ts', 'src/control/links/links.test.ts', [
    ['single use', 'a token is good once', `await rows.delete('link-token', DEFAULT_SPACE, tokenIdOf(secret), { by: byOf(who) });`, ''],
    ['the end of a token', 'a token is good once', 'token.expiresAt <= now', 'false'],
    ['for its role', 'a token is good once', 'token?.role !== role', 'token === undefined'],
  ]),
  ...switches('src/recovery/order.ts', 'src/recovery/order.test.ts', [
    ['an order takes two people', 'one signer, a forged one', 'if (distinct.size < SIGNERS_MIN)', 'if (distinct.size < 1)'],
    ['an order is of one installation', 'one signer, a forged one', 'if (order.installation !== installation)', 'if (order.installation === "")'],
    ['an order ends', 'one signer, a forged one', 'if (now >= order.expiresAt)', 'if (order.expiresAt === 0)'],
    ['signatures of orders', 'one signer, a forged one', 'return key !== undefined && verify(', 'return key !== undefined || verify('],
  ]),
  ...switches('src/roles/floor.ts', 'src/roles/floor.test.ts', [
    ['an order is used once', 'a role goes back by an order, once', 'kept.used[part].includes(offered.id)', 'kept.used[part].includes(part)'],
    [
      'numbers of a restored store', 'a role goes back by an order, once',
      'if (restoredAt === kept.restoredAt) return version', 'if (restoredAt >= 0) return version',
    ],
    ['an order is of one restore', 'a role goes back by an order, once', 'order.restoredAt === restoredAt && ', ''],
    ['an order says how far', 'no further than it says', 'kept.version <= order.from && ', ''],
  ]),
  ...switches('src/backup/manifest.ts', 'src/backup/backup.test.ts', [
    ['whose backup it is', 'an archive of another installation', 'if (signer !== installation) throw', 'if (signer === "") throw'],
  ]),
  ...switches('src/backup/archive-read.ts', 'src/backup/backup.test.ts', [
    ['a backup holds what it says', 'an archive of another installation', 'if (!Bun.deepEquals(seen, manifest.files))', 'if (seen.length < 0)'],
  ]),
  ...switches('src/backup/tar.ts', 'src/backup/backup.test.ts', [
    ['names in backups', 'names that lead elsewhere', "if (!isPlainName(name)) throw invalid(", "if (name === '\\n') throw invalid("],
    ['links in backups', 'names that lead elsewhere', 'if (view[TYPE_AT] !== REGULAR) throw', 'if (view[TYPE_AT] === 0) throw'],
  ]),
  ...switches('src/control/lease.ts', 'test/e2e/restore.test.ts', [
    ['a restored gate waits for its order', 'everything destroyed comes back', 'kill.all || await isAwaiting(rows)', 'kill.all'],
  ]),
  ...switches('src/packages/install.ts', 'src/packages/install.test.ts', [
    ['integrity of packages', 'other bytes than it said', 'if (`${algorithm}-${digest}` !== integrity) throw', "if (digest === '') throw"],
    ['required provenance', 'provenance that is required', "if (policy === 'checked' ||", "if (policy !== 'checked' ||"],
    ['attestations that are said to exist', 'attestations that are none', 'if (attestations === undefined) return undefined;',
      'if (attestations !== archive.toString()) return undefined;'],
  ]),
  ...switches('src/packages/npm/packument.ts', 'src/packages/install.test.ts', [
    ['the cooling-off age of npm', 'is refused by name, and passed over', '<= publishedBefore || excepts(', '<= Number.MAX_VALUE || excepts('],
    ['the name of a package', 'another package under this name', 'packument.data.name !== name', "packument.data.name === ''"],
    ['scopes of their own', 'a scope with a registry of its own', 'Object.hasOwn(scopes, scope) ? scopes[scope] : undefined',
      'undefined as string | undefined'],
  ]),
  ...switches('src/packages/npm/manifest.ts', 'src/packages/install.test.ts', [
    ['what an archive says it is', 'an archive of another package', 'read.data.name !== name ||', "read.data.name === '' ||"],
  ]),
  ...switches('src/packages/pypi/project.ts', 'src/packages/install.test.ts', [
    ['the cooling-off age of wheels', 'is what nobody knows the age of', '<= sources.publishedBefore ||', '<= Number.MAX_VALUE ||'],
  ]),
  ...switches('src/packages/pypi/wheel.ts', 'src/packages/install.test.ts', [
    ['what a wheel says it is', 'a wheel of another name', '|| compareVersions(version, wheel.version) !== 0', ''],
  ]),
  ...switches('src/packages/archive/tar.ts', 'src/packages/archive/archive.test.ts', [
    ['links in archives', 'a symbolic link is refused', "if (type === '5' && sizeBytes === 0) return false;",
      "if (type === '2' || type === '5') return false;"],
    ['bombs', 'a bomb is refused before', '{ maxOutputLength: bytesMax }', '{}'],
  ]),
  ...switches('src/packages/archive/paths.ts', 'src/packages/archive/archive.test.ts', [
    ['paths that leave', '"../a" is none', 'if (isPlain && !UNSAFE', 'if (parts.length > 0 && !UNSAFE'],
    ['names that are one somewhere', 'what some file system takes for one', ".normalize('NFKC').toLowerCase()", ''],
  ]),
  ...switches('src/packages/archive/zip.ts', 'src/packages/archive/archive.test.ts', [
    ['wheels that readers read differently', 'entries that share bytes', "if (entry.offset < end) throw", 'if (entry.offset < 0) throw'],
  ]),
  ...switches('src/packages/provenance.ts', 'src/packages/provenance.test.ts', [
    ['what an attestation is about', 'of another archive', '&& digest[attested.algorithm] === attested.digest', ''],
    ['who publishes', 'of another publisher', 'const isNamed = host !== undefined &&', 'const isNamed = host !== undefined ||'],
  ]),
  ...switches('src/packages/archive/unpacking.ts', 'src/packages/install.test.ts', [
    ['many small bombs', 'what all of a package unpacks to', 'left -= Math.max(archive', 'left -= 0 * Math.max(archive'],
  ]),
  ...switches('src/packages/store.ts', 'src/packages/install.test.ts', [
    ['another archive of one version', 'is listed, found by the beginning', 'const isOther = was.length > 0 &&', 'const isOther = was.length < 0 &&'],
  ]),
  ...switches('src/packages/verify.ts', 'src/packages/install.test.ts', [
    ['folders of the store', 'does not run once its folder became a link', 'if (links.length > 0) throw', 'if (links.length > 2) throw'],
    ['bytes of the store', 'does not run once a byte was changed', 'if (sha256(await readFile(join(folder, path))) !== wanted.sha256) throw',
      "if (sha256(await readFile(join(folder, path))) === '') throw"],
    ['files that are gone', 'does not run once a file was removed', 'if (found.length !== listed.size) throw', 'if (found.length > listed.size) throw'],
    ['touched since', 'does not run once a byte was changed', 'fingerprint(join(store, digest)) === known', "known !== ''"],
    ['the package of a pin', 'of another package does not run', 'entry.version !== version', "version === ''"],
  ]),
  ...switches('src/control/packages/keeper.ts', 'src/control/packages/packages.test.ts', [
    ['pins of others', 'a pin that a client brings', 'if (launch.package !== undefined) throw foreignPin();',
      'if (launch.package?.digest === folder) throw foreignPin();'],
  ]),
  ...switches('src/control/packages/registry-ask.ts', 'src/control/packages/registry-ask.test.ts', [
    ['private registries', 'a host that no administrator named', 'allowPrivate: hosts.has(url.host)', 'allowPrivate: hosts.size > 0'],
    ['how much a registry sends', 'more than it may send', 'if (bytes > bytesMax) throw', 'if (bytes < 0) throw'],
  ]),
  ...switches('src/roles/runner.ts', 'src/roles/runner-packages.test.ts', [
    ['nothing is fetched at a start', 'what would be fetched', 'readPackageCommand([command, ...args]) === undefined', "command !== ''"],
  ]),
  ...switches('src/sandbox/container.ts', 'src/sandbox/container.test.ts', [
    ['what containers are denied', 'is given what its sandbox says', "'--network=none', ", ''],
  ]),
  ...switches('src/sandbox/jail/jail.ts', 'src/sandbox/jail/jail.test.ts', [
    ['the filter of a jail', 'no new namespace, mount', `'--seccomp', filter, '--info-fd'`, `'--info-fd'`],
    ['settings of the kernel in a jail', 'the settings of the kernel', `'--proc', '/proc', '--remount-ro', '/proc']`, `'--proc', '/proc']`],
    ['settings of the kernel where jails are made', 'the settings of the kernel', `'--ro-bind-try', \`/proc/\${name}\``, `'--bind-try', \`/proc/\${name}\``],
    ['the root of a jail', 'nothing of the machine is there', `'--remount-ro', '/',`, ''],
    ['the devices of a jail', 'nothing of the machine is there', `'/dev/shm', '--remount-ro', '/dev'`, `'/dev/shm'`],
    ['an own network', 'a jail without a network', `...(jail.network === 'machine' ? ['--share-net'] : []),`, `'--share-net',`],
    ['death with who started it', 'who started a jail', `'--die-with-parent',`, ''],
    ['capabilities where jails are made', 'a process in a jail has no capability', '--bounding-set=-all,+setfcap', '--bounding-set=+all'],
    ['sizes of memory', 'memory, files and what is written', `['--size', String(mount.bytes), '--tmpfs', mount.at]`, `['--tmpfs', mount.at]`],
    ['descriptors', 'memory, files and what is written', '`--nofile=${filesMax}`', '`--core=0`'],
  ]),
  ...switches('src/sandbox/jail/seccomp.ts', 'src/sandbox/jail/jail.test.ts', [
    ['new processes', 'where nothing is to be started', 'unless(JSET, CLONE_THREAD, [give(ERRNO | EPERM)])', '[]'],
  ]),
  ...switches('src/roles/up-jail.ts', 'src/roles/up-jail.test.ts', [
    ['what can\'t be looked at in what settings give', 'what settings ask for is granted', ' || !canLookAt(path)) return false;', ') return false;'],
    ['bounds of what settings give to jails', 'what settings ask for is granted', `if (real === '/' || KERNELS.test(real) ||`, 'if ('],
    ['other roles in what settings give', 'what settings ask for is granted', 'return ![...ROLES,', `return !['none',`],
    ['a network only where it is needed', 'network and new processes', `network: isRunner ||`, 'network:'],
  ]),
  ...switches('src/roles/up-jail.ts', 'test/isolation/roles.test.ts', [
    ['folders of other roles', 'gateway/read-keys', `[join(home, role), `, `[join(home, role), join(home, 'runner'), `],
    ['keys of other roles', 'gateway/publish-key', `shown(join(home, 'keys')),`, `written(join(home, 'keys')),`],
    ['sockets of other pairs', 'gateway/reach-links-of-others', `shown(join(placeOf(home, listener), role))`, `shown(placeOf(home, listener))`],
  ]),
];
