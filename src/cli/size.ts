import { SallyportError } from '../domain/errors.ts';
import { readArguments, usageError } from './arguments.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { need, type Needed, type Wanted } from './size-needs.ts';
import { table } from './terminal.ts';

const OPTIONS = {
  'calls-per-day': { type: 'string' }, days: { type: 'string' }, 'payload-days': { type: 'string' }, results: { type: 'boolean' }, peak: { type: 'string' },
  'argument-bytes': { type: 'string' }, 'result-bytes': { type: 'string' }, disk: { type: 'string' },
} as const;

export const command: Command = {
  name: 'size',
  summary: 'How much disk and CPU a number of calls a day takes, and for how many days a disk is enough',
  usage: 'size --calls-per-day N [--days N] [--payload-days N] [--results] [--peak N] [--argument-bytes N] [--result-bytes N] [--disk 500GB]',
  run(args, io) {
    const given = readArguments(command, args, OPTIONS);
    const count = (name: keyof typeof OPTIONS): number | undefined => {
      const text = given.text(name);
      if (text !== undefined && !/^\d{1,15}(?:\.\d{1,3})?$/.test(text)) throw usageError(command, `--${name} is a number`);
      return text === undefined ? undefined : Number(text);
    };
    const callsPerDay = count('calls-per-day');
    if (callsPerDay === undefined || callsPerDay <= 0) throw usageError(command, '--calls-per-day is missing');
    const disk = given.text('disk');
    const needed = need({
      callsPerDay, results: given.flag('results'), ...optional('days', count('days')), ...optional('payloadDays', count('payload-days')),
      ...optional('peak', count('peak')), ...optional('argumentBytes', count('argument-bytes')), ...optional('resultBytes', count('result-bytes')),
      ...optional('diskBytes', disk === undefined ? undefined : bytesOf(disk)),
    });
    show(io, given.json, { ...needed, disk: { ...needed.disk }, cpu: { ...needed.cpu } }, () => describe(needed));
    return Promise.resolve(0);
  },
};

function optional(name: keyof Wanted, value: number | undefined): Partial<Wanted> {
  return value === undefined ? {} : { [name]: value };
}

const UNITS = [['TB', 1e12], ['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const;

function bytesOf(text: string): number {
  const [, number, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)\s?(TB|GB|MB)$/.exec(text) ?? [];
  if (number === undefined) throw new SallyportError('ERR_USAGE', '--disk is an amount with its unit', { remedy: 'For instance 500GB or 2TB.' });
  return Number(number) * (UNITS.find(([name]) => name === unit)?.[1] ?? 1);
}

function amount(bytes: number): string {
  const [name, size] = UNITS.find(([, one]) => bytes >= one) ?? ['B', 1];
  return `${(bytes / size).toFixed(bytes >= 100 * size ? 0 : 1)} ${name}`;
}

function describe({ callsPerDay, days, payloadDays, results, disk, cpu, daysOnDisk, source }: Needed): string {
  return table(['what', 'needed'], [
    ['calls', `${callsPerDay.toLocaleString('en')} a day`],
    ['calls a second', `${cpu.callsPerSecondMean.toFixed(1)} on average, ${cpu.callsPerSecondPeak.toFixed(1)} at the peak`],
    ['records', `${amount(disk.records)} after ${days} days; they keep their room when they expire`],
    ['log (tree, entries)', `${amount(disk.log)} after ${days} days`],
    ['index', `${amount(disk.index)}; derived, may be deleted`],
    ['payloads', `${amount(disk.payloads)}: the last ${payloadDays} days${results ? ', with results' : ', without results'}`],
    ['disk in all', `${amount(disk.total)}; plan a fifth more`],
    ['CPU at the peak', `${cpu.gatewayCores.toFixed(2)} cores of gateways, ${cpu.ledgerCores.toFixed(2)} of the ledger`],
    ...(daysOnDisk === undefined ? [] : [['the disk is enough for', daysOnDisk === 0 ? 'less than a day' : `${daysOnDisk.toLocaleString('en')} days`]]),
    ['measured', source],
  ]);
}
