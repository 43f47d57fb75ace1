/**
 * What arbitrary code can do in each place: role × attempt. Every cell is tried by a test with real code in the real jail
 * (`roles.test.ts`, `server*.test.ts`), and the test fails when the outcome is another than the verdict, in either direction.
 *
 * `impossible`: no way leads there. `noticed`: it can be tried, or done in part, and leaves the evidence that is named.
 * `nature`: it is what the role is for; the threat model says what remains and by what it is detected.
 */
export type Verdict = 'impossible' | 'noticed' | 'nature';

export interface Cell {
  /** `place/attempt`: what the threat model links to. */
  readonly id: string;
  readonly verdict: Verdict;
  /** What the attempt meets, or by what it is noticed. */
  readonly evidence: string;
}

export const PLACES = ['gateway', 'control', 'ledger', 'runner', 'egress'] as const;
export type Place = (typeof PLACES)[number];

/** Each attempt, and what it meets where nothing else is said below. */
const ATTEMPTS = {
  'read-vault': 'the key and the database of control are in no other jail',
  'read-registry': 'the database of control is in no other jail',
  'read-keys': "a role's key is in its own jail only",
  'read-log': 'the folder of the ledger is in no other jail',
  'read-host-files': 'of the machine there are the libraries and named settings only',
  'read-memory-of-others': 'an own pid namespace: other processes have no number there',
  'read-environment-of-others': 'an own pid namespace, and each role is given its own variables only',
  'connect-host-socket': 'no folder with sockets of the machine is in the jail',
  'connect-abstract-socket': 'an own network namespace',
  'write-policies': 'the database of control is in no other jail',
  'write-log': 'the folder of the ledger is in no other jail',
  'write-program': 'the program is mounted read-only',
  'write-manifest': 'control is handed the text in memory; nobody has the file',
  'sign-snapshot': "control's key is in no other jail, and no other key signs for it",
  'publish-key': "a role's published key can be written in its own jail only",
  'take-place': "a listener's folder can be written in its own jail only",
  'reach-network': 'an own network namespace with a loopback of its own',
  'reach-metadata': 'an own network namespace: there is no route',
  'reach-links-of-others': 'the sockets of other pairs are not in the jail',
  'claim-other-role': 'the pair of the socket and the key must be those of the role that is claimed; the refusal is recorded',
  'ask-forbidden-verb': 'the table of verbs; the refusal is recorded',
  'spawn': 'the filter refuses every new process',
  'fork-bomb': 'the filter refuses every new process; threads are bounded by memory',
  'ptrace': 'the filter refuses it, and there is nobody to trace',
  'signal-others': 'an own pid namespace',
  'mount': 'no capability, and the filter refuses it',
  'new-namespace': 'the filter refuses it, and the count of namespaces is used up',
  'kernel-surface': 'the filter refuses bpf, perf, io_uring, userfaultfd, keyrings, modules, vsock and the like',
  'kernel-settings': 'all of /proc is read-only; /sys is not there',
  'gain-privileges': 'no new privileges, no capability in any set, none that could be gained',
  'fill-memory': 'RLIMIT_DATA; what lies in memory as files has a size',
  'fill-disk': 'it fills its own folder, as an unjailed process would: the ledger keeps a reserve, stops calls and says so (test/faults/roles.test.ts)',
  'outlive-parent': "the jail's first process dies with bubblewrap, and that with the supervisor; nothing inside can change it",
  'escape-symlink': 'a link leads nowhere but within the jail',
  'escape-hard-link': 'files of other mounts cannot be linked',
  'escape-dot-dot': 'above the root of the jail there is nothing',
  'descriptor-leak': 'three pipes and nothing else are handed over',
  'inject-terminal': 'a session without a terminal, and the filter refuses it',
} as const;

export type Attempt = keyof typeof ATTEMPTS;

type Exception = readonly [Verdict, string];

const ABSTRACT: Exception = [
  'nature', "a role on the machine's network reaches its abstract sockets; none of ours is one. In a container, or on an own host, they are its own",
];
const NETWORK = (why: string): Exception => ['nature', `${why}; what leaves this machine is seen and held by the rules of \`sallyport segment export\``];
const DISK: Exception = ['noticed', ATTEMPTS['fill-disk']];
const NOBODY: Exception = ['impossible', 'it may ask nobody: there is no socket in its jail but its own'];
const REFUSED = (attempt: Attempt): Exception => ['noticed', ATTEMPTS[attempt]];

/** Where something else holds than is written above. */
const EXCEPTIONS: Readonly<Record<Place, Readonly<Partial<Record<Attempt, Exception>>>>> = {
  gateway: {
    'connect-abstract-socket': ABSTRACT,
    'reach-network': NETWORK('it reaches servers'),
    'reach-metadata': NETWORK('it reaches servers'),
  },
  control: {
    'read-vault': ['nature', 'it opens secrets; each release is recorded against a permit, and rates are alarming'],
    'read-registry': ['nature', 'it owns the registry'],
    'write-policies': ['nature', 'it owns policies; each change is recorded before it holds, by a ledger that control cannot rewrite'],
    'sign-snapshot': ['nature', 'it signs snapshots; each is recorded with its version, and a version never goes back'],
    'connect-abstract-socket': ABSTRACT,
    'reach-network': NETWORK('it reaches providers of identity and secrets, and listens'),
    'reach-metadata': NETWORK('it reaches providers of identity and secrets'),
  },
  ledger: {
    'claim-other-role': NOBODY,
    'ask-forbidden-verb': NOBODY,
    'read-log': ['nature', 'it keeps the log; payloads in it are sealed for control'],
    'write-log': ['nature', 'it keeps the log; what it alters, gateways, control, sinks and verifiers see by the checkpoints that they remember'],
  },
  runner: {
    'spawn': ['nature', 'it starts local servers; they have its jail around their own'],
    'fork-bomb': [
      'noticed', 'a cgroup that it cannot see bounds it and all servers together (RLIMIT_NPROC where root did not start it); starts that fail are recorded',
    ],
    'mount': ['nature', "within its own namespaces it makes the jails of servers; nothing of the machine can be mounted that its jail has not"],
    'new-namespace': ['nature', 'it makes the jails of servers'],
    'gain-privileges': ['nature', 'CAP_SETFCAP over its own user namespace, which making jails takes; no other, and none can be gained'],
  },
  egress: {
    'connect-abstract-socket': ABSTRACT,
    'reach-network': NETWORK('it is the way of local servers to the network'),
    'reach-metadata': NETWORK('it is the way of local servers to the network; it refuses this address to all of them'),
  },
};

const EVERYWHERE: Readonly<Partial<Record<Attempt, Exception>>> = {
  'fill-disk': DISK, 'claim-other-role': REFUSED('claim-other-role'), 'ask-forbidden-verb': REFUSED('ask-forbidden-verb'),
};

const isAttempt = (name: string): name is Attempt => Object.hasOwn(ATTEMPTS, name);
export const ATTEMPT_NAMES: readonly Attempt[] = Object.keys(ATTEMPTS).filter(isAttempt);

export function cellOf(place: Place, attempt: Attempt): Cell {
  const [verdict, evidence] = EXCEPTIONS[place][attempt] ?? EVERYWHERE[attempt] ?? (['impossible', ATTEMPTS[attempt]] as const);
  return { id: `${place}/${attempt}`, verdict, evidence };
}

/** The cells of the roles. Those of a sandboxed server stand in `server-matrix.ts`. */
export const ROLE_CELLS: readonly Cell[] = PLACES.flatMap((place) => ATTEMPT_NAMES.map((attempt) => cellOf(place, attempt)));
