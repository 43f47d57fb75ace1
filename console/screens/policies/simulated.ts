import { useRef, useState } from 'react';
import type { Simulated, SimulatedLine } from '../../../src/control/policies/answer.ts';
import { Refusal, send } from '../../api/client.ts';
import { useSpace } from '../../api/space.ts';

export interface Simulation {
  readonly state: 'idle' | 'running' | 'done' | 'failed';
  /** Decisions made again so far. */
  readonly decisions: number;
  readonly report?: Simulated;
  readonly error?: unknown;
}

/** Decides again what was decided; the answer comes line by line. */
export function useSimulation(): readonly [simulation: Simulation, run: (body: object) => void, stop: () => void] {
  const { space } = useSpace();
  const [simulation, setSimulation] = useState<Simulation>({ state: 'idle', decisions: 0 });
  const running = useRef<AbortController>(undefined);
  const run = (body: object): void => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    setSimulation({ state: 'running', decisions: 0 });
    follow({ ...body }, space, stop.signal, setSimulation).catch((error: unknown) => {
      if (!stop.signal.aborted) setSimulation({ state: 'failed', decisions: 0, error });
    });
  };
  const stop = (): void => {
    running.current?.abort();
    setSimulation({ state: 'idle', decisions: 0 });
  };
  return [simulation, run, stop];
}

async function follow(body: object, space: string | undefined, signal: AbortSignal, tell: (simulation: Simulation) => void): Promise<void> {
  const response = await send({ method: 'POST', path: '/policies/simulate', query: { space }, body, signal });
  for await (const line of linesOf(response)) {
    if ('progress' in line) tell({ state: 'running', decisions: line.progress.decisions });
    else if ('report' in line) return tell({ state: 'done', decisions: line.report.decisions, report: line.report });
    else throw new Refusal(200, { ...line.failed, remedy: line.failed.remedy ?? '' });
  }
  throw new Refusal(0, { code: 'ERR_LINK_UNAVAILABLE', message: 'control ended before it was done', remedy: '' });
}

async function* linesOf(response: Response): AsyncGenerator<SimulatedLine> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
    const lines = (rest + part.value).split('\n');
    rest = lines.pop() ?? '';
    // The server's schema of this route says that it is so.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as SimulatedLine;
  }
}
