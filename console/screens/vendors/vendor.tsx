import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { VendorShown } from '../../../src/control/vendors/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Asked, Empty, Facts, Page, Panel, Stat } from '../../kit/page.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { To } from '../../kit/to.tsx';
import { useView } from '../../kit/view.ts';
import { t } from '../../texts/t.ts';
import { Disclosure } from './disclosure.tsx';
import { Links, Verbs } from './verbs.tsx';
import { Probes } from './probes.tsx';
import { Score } from './score.tsx';
import './vendors.css';

/** One vendor: what it said, what was seen of it, and every input of its score. */
export function VendorPage(): ReactNode {
  const { id = '' } = useParams({ strict: false });
  const answer = useAsk<VendorShown>(pathOf`/vendors/${id}`);
  return (
    <Page title={t('vendors.vendor')} lead={<To to="/vendors">{t('vendors.toAll')}</To>}
      actions={answer.data === undefined ? undefined : <Verbs vendor={answer.data} />}>
      <Asked of={answer}>{(vendor) => <Whole vendor={vendor} />}</Asked>
    </Page>
  );
}

function Whole({ vendor }: { readonly vendor: VendorShown }): ReactNode {
  const [view, change] = useView({ tab: 'score' });
  const { id, name, owner, purpose, endpoints, servers, data, contacts, due, score, events, input, submitted, disclosed } = vendor;
  return (
    <>
      <Panel title={t('kit.details')}>
        <h3><Text value={name} /></h3>
        <div className="vendors-stats">
          <Stat label={t('vendors.score')} value={t('vendors.scoreOf', { score: score.score, grade: score.grade })}
            tone={due.at === undefined ? 'bad' : 'neutral'} />
          <Stat label={t('vendors.confidence')} value={`${score.confidence} %`} />
          <Stat label={t('vendors.mismatches')} value={score.mismatches.length} tone={score.mismatches.length > 0 ? 'bad' : 'neutral'} />
        </div>
        <Facts rows={[
          [t('vendors.standing'), due.at === undefined ? t('vendors.undisclosed') : t('vendors.disclosed')],
          [t('vendors.due'), due.at === undefined ? t('vendors.now') : <Moment key="d" at={due.at} />], [t('vendors.why'), <Text key="w" value={due.why} />],
          [t('vendors.attested'), disclosed === undefined ? undefined : (
            <span key="a"><Moment at={disclosed.attestedAt} /> <Text value={disclosed.attestedBy} max={100} /></span>
          )],
          [t('vendors.owner'), <Text key="o" value={owner} />], [t('vendors.purpose'), <Text key="p" value={purpose} />],
          [t('vendors.endpoints'), <Text key="e" value={endpoints.join(', ')} mono />], [t('vendors.servers'), <Text key="s" value={servers.join(', ')} />],
          [t('vendors.data'), data], [t('vendors.contacts'), <Text key="c" value={contacts.join(', ')} />],
        ]} />
        <CommandLine words={['vendor', 'report', id, '--format', 'html', '--out', `${id}.html`]} />
      </Panel>
      <Tabs label={t('vendors.vendor')} open={view.tab} onOpen={(tab) => change({ tab })} tabs={[
        { id: 'score', title: t('vendors.inputs'), content: () => <Score score={score} /> },
        { id: 'disclosure', title: t('vendors.disclosure'), count: submitted === undefined ? 0 : 1, content: () => <Disclosure vendor={vendor} /> },
        { id: 'probes', title: t('vendors.probes'), count: input.probes.length, content: () => <Probes vendor={vendor} /> },
        { id: 'links', title: t('vendors.links'), content: () => <Links vendor={vendor} /> },
        {
          id: 'events', title: t('vendors.events'), count: events.length,
          content: () => (events.length === 0 ? <Empty title={t('vendors.noEvents')} /> : (
            <ul className="vendors-list">
              {events.map(({ event, at, note }) => <li key={`${event} ${at}`}><strong>{event}</strong> <Moment at={at} /><p><Text value={note} /></p></li>)}
            </ul>
          )),
        },
      ]} />
    </>
  );
}
