import { CONSOLE_ROWS } from './requirements-console.ts';
import { PRACTICES } from './requirements-practices.ts';

/** What the issue promises and an end-to-end test can show. `where`: the part, an invariant of the design, an incident. */
export interface Requirement {
  readonly says: string;
  readonly where: string;
}

const ROWS = {
  'config-sealed': [
    'What is stored of the configuration is what was last signed, or control does not start until a person decides, on record.', 'issue 6, part 6',
  ],
  'config-no-way-back': ['An older configuration in the place of the newest is refused, whoever put it there.', 'issue 6, part 6'],
  'config-changed-file': ['A manifest that somebody changed waits for an administrator, told with who and when.', 'issue 6, part 6'],
  'config-rollback': ['An earlier configuration comes back as a change like every other.', 'issue 6, part 6'],
  'config-two-people': ['Every change that lets more happen can take two people.', 'issue 6, part 6'],
  'config-own-files': ['No role starts on files that another user may write, or secrets that another may read.', 'issue 6, part 6'],
  restore: [
    'What was destroyed comes back from an encrypted backup: its proofs verify, what was issued is dead, and nothing passes before two people order it.',
    'issue 6, part 8',
  ],
  'roles-jailed': [
    'Arbitrary code in any role reaches that role\'s own and nothing else; each attempt is impossible, or possible and noticed with its evidence.',
    'issue 6, part 1; done when',
  ],
  'doctor-truth': ['Doctor says of each boundary what the kernel says, with jails, without, and without privileges.', 'issue 6, part 1; done when'],
  'running-found': [
    'What runs on a host is a server or client by what it runs, once with whatever started it, its parent and its sockets, and nothing secret is told.',
    'issue 7, part 1; done when',
  ],
  'code-found': ['Servers and clients in code are found as they stand and as they are committed, and nothing that only looks like one.',
    'issue 7, part 3; done when'],
  'code-harmless': ['Nothing of a repository runs when it is looked at, and nothing in it leads out of it or keeps a look from ending.',
    'issue 7, part 3; bad input'],
  'logs-found': [
    'Logs of the network show every server of both eras that they name, once and as sure as they make it, and nothing that only looks like one.',
    'issue 7, part 3; done when',
  ],
  'logs-bad': ['Logs that are broken, packed, endless or made to mislead are read as far as they go, and what was not read is said.',
  'issue 7, part 3; bad input'],
  'exports-ungovernable': ['What AI products connect to from vendor to vendor is told as ungovernable here, with the setting that closes it.',
  'issue 7, part 3'],
  'machine-image': [
    'Everything that is planted on a machine, in files, processes, listeners, repositories and logs, is found once for what it is, and no look-alike.',
    'issue 7, done when',
  ],
  'rogue-adopted': [
    'A server started beside the gate is in the inventory within one interval of the watcher, and passes the gate after one command.', 'issue 7, done when',
  ],
  'inventory-statuses': [
    'What was seen is compared with the registry: sanctioned, bypassing, rogue, orphaned or stale, and one client beside the gate undoes it.',
    'issue 7, part 4',
  ],
  'inventory-change': ['Only what changed is shown and put on record.', 'issue 7, part 4'],
  'inventory-export': ['The inventory is a CycloneDX 1.6 document as the published schema has it.', 'issue 7, part 4'],
  'sensors-hosts': ['Sensors on other hosts join by a token, lose nothing while control is away, and are missed when they fall silent.', 'issue 7, part 4'],
  'ids-rules': ['Suricata with our rules sees MCP of both eras in our own traffic, and is silent on 1,000 other exchanges.', 'issue 7, part 3; done when'],
  'files-watched': [
    'A file that tells agents what they can do and is not what was approved is on record with what it means, whose it is and no value of it, and is put back.',
    'issue 7, part 6',
  ],
  'watch-ends': ['That files are watched no longer is on record, however the watcher ended.', 'issue 7, part 6'],
  'files-enforced': ['What is sanctioned is what each client loads by its own rules, and what drifts from that on a machine is found.',
    'issue 7, part 6; done when'],
  'files-access': ['Who may approve, seal, unseal, restore and enforce is policy, and every such act is on record before it is done.', 'issue 7, part 7'],
  'registry-api': ['Every operation of the MCP registry API answers as its published description says.', 'issue 7, part 5; done when'],
  'registry-clients': ['Clients read what is sanctioned from any origin, and what they read leads through the gate.', 'issue 7, part 5; done when'],
  'registry-duties': ['A server that somebody asks for is reviewed, approved and published by others, on record.', 'issue 7, part 5'],
  'registry-cooling': ['What comes from another registry waits, and what was changed, deprecated or looks wrong is held until somebody looked.',
    'issue 7, part 5'],
  'discover-files': [
    'Every server that a file of one of 75 clients names is found once, for what it runs, in whose home or project it is; nothing is evaluated.',
    'issue 7, part 1; done when',
  ],
  'discover-files-silent': ['No value of a client\'s file leaves the look at it: no secret, header, argument or query.', 'issue 7, part 1'],
  'discover-network': [
    'Servers of both eras are found at authorised targets alone, at a polite rate, with what they do for strangers; none of their tools is called.',
    'issue 7, part 2',
  ],
  'knowledge-signed': [
    'What ages comes in bundles that a named key signed, on record, can be compared and taken back, and needs no network.', 'issue 7, part 5',
  ],
  'packages-pinned': ['What runs is what was pinned when it was declared: of one digest, with no script, from a store, offline.', 'issue 6, part 3'],
  'sandbox-hostile': [
    'Arbitrary code in the sandbox of a local server reaches nothing but what its entry names; each attempt is impossible, or noticed with its evidence.',
    'issue 6, "Done when"',
  ],
  'sandbox-limits': [
    'A local server is ended at its limits of memory, processes, time and disk; how it ended is on record with its cause, without its secrets.',
    'issue 6, parts 3 and 5',
  ],
  'sandbox-published': ['Published servers, and one in Python, do their work in their sandboxes.', 'issue 6, "Done when"'],
  'sandbox-quarantine': ['A server that crashes on start three times is in quarantine until a person approves it.', 'issue 6, part 5'],
  'sandbox-orders': ['The runner starts only launches that control signed, with the secrets that they refer to.', 'issue 6, parts 3 and 4'],
  'egress-allow-list': [
    'A local server reaches the hosts of its allow-list and no other, without knowing of it; each connection is on record before a byte leaves.',
    'issue 6, part 3',
  ],
  'egress-hidden-recipient': [
    'A server that speaks the protocol as it should and sends a copy elsewhere is stopped, and a person sees what it tried.',
    'issue 6, done when',
  ],
  backup: ['A backup is whole, of one moment and for its keepers alone, or it is refused; the gate works on while it is made.', 'issue 6, part 8'],
  'recovery-order': [
    'Roles go back to an older snapshot or log by an order that two people signed, once, on record, and by nothing else.',
    'issue 6, parts 2 and 8',
  ],
  'incident-1-hidden-is-denied': [
    'What is not listed for a caller answers, on every route and in both eras, as what does not exist.',
    'peers.md 5.1; invariant 7',
  ],
  'incident-2-one-identity': [
    'No alias, prefix, case or look-alike of a name reaches a tool past its policy.',
    'peers.md 5.2; invariant 7',
  ],
  'incident-2-dispatchers': [
    'A call of a declared dispatcher is judged, pinned and recorded as a call of the tool that it runs.',
    'peers.md 5.2; invariant 7',
  ],
  'incident-3-no-second-path': [
    'Nothing reaches an upstream without a record before it, by whatever method, verb or kind of message.',
    'peers.md 5.3; invariants 1 and 5',
  ],
  'incident-3-no-claimed-workload': [
    'Nobody on the network can be the workload that reads servers for the registry.',
    'peers.md 5.3; invariant 1',
  ],
  'incident-4-header-body': [
    'A header that disagrees with the body is refused (-32020) before anything else, and outbound headers are made anew.',
    'peers.md 5.4; invariant 2; SEP-2243',
  ],
  'incident-7-injection': ['Names, session and event ids, URIs and routes cannot add lines, headers or path segments.', 'peers.md 5.7'],
  'incident-8-launch-closed': [
    'Nothing that a server, package or registry says adds a field to how a process starts.',
    'peers.md 5.8; invariant 9',
  ],
  'incident-9-rebinding': [
    'Host and Origin are checked on every route, verb and error path; a token is always needed.',
    'peers.md 5.9; issue 2, part 6',
  ],
  'incident-9-loopback': ['Cleartext is served on loopback addresses only.', 'peers.md 5.9; issue 2, part 6'],
  'incident-12-never-matches': [
    'A rule that can never match, or does not validate, is refused with line, column and remedy.',
    'peers.md 5.12; issue 2, part 4',
  ],
  'incident-13-sessions': [
    'A session that the server forgot is refused clearly or opened again; none is half dead, and no other principal can use one.',
    'peers.md 5.13; issue 2, part 2',
  ],
  'incident-15-controls-run': ['Every step of the path leaves its mark in the record of one call.', 'peers.md 5.15; invariant 11'],
  'incident-17-pins': [
    'A pin covers every field of tools, prompts, templates and instructions, is checked when called, and survives renaming.',
    'peers.md 5.17; issue 2, part 3',
  ],
  'listing-equals-calling': ['Listed means not definitely denied; not listed answers as nonexistent.', 'invariant 7; issue 2, part 4'],
  'limits-hold': ['What may be done so often is done no more often, at however many gateways; what is refused consumes nothing.', 'issue 3, part 8'],
  'approval-one-call': ['An approval is for one call, to the byte, and is used up once, at however many gateways.', 'issue 5, part 5; peers.md 5.11'],
  'approval-other-people': ['Whoever approves is asked, is there still, and is neither the caller nor the person behind it under any name.', 'issue 5, part 5'],
  'approval-presence': ['Alone on a machine, only the person approves: by a passkey or a passphrase that the agent beside them does not have.',
    'issue 5, part 5'],
  'approval-both-eras': ['Clients of both eras are led to the page or held, and the retry runs exactly the approved call.', 'issue 5, part 5'],
  'approval-cannot-be-bent': [
    'In whatever order things happen, an approval is not replayed, altered, transferred, self-approved, raced, or used too late.',
    'issue 5, part 5; done when',
  ],
  'approval-shown-whole': ['An approver sees every byte that will run, what cannot be seen made visible, on a page that no other site can use.',
    'issue 5, part 5'],
  'approval-shows-path': ['An approver is shown by which answers the values of a call came in.', 'issue 5, part 5'],
  'names-of-the-directory': ['Names are personal data by the dictionary of the connected directory alone.', 'issue 5, part 1'],
  'approval-endorses': ['Where people let a call go to counts as known for its context, that tool and a while, and for nothing else.', 'issue 5, part 3'],
  'approval-standing': ['What is approved again and again becomes a policy that somebody reviews, and nothing else.', 'issue 5, part 5'],
  'approval-routed': ['A call is taken to the owner of its server, their deputy, who is on call, and in time to others.', 'issue 5, part 5'],
  'approval-fatigue': ['Who approves without reading, or without ever saying no, is seen, and has a budget for a day.', 'issue 5, part 5'],
  'scan-in-ci': ['A scan is clean, fails a build, or says that it could not read, each with an exit code of its own.', 'issue 5, part 7'],
  'scan-starts-nothing': ['A scan of a client\'s file starts and asks nothing unless it is told to, and then never what hides what it starts.',
    'issue 5, part 7'],
  'scan-bait-and-switch': ['A server that says something else to another client is caught when it is scanned as that client.', 'issue 5, part 7'],
  'policy-simulated': ['What was recorded is decided again by another snapshot exactly as it would be live; what cannot be known is said to be undecidable.',
    'issue 5, part 6; done when'],
  'policy-suggested': ['A suggestion denies nothing that was permitted, gives nothing that nobody had, and is in force only when somebody puts it there.',
    'issue 5, part 6'],
  'policy-analysed': ['A combination of tools through which a stranger could do harm is found before it runs, with a cut after which there is none.',
    'issue 5, part 3; done when'],
  'stage-shows-first': ['A call that destroys is shown by its dry run first, and exactly what was shown is done.', 'issue 5, part 4'],
  'attack-toxic-flow': ['An issue that anybody may write publishes no private file.', 'issue 5, done when; detection.md 5.1'],
  'attack-redirect': ['What one server says sends nothing by another to somebody whom nobody vouches for.', 'issue 5, done when; detection.md 5.2'],
  'attack-trifecta': ['Who has read a stranger\'s text and secrets answers nobody outside without a person.', 'issue 5, done when; detection.md 5.3'],
  'attack-export': ['Personal data goes to no public server, whoever asks for it.', 'issue 5, done when'],
  'attack-poisoned-error': ['What an error asks for is given no more than what anybody else asks for.', 'issue 5, done when; detection.md 5.17'],
  'attack-rug-pull': ['What a server says of itself after it was approved is shown to nobody, and not called.', 'issue 5, done when; detection.md 5.2'],
  'attack-app-pin': ['A page of an MCP App is given out as it was approved, or not at all.', 'issue 5, contains 4; SEP-1865'],
  'attack-app': ['A page of an MCP App reaches what its server declares for it, and nothing that somebody wrote into it.', 'issue 5, done when; SEP-1865'],
  'fleet-roles': [
    'A role that is killed, paused or cut off takes with it what the design says, whichever machine it is on; nothing is lost, nothing is let through.',
    'issue 6, bad input; done when',
  ],
  'fleet-links': [
    'Roles on other machines are let in by a token that is good once, prove themselves by certificates of a day, and are shut out at once.',
    'issue 6, part 2',
  ],
  'fleet-links-refused': ['What is forged, replayed, downgraded or expired on a link is refused and on record.', 'issue 6, part 2; bad input'],
  'segment-direct-call': [
    'A hosted server is reached by the gate and nobody else, and reaches only what is declared, as the network itself keeps it.',
    'issue 6, part 7; governance.md 5',
  ],
  'deploy-links': ['Between roles on a network passes what the table of the link\'s verbs has, and nothing else.', 'issue 6, parts 2 and 8'],
  'release-verified': ['A program that is not what was released is found, file by file, by one signed list and one key.', 'issue 6, part 8'],
  'segment-drift': ['Rules of a network that are not what the registry compiles to are found and recorded.', 'issue 6, part 7'],
  'anomalies-held': ['What is unusual for its caller is found, on record and policy can hold it; what was learnt outlives a restart.',
    'issue 4, part 6; invariant 6'],
  'cascades-stop': ['What runs away is stopped: its flow context is frozen everywhere until an administrator lifts that.', 'issue 3, part 8'],
  'switches-reach-all': ['A kill switch or revocation holds at every gateway; open streams and held calls end with it.', 'issue 3, part 8; invariant 4'],
  'labels-survive': [
    'What an agent was given labels its flow context, whatever becomes of its token, session, server or gateway.',
    'issue 3, part 2; DESIGN part 5',
  ],
  'tokens-taken': [
    'A token opens the route that it is for, as long as its issuer, its lifetime and nobody\'s revocation say otherwise; a stranger learns where to get one.',
    'issue 3, part 1; RFC 9068, 9728, 7662',
  ],
  'tokens-refused': [
    'Whatever is wrong with a credential, it is refused for its own reason, told in the RFC\'s word alone, and recorded with a fingerprint.',
    'issue 3, Bad input; peers.md 5.6',
  ],
  'issuer-grants': [
    'The embedded issuer gives each token to whom it is due, for one route and ten minutes: by every grant, after a restart, over either database.',
    'issue 3, part 3; OAuth 2.1, RFC 8628, 8693, 7523, 8707',
  ],
  'issuer-refuses': [
    'What is replayed, forged, widened, mixed up or not registered gets no token, and is on record.',
    'issue 3, part 3 and Bad input; RFC 9700',
  ],
  'issuer-keys': ['The issuer\'s keys rotate without an outage; those that may have been read are dead at once.', 'issue 3, part 3'],
  'issuer-conformance': ['The official suite\'s authorization-server scenarios pass.', 'issue 3, Done when; protocol.md 4.1'],
  'tokens-bound': [
    'A token that is bound to a key or a certificate is worth nothing without it; a proof is good once in the whole fleet; policy can ask for one.',
    'issue 3, part 2; RFC 9449, 8705, 9440',
  ],
  'tokens-stepped-up': [
    'What a better token would be allowed is listed, and refused with the way to that token: scopes, a proof, a new sign-in.',
    'issue 3, parts 1 and 2; RFC 6750, 9470',
  ],
  'agent-ceilings': [
    'A call needs policy to permit it and every agent of its chain to be registered for it; beyond that there is nothing to be seen.',
    'invariant 7; issue 3, part 4',
  ],
  'agent-chain': [
    'The record holds who is accountable and every agent in between, and policy sees them; chains are short, without repeats, of registered agents.',
    'issue 3, part 4',
  ],
  'agent-unknown': [
    'A client that is no registered agent is refused, and is a finding from which it can be registered.',
    'issue 3, part 4',
  ],
  'denial-structured': [
    'What is listed but denied now says why, with an exchange id and a remedy, under a code outside the reserved range.',
    'invariant 7; issue 2, Bad input',
  ],
  'bad-message-table': [
    'Every malformed, oversized, mismatched, unknown or forbidden message gets its status, code, ERR_ code and exchange id.',
    'issue 2, Bad input; protocol.md 3.4',
  ],
  'bad-message-recorded': [
    'What is refused never reaches an upstream, and is recorded with the caller where one is known.',
    'issue 2, Bad input; invariant 5',
  ],
  'flood-aggregate': ['Floods of unauthenticated refusals are recorded in aggregate; those of known callers stay single.', 'invariant 10'],
  'config-bad': [
    'A bad sallyport.yaml or policy names file, line, column and remedy; what was in force stays, or everything is denied.',
    'issue 2, Bad input; invariant 3',
  ],
  'secrets-nowhere': [
    "No token, argument, result, URL or credential is in the journal, the store, the output or another party's errors.",
    'invariants 5 and 8',
  ],
  'headers-outbound': ["An upstream gets an exact set of headers, none of them the client's.", 'invariant 8'],
  'kill-switch': ['A kill switch and a revocation stop calls at once, whatever the snapshot says.', 'invariant 4'],
  'tls-only-13': ['The gate speaks TLS 1.3 only, with a certificate of the local CA for its names.', 'issue 2, part 6'],
  'tls-upstream': ['An upstream must prove its name to a trusted root over TLS 1.3.', 'DESIGN part 6; issue 2, part 7'],
  conformance: ['The conformance suite gives the same result through the gate as directly.', 'issue 2, Done when'],
  'eras-bridged': [
    'Clients and servers of either era work together over HTTP and stdio, in all combinations.',
    'issue 2, part 2; Done when',
  ],
  'eras-owner': [
    'A call that waits for its client is continued by its owner, for its own caller, once, whichever replica is asked.',
    'issue 2, part 2',
  ],
  'eras-asked': ['What a server asks of a client is judged as a question of its own.', 'DESIGN part 1; invariant 3'],
  'list-changed': ['A change of what is in force is announced to those who listen.', 'issue 2, part 3'],
  toolsets: ['A toolset shows the tools, prompts and resources of several servers under one address.', 'issue 2, part 3'],
  'stdio-servers': ['Published local servers run through the runner.', 'issue 2, part 7'],
  'results-checked': ['A result that is no answer to its method is withheld.', 'invariant 3; issue 2, part 2'],
  fleet: ['Gateways over one database and shared state behave as one, and narrow when either is lost.', 'issue 2, part 11'],
  'first-hour-import': ['What a client has becomes enrolled servers, and its file comes back byte for byte.', 'issue 2, part 9'],
  'first-hour-connect': ['The command that clients launch handles trust and tokens by itself.', 'issue 2, part 9'],
  'first-hour-demo': ['The demo shows what it promises, and ends by itself.', 'issue 2, part 10'],
  'kill-9': [
    'A role that is killed loses no record and leaves no effect without one; service is back within two seconds.',
    'issue 2, Done when; invariant 5',
  ],
  mutation: ['Whatever line of the path is left out, a test notices.', 'issue 2, Done when; invariant 11'],
  'controls-noticed': ['Whichever obligation, inspection, approval or label rule is switched off, a test that is named for it notices.',
    'issue 5, done when; invariant 11'],
  'bad-upstreams': ['A dead, slow, lying or flooding upstream costs only its own calls.', 'issue 2, Bad input'],
  'slow-clients': ['Slow and vanishing clients cost nobody else anything.', 'issue 2, part 6'],
  'evidence-replayed': [
    'The complete access request of every decision is kept, argument values sealed, so that each is decided again alike.',
    'issue 4, part 2',
  ],
  'evidence-erased': [
    'What is erased, or past its time, can\'t be read any more, whoever has the keys; the log\'s proofs stand; a legal hold prevents it.',
    'issue 4, parts 1 and 2',
  ],
  'evidence-names': [
    'People stand under pseudonyms on screens and in exports, and are revealed for a recorded reason, by two people where that is asked for.',
    'issue 4, part 2',
  ],
  'audit-before-effect': ['Without the ledger, or with a full disk, nothing is sent.', 'invariants 5 and 6'],
  'sinks-deliver': [
    'Every record arrives at every sink at least once and in order, whoever is killed meanwhile; a dead sink loses nothing and slows nothing.',
    'issue 4, part 3',
  ],
  'sinks-protocols': ['Each sink speaks its destination\'s published protocol: acknowledgement, 413, 429, 503, partial failure.', 'issue 4, part 3'],
  'sinks-held': ['Where a sink must not be behind, no call is permitted while it is.', 'issue 4, part 3'],
  'sinks-no-secret': ['No secret of a sink is on any disk, in any record, error or status; people leave under pseudonyms.', 'issue 4, parts 2 and 3'],
  'control-away': ['Without control gateways decide as long as their lease lasts, then deny.', 'DESIGN part 3'],
  'connect-dpop': [
    'A client that knows nothing of OAuth calls through `sallyport connect` with a token that is bound to a key of its machine.',
    'issue 3, part 2',
  ],
  'administer-cli': [
    'People administer from the command line as themselves, anywhere: one proposes, another approves, and who leaves is out within a second.',
    'issue 3, part 7',
  ],
  'administer-bound': ['A token for the API is bound to a key, good for the API alone, and nobody else\'s to ask for.', 'issue 3, parts 2 and 7'],
  'nothing-passes-through': [
    'Over the whole suite no token, cookie or proof that was shown to the gate reached a server.',
    'invariant 8; issue 3, Done when',
  ],
  'log-verifiable': [
    'A verifier written from the specifications alone accepts our checkpoints, inclusion and consistency proofs, whatever the ledger went through.',
    'issue 4, part 1 and Done when; C2SP tlog-tiles, tlog-checkpoint, tlog-proof, signed-note; RFC 6962',
  ],
  'log-tampering': [
    'Any one bit that is flipped, and any record that is dropped, moved, doubled or back-dated, is caught and named; erased records keep their proofs.',
    'issue 4, Done when; Bad input',
  ],
  'ocsf': [
    'Every record of every test is a valid event of the published OCSF 1.8.0 schema, and a line of CEF.',
    'issue 4, part 3 and Done when',
  ],
  'siem-rules': [
    'Each detection rule fires on a recorded attack and not on ordinary traffic; its Splunk, Sentinel and Elastic forms come from the one Sigma rule.',
    'issue 4, part 4',
  ],
  'ledger-faults': [
    'Kill -9, a full disk, a disk that fails to sync and clocks that jump lose no acknowledged record, and nothing has effect without its record.',
    'issue 4, Done when; invariants 5 and 6',
  ],
  'evidence-bundle': [
    'Evidence of a session proves itself offline, by a script of under 100 lines without our code; people stand under pseudonyms until they are revealed.',
    'issue 4, part 7',
  ],
  'oauth-clients': [
    'An official client that knows a URL only discovers the issuer, registers by its document, signs a person in, calls, steps up and refreshes.',
    'issue 3, parts 1 and 3',
  ],
  'telemetry-traces': [
    'Clients of both eras, the gate and servers stand in one trace, through `_meta` and HTTP; what else came with it goes no further.',
    'issue 4, part 4',
  ],
  'telemetry-metrics': ['Every role is read by Prometheus, and every metric that a dashboard or a rule names is there.', 'issue 4, part 4'],
  'telemetry-nothing-secret': ['Nothing secret, and no principal, is in any span or metric.', 'issue 4, part 4; invariant 5'],
  'sessions-are-stories': ['A session of an agent is read as a story and seen as a graph: listed, called, denied, received, what it carried when.',
    'issue 4, part 5'],
  'controls-evidenced': ['A report says which records of a period are evidence of which control, and what is missing; it judges nobody.', 'issue 4, part 8'],
  'query-language': ['Records are found and counted by a documented filter; what is found was read from the ledger and proves itself.', 'issue 4, part 5'],
  ...PRACTICES, ...CONSOLE_ROWS,
} as const satisfies Readonly<Record<string, readonly [says: string, where: string]>>;

export type RequirementId = keyof typeof ROWS;

export const REQUIREMENTS: ReadonlyMap<string, Requirement> = new Map(
  Object.entries(ROWS).map(([id, [says, where]]) => [id, { says, where }]),
);

/** A test's name that says which requirement it shows; `coverage.test.ts` reads these. */
export function verifies(id: RequirementId, sentence: string): string {
  return `[${id}] ${sentence}`;
}
