import type { Json } from '../../../domain/json.ts';
import { table } from '../../terminal.ts';
import { wilson } from '../figures.ts';
import { replay, type Replayed } from './run.ts';
import type { Half, Suite } from './suites.ts';

/** So many of so many, with Wilson's interval, 95 %. */
interface Share {
  readonly count: number;
  readonly of: number;
  readonly share: number;
  readonly interval: readonly [number, number];
}

interface Figures {
  readonly suite: string;
  readonly stopped: Share;
  readonly held: Share;
  /** Calls of benign tasks that were held, of all of them. */
  readonly heldCalls: Share;
}

interface ReplayReport {
  readonly suites: readonly Figures[];
  readonly all: Figures;
  readonly tasks: readonly Replayed[];
}

export async function replayAll(suites: readonly Suite[]): Promise<ReplayReport> {
  const tasks: Replayed[] = [];
  const figures: Figures[] = [];
  for (const suite of suites) {
    const replayed = await replay(suite);
    figures.push(figuresOf(suite.suite, replayed));
    tasks.push(...replayed);
  }
  return { suites: figures, all: figuresOf('ALL', tasks), tasks };
}

function figuresOf(suite: string, tasks: readonly Replayed[]): Figures {
  const attacks = tasks.filter(({ attack }) => attack !== undefined);
  const benign = tasks.filter(({ attack }) => attack === undefined);
  const calls = benign.flatMap(({ steps }) => steps);
  return {
    suite,
    stopped: shareOf(attacks.filter(({ isRight }) => isRight).length, attacks.length),
    held: shareOf(benign.filter(({ isRight }) => !isRight).length, benign.length),
    heldCalls: shareOf(calls.filter(({ by }) => by !== undefined).length, calls.length),
  };
}

function shareOf(count: number, of: number): Share {
  return { count, of, share: count / Math.max(1, of), interval: wilson(count, of) };
}

export function describeReplays({ suites, all, tasks }: ReplayReport, half: Half, showsTasks: boolean): string {
  const head = ['suite', 'attacks', 'stopped', '95 %', 'tasks', 'held', '95 %', 'calls', 'held'];
  const wrong = tasks.filter(({ isRight }) => !isRight);
  const lines = (showsTasks ? tasks : wrong).map(({ suite, id, attack, isRight, steps }) => {
    const by = [...new Set(steps.flatMap((step) => step.by ?? []))].join(' ');
    const outcome = attack === undefined ? (isRight ? 'went through' : 'HELD') : isRight ? 'stopped' : 'NOT STOPPED';
    return [`${suite}/${id}`, outcome, steps.filter((step) => step.by !== undefined).map(({ call }) => call).join(' '), by];
  });
  return [
    `${half === 'all' ? 'All tasks' : `The ${half} half`}, detectors without the text model; `,
    'every task was judged by the engine with a flow context of its own.\n\n',
    table(head, [...suites, all].map(lineOf)),
    lines.length === 0 ? '' : `\n${table([showsTasks ? 'task' : 'what went wrong', 'outcome', 'calls', 'policies'], lines)}`,
  ].join('');
}

function lineOf({ suite, stopped, held, heldCalls }: Figures): readonly (string | number)[] {
  return [
    suite, stopped.of, stopped.share.toFixed(3), within(stopped), held.of, held.share.toFixed(3), within(held), heldCalls.of, heldCalls.share.toFixed(3),
  ];
}

function within({ interval: [low, high] }: Share): string {
  return `${low.toFixed(3)}–${high.toFixed(3)}`;
}

export function jsonOfReplays({ suites, all, tasks }: ReplayReport): Json {
  const read: Json = JSON.parse(JSON.stringify({ suites, all, tasks }));
  return read;
}
