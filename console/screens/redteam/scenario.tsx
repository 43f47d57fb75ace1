import type { ReactNode } from 'react';
import type { RedteamResult } from '../../../src/control/redteam/answer.ts';
import { Badge, State } from '../../kit/badge.tsx';
import { CommandLine } from '../../kit/button.tsx';
import { Facts } from '../../kit/page.tsx';
import { Text } from '../../kit/text.tsx';
import { span } from '../../kit/time.tsx';
import { t } from '../../texts/t.ts';

/** One scenario: how it ended, the control that acted and by which words of the records that is seen. */
export function Scenario({ result }: { readonly result: RedteamResult }): ReactNode {
  const { id, title, outcome, claim, red, techniques, acted, silent, harm, evidence, tookMs } = result;
  return (
    <>
      <p><strong><Text value={title} /></strong></p>
      <Facts rows={[
        [t('redteam.outcome'), <State key="o" value={outcome} />], [t('redteam.claim'), <State key="c" value={claim} />],
        [t('redteam.red'), red === undefined ? undefined : <Text key="r" value={red} />], [t('redteam.took'), span(tookMs)],
        [t('redteam.acted'), acted.length === 0 ? t('redteam.nothingActed') : (
          <ul key="a">{acted.map(({ control, shows }) => <li key={control}><Text value={control} mono /> <span className="quiet"><Text value={shows.join(', ')} /></span></li>)}</ul>
        )],
        [t('redteam.silent'), silent.length === 0 ? undefined : <Text key="s" value={silent.join(', ')} mono />],
        [t('redteam.techniques'), <span key="t" className="redteam-words">{techniques.map((one) => <Badge key={one}>{one}</Badge>)}</span>],
      ]} />
      {harm.length > 0 && (
        <>
          <h3>{t('redteam.harm')}</h3>
          <ul className="redteam-evidence">{harm.map((one) => <li key={one.what}><Text value={one.what} /> <Text value={one.evidence} mono /></li>)}</ul>
        </>
      )}
      <h3>{t('redteam.evidence')}</h3>
      <ul className="redteam-evidence">{evidence.map((one) => <Shown key={one.position} shown={one} />)}</ul>
      <CommandLine words={['redteam', 'show', id]} />
    </>
  );
}

function Shown({ shown: { position, event, server, tool, code, policies = [], findings = [] } }: {
  readonly shown: RedteamResult['evidence'][number];
}): ReactNode {
  return (
    <li>
      <span className="quiet">{position}</span> <Text value={event} mono /> {server !== undefined && <Text value={[server, tool].filter(Boolean).join('/')} mono />}
      {code !== undefined && <p><Text value={code} mono /></p>}
      {[...policies, ...findings].length > 0 && <p className="quiet"><Text value={[...policies, ...findings].join(', ')} /></p>}
    </li>
  );
}
