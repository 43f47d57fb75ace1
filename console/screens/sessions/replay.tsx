import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { Button } from '../../kit/button.tsx';
import { useKey } from '../../kit/keys.ts';
import { Empty } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';
import { Kind } from './timeline.tsx';
import type { Step } from './timeline.tsx';
import './sessions.css';

const PLAY_MS = 900;
/** So many steps before the current one stay in sight. */
const BEHIND = 6;

/** The session again, a step at a time: nothing is called anew. */
export function Replay({ steps }: { readonly steps: readonly Step[] }): ReactNode {
  const [at, setAt] = useState(0);
  const [plays, setPlays] = useState(false);
  const last = steps.length - 1;
  useEffect(() => {
    if (!plays) return undefined;
    const timer = setInterval(() => setAt((before) => Math.min(last, before + 1)), PLAY_MS);
    return () => clearInterval(timer);
  }, [plays, last]);
  useEffect(() => {
    if (at >= last) setPlays(false);
  }, [at, last]);
  const go = (by: number): void => setAt((before) => Math.max(0, Math.min(last, before + by)));
  useKey('.', t('sessions.stepOn'), () => go(1));
  useKey(',', t('sessions.stepBack'), () => go(-1));
  if (steps.length === 0) return <Empty title={t('sessions.noSteps')} />;
  return (
    <>
      <div className="filters">
        <Button onClick={() => go(-1)} disabled={at === 0}>{t('sessions.stepBack')}</Button>
        <Button tone="primary" onClick={() => setPlays(!plays)} disabled={at >= last}>{plays ? t('sessions.pause') : t('sessions.play')}</Button>
        <Button onClick={() => go(1)} disabled={at >= last}>{t('sessions.stepOn')}</Button>
        <input type="range" min={0} max={last} value={at} aria-label={t('sessions.step')} onChange={(event) => setAt(Number(event.target.value))} />
        <span className="quiet" role="status">{t('sessions.stepOf', { step: at + 1, steps: steps.length })}</span>
      </div>
      <ol className="sessions-replay">
        {steps.slice(Math.max(0, at - BEHIND), at + 1).map((step, index, shown) => (
          <li key={`${step.position}-${step.kind}-${step.says.length}`} className={index === shown.length - 1 ? 'sessions-now' : ''}
            {...(index === shown.length - 1 ? { 'aria-current': 'step' as const } : {})}>
            <Kind kind={step.kind} /> <Text value={step.says} /> <span className="quiet"><Moment at={step.at} /></span>
            <ul className="sessions-details">{step.details.map((one) => <li key={one}><Text value={one} /></li>)}</ul>
          </li>
        ))}
      </ol>
    </>
  );
}
