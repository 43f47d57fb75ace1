import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Explained } from '../../../src/control/policies/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { State } from '../../kit/badge.tsx';
import { Button, CommandLine } from '../../kit/button.tsx';
import { Field } from '../../kit/field.tsx';
import { Asked, Empty, Facts, Panel } from '../../kit/page.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';

/** Why a call was let through or not, by the id of its exchange. */
export function Explain(): ReactNode {
  const [view, change] = useView({ exchange: '' });
  const [typed, setTyped] = useState(view.exchange);
  const answer = useAsk<Explained>('/policies/explain', { exchange: view.exchange }, { when: view.exchange !== '' });
  return (
    <>
      <form className="policies-ask" onSubmit={(event) => {
        event.preventDefault();
        change({ exchange: typed.trim() });
      }}>
        <Field label={t('policies.exchange')} value={typed} onChange={setTyped} mono hint={t('policies.exchangeHint')} />
        <Button type="submit" tone="primary">{t('policies.explainIt')}</Button>
      </form>
      {view.exchange === '' ? <Empty title={t('policies.noExchange')}>{t('policies.noExchangeSays')}</Empty> : (
        <>
          <Asked of={answer}>{({ decisions }) => decisions.map((one) => <Decision key={`${one.at} ${one.event}`} of={one} />)}</Asked>
          <p><To to="/log" search={{ q: `exchange = "${view.exchange}"` }}>{t('policies.inTheLog')}</To></p>
          <CommandLine words={['policy', 'explain', view.exchange]} />
        </>
      )}
    </>
  );
}

function Decision({ of: { event, at, summary, principal, agent, server, tool, code, shadow, policies } }: {
  readonly of: Explained['decisions'][number];
}): ReactNode {
  return (
    <Panel title={t('policies.decision')} actions={<State value={event.endsWith('.permitted') ? 'allowed' : 'denied'} />}>
      <p className="policies-summary"><Text value={summary} /></p>
      <Facts rows={[
        [t('policies.when'), <Moment key="at" at={at} />], [t('policies.who'), principal === undefined ? undefined : <Text key="who" value={principal} />],
        [t('policies.agent'), agent === undefined ? undefined : <Text key="agent" value={agent} />],
        [t('policies.tool'), server === undefined ? undefined : <Text key="tool" value={tool === undefined ? server : `${server}/${tool}`} mono />],
        [t('policies.code'), code], [t('policies.shadow'), shadow === undefined ? undefined : <Text key="shadow" value={shadow.join(', ')} mono />],
      ]} />
      {policies.map(({ id, words, place, text }) => (
        <section key={id} className="policies-one">
          <h3><Text value={id} mono /></h3>
          <p className="quiet"><Text value={words} /> {place !== undefined && <Text value={place} mono />}</p>
          {text !== undefined && <Block value={text} />}
        </section>
      ))}
    </Panel>
  );
}
