import type { Io } from '../src/cli/command.ts';
import { untilAborted } from '../src/cli/up.ts';
import { keepWorking } from './work.ts';
import { openStage, type Stage } from './stage.ts';
import { playStory, type Story } from './story.ts';
import { tellAttempts, tellConsole, tellEnrolled, tellHow, tellPaths } from './tell.ts';

export interface DemoOptions {
  readonly home: string;
  /** Ends by itself, and checks that everything came out as it should. */
  readonly once: boolean;
  readonly io: Io;
  /** Cedar text instead of the demo's own: a test sees whether the demo notices a gate that lets everything through. */
  readonly policy?: string;
}

const INTERRUPTED = 130;

/** Runs the whole gate with real servers, a scripted story and people who may look at it; resolves with the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { once, io } = options;
  let stage: Stage | undefined;
  let story: Story | undefined;
  try {
    stage = await openStage({ ...options, anyPort: once });
    tellEnrolled(stage);
    story = await playStory(stage);
    const isAsExpected = (await tellAttempts(stage, story)) && (await tellPaths(stage)) && (await tellConsole(stage, story));
    if (!isAsExpected) io.note('Not everything came out as it should.');
    if (once) return isAsExpected ? 0 : 1;
    tellHow(stage);
    await Promise.all([untilAborted(io.signal), keepWorking(story, io)]);
    return 0;
  } catch (fault) {
    if (io.signal.aborted) return INTERRUPTED;
    throw fault;
  } finally {
    story?.end();
    await stage?.stop();
  }
}
