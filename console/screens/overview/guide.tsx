import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Begun } from '../../../src/control/overview/answer.ts';
import { Badge } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Panel } from '../../kit/page.tsx';
import { To } from '../../kit/to.tsx';
import { t } from '../../texts/t.ts';
import { AllowReading, DeclareServer, ReadServer, RegisterAgent } from './steps.tsx';

const STEPS = ['servers', 'approved', 'agents', 'policies', 'called'] as const;
type Step = (typeof STEPS)[number];

const COMMANDS: Readonly<Record<Step, readonly (readonly string[])[]>> = {
  servers: [['server', 'add', 'crm', '--url', 'http://127.0.0.1:8080/mcp', '--allow-private', '--owner', 'sales']],
  approved: [['server', 'scan', 'crm'], ['server', 'approve', 'crm']],
  agents: [['agent', 'register', 'desk', '--owner', 'sales', '--purpose', 'answers customers', '--allow', '*', '--for', '90d']],
  policies: [['policy', 'init', '--template', 'read-only', '--group', 'support', '--server', 'crm'], ['policy', 'put', 'read-only.cedar']],
  called: [['connect', '--write', 'claude-code', 'crm', '--agent', 'desk', '--group', 'support']],
};

const ACTIONS: Readonly<Record<Step, ReactNode>> = {
  servers: <DeclareServer />,
  approved: <><ReadServer /><To to="/servers" button>{t('overview.approve')}</To></>,
  agents: <RegisterAgent />,
  policies: <AllowReading />,
  called: undefined,
};

/** What is left until the first call goes through the gate; gone for who comes when it has. */
export function Guide({ begun }: { readonly begun: Begun }): ReactNode {
  const isDone = (step: Step): boolean => begun[step] === true || Number(begun[step] ?? 0) > 0;
  // Who may not read the log can't see whether somebody called.
  const steps = STEPS.filter((step) => begun[step] !== undefined);
  const isOver = steps.every(isDone);
  const [began] = useState(!isOver);
  if (!began) return undefined;
  const next = steps.find((step) => !isDone(step));
  return (
    <Panel title={t('overview.guide')}>
      {isOver
        ? <p role="status">{t('overview.guideDone')} <To to="/log" search={{ q: 'event = call.permitted' }}>{t('overview.seeRecord')}</To></p>
        : <p className="quiet">{t('overview.guideSays')}</p>}
      <ol className="overview-steps">
        {steps.map((step) => (
          <li key={step} aria-current={step === next ? 'step' : undefined} className={isDone(step) ? 'overview-step-done' : ''}>
            <div className="overview-step-head">
              <strong>{t(`overview.step-${step}`)}</strong>
              {isDone(step) ? <Badge tone="good">✓ {t('overview.done')}</Badge> : <Badge>{t('overview.open')}</Badge>}
            </div>
            {step === next && (
              <>
                <p>{t(`overview.step-${step}Says`)}</p>
                <div className="overview-step-acts">{ACTIONS[step]}</div>
                {COMMANDS[step].map((words) => <CommandLine key={words.join(' ')} words={words} />)}
              </>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
