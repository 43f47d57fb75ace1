import type { Io } from '../src/cli/command.ts';
import { plain } from '../src/cli/terminal.ts';
import type { Step } from './agent.ts';
import type { Story } from './story.ts';

/** What the agents go on doing while the demo stays up, so that there is something to see. */
const ORDINARY: readonly Step[] = [
  { who: 'support', sdk: 'v2', server: 'memory', tool: 'read_graph', args: {}, expect: 'allowed' },
  { who: 'research', sdk: 'v1', server: 'web', tool: 'fetch_page', args: { url: 'https://news.example/harbour' }, expect: 'allowed' },
  { who: 'finance', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-3', amountEur: 20 }, expect: 'allowed' },
  { who: 'support', sdk: 'v2', server: 'translate', tool: 'list_languages', args: {}, expect: 'allowed' },
  { who: 'research', sdk: 'v2', server: 'mail', tool: 'list_inbox', args: {}, expect: 'allowed' },
  { who: 'support', sdk: 'v2', server: 'everything', tool: 'get-sum', args: { a: 4, b: 5 }, expect: 'allowed' },
];
const EVERY_MS = 6_000;

/** Until the demo ends: one call every few seconds, and a word when somebody has decided about the payment. */
export async function keepWorking(story: Story, { signal, ...io }: Pick<Io, 'signal' | 'note'>): Promise<void> {
  story.payment.then(({ outcome, answer }) => io.note(`The payment that waited was ${outcome}${answer === '' ? '' : `: ${plain(answer)}`}.`), () => undefined);
  for (let next = 0; await hasPassed(EVERY_MS, signal); next = (next + 1) % ORDINARY.length) {
    const step = ORDINARY[next];
    // Whatever becomes of it stands in the log: a person may have stopped the agent, or the server.
    if (step !== undefined) await story.ask(step).catch(() => undefined);
  }
}

/** False as soon as the demo ends. */
function hasPassed(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((done) => {
    if (signal.aborted) return done(false);
    const end = (): void => {
      clearTimeout(timer);
      done(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      done(true);
    }, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
