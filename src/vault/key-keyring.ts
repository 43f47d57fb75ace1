import { failed, run } from './run.ts';
import type { Run } from './run.ts';
import type { KeySource } from './key-source.ts';

/** The system's own tool, by its fixed path. */
export interface KeyringTool {
  readonly kind: 'secret-tool' | 'security';
  readonly path: string;
  /** What the tool needs of control's environment to find the session's keyring. */
  readonly env: Readonly<Record<string, string>>;
}

const KEPT = ['HOME', 'USER', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR'];

/** Secret Service on Linux (`secret-tool`), the login keychain on macOS (`security`). */
export function systemKeyring(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform = process.platform): KeyringTool {
  const given = KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const kind = platform === 'darwin' ? 'security' : 'secret-tool';
  return { kind, path: `/usr/bin/${kind}`, env: Object.fromEntries(given) };
}

/** The key in the OS keyring, under `account` (an installation has one). It goes to the tool by stdin: arguments can be read by every user. */
export function keyInKeyring(tool: KeyringTool, account: string): KeySource {
  const words = WORDS[tool.kind](account);
  const ask = (part: Pick<Run, 'stdin'> & { readonly args: readonly string[] }): ReturnType<typeof run> =>
    run({ argv: [tool.path, ...part.args], env: tool.env, ...(part.stdin === undefined ? {} : { stdin: part.stdin }) });
  const must = async (part: Parameters<typeof ask>[0]): Promise<void> => {
    const { code } = await ask(part);
    if (code !== 0) throw failed(tool.path, 'refused: is the keyring locked, or is there no session?');
  };
  const load = async (): Promise<readonly string[]> => {
    const { code, stdout } = await ask({ args: words.lookup });
    if (code === 0) return stdout.trim().split(',').filter((part) => part !== '');
    // `secret-tool` says no more of a failure than that: a key that is known to exist and is not found is a fault to the vault.
    if (code === words.absent) return [];
    throw failed(tool.path, 'refused: is the keyring locked, or is there no session?');
  };
  return {
    load,
    save: async (identities) => {
      const text = identities.join(',');
      await must(words.store(text));
      // `security -i` exits with 0 whatever its commands did.
      if ((await load()).join(',') !== text) throw failed(tool.path, 'did not keep the key');
    },
    erase: async () => void (await ask({ args: words.clear })),
    describe: () => ({ where: `${tool.kind}, account ${account}` }),
  };
}

interface Words {
  readonly lookup: readonly string[];
  readonly absent: number;
  readonly clear: readonly string[];
  readonly store: (text: string) => { readonly args: readonly string[]; readonly stdin: string };
}

const SERVICE = 'sallyport-vault';

const WORDS: Readonly<Record<KeyringTool['kind'], (account: string) => Words>> = {
  'secret-tool': (account) => ({
    lookup: ['lookup', 'service', SERVICE, 'account', account],
    absent: 1,
    clear: ['clear', 'service', SERVICE, 'account', account],
    store: (text) => ({ args: ['store', '--label', 'Sallyport vault', 'service', SERVICE, 'account', account], stdin: text }),
  }),
  security: (account) => ({
    lookup: ['find-generic-password', '-s', SERVICE, '-a', account, '-w'],
    absent: 44,
    clear: ['delete-generic-password', '-s', SERVICE, '-a', account],
    // Its password option stands in a command that it reads from stdin, not in its arguments.
    store: (text) => ({ args: ['-i'], stdin: `add-generic-password -U -s ${SERVICE} -a ${account} -w ${text}\n` }),
  }),
};
