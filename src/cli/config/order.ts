import { readRefusal, writeOrder, type Order } from '../../control/configuration/orders.ts';
import { userName } from '../../control/manifest/on-disk.ts';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { show } from '../command.ts';
import { plain, time } from '../terminal.ts';
import { usageError } from '../arguments.ts';
import type { Verb } from '../verbs.ts';
import { restoreClientFile } from './restore-file.ts';

const QUESTIONS: Readonly<Record<Order['order'], string>> = {
  restore: 'Make what is stored like the last signed version?',
  accept: 'Sign what is stored as it is? Whatever somebody changed in it is in force then.',
};

/** After control refused to start: what becomes of the configuration that it found. Carried out, and recorded, at its next start. */
function orderOf(order: Order['order']): Verb {
  return {
    usage: `${order} --reason WHY [--yes]`,
    options: { reason: { type: 'string' }, yes: { type: 'boolean' } },
    local: true,
    run: async ({ options, client: { home }, io, needText }) => {
      const reason = needText('reason').slice(0, LIMITS.reasonCharsMax);
      const refusal = readRefusal(home);
      if (refusal === undefined) {
        throw new SallyportError('ERR_NOT_FOUND', `control of ${home} has refused nothing`, { remedy: 'See `sallyport config history`.' });
      }
      io.note(`${plain(refusal.message)}\n  refused ${time(refusal.at)}: ${refusal.code}`);
      if (order === 'restore' && !refusal.restorable) {
        throw new SallyportError('ERR_CONFLICT', 'the signed versions themselves do not hold, so nothing can be made like them', {
          remedy: 'Bring back the newest database from a backup; else look at what is stored, then: sallyport config accept --reason …',
        });
      }
      if (!options.flag('yes') && !(await io.confirm(QUESTIONS[order]))) {
        throw new SallyportError('ERR_USAGE', 'nothing was ordered: nobody confirmed it', { remedy: 'Look at what was refused, then give --yes.' });
      }
      const { root, latest } = refusal;
      writeOrder(home, { order, root, latest, by: userName(process.getuid?.() ?? -1), at: Date.now(), reason });
      show(io, options.json, { order, code: refusal.code }, () => 'Ordered. Control does it at its next start, and records it: sallyport up\n');
      return 0;
    },
  };
}

const restoreConfiguration = orderOf('restore');

/** Of Sallyport's own configuration; with a file, of that client's file. */
export const restore: Verb = {
  usage: 'restore --reason WHY [--yes] | restore FILE [--list | --number N] [--reason WHY] [--yes]',
  options: { ...restoreConfiguration.options, list: { type: 'boolean' }, number: { type: 'string' }, fd: { type: 'string' } },
  run: async (call) => {
    const [file] = call.options.positionals;
    if (file !== undefined) return restoreClientFile(call, file);
    if (call.client.control !== undefined) {
      throw usageError({ usage: 'config restore' }, 'this is done on the machine that runs control, without --control or SALLYPORT_CONTROL');
    }
    return restoreConfiguration.run(call);
  },
};
export const accept = orderOf('accept');
