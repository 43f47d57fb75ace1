import { SallyportError } from '../domain/errors.ts';
import { failed, run } from './run.ts';

/** A command that prints a secret, as an administrator declared it: `op`, `vault`, `aws`, `gcloud`. */
export interface ExecProvider {
  /** An absolute path and its arguments; one of them may be exactly `{argument}`. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export const ARGUMENT = '{argument}';
/** What a secret may ask of a command: never something that the command would read as an option. */
const SAFE_ARGUMENT = /^[A-Za-z0-9_/.@][A-Za-z0-9_./:@=+,%#\- ]{0,1023}$/;

/** Whether this may stand where the command says `{argument}`. */
export function isSafeArgument(argument: string): boolean {
  return SAFE_ARGUMENT.test(argument);
}

/** What the command prints, without the line break at its end. Throws `ERR_PROVIDER_FAILED`, which repeats nothing of it. */
export async function readByCommand(provider: ExecProvider, argument: string): Promise<string> {
  const [command = ''] = provider.command;
  if (provider.command.includes(ARGUMENT) ? !isSafeArgument(argument) : argument !== '') {
    throw new SallyportError('ERR_PROVIDER_FAILED', `what is asked of ${command} is no argument of it`, { remedy: 'Correct the secret\'s argument.' });
  }
  const argv = provider.command.map((part) => (part === ARGUMENT ? argument : part));
  const { timeoutMs } = provider;
  const { code, stdout } = await run({ argv, env: provider.env, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  if (code !== 0) throw failed(command, code === null ? 'was ended by a signal' : `ended with exit code ${code}`);
  const value = stdout.replace(/(?:\r?\n)+$/, '');
  if (value === '') throw failed(command, 'printed nothing');
  return value;
}
