import { useState } from 'react';
import type { ReactNode } from 'react';
import type { ReviewItem, ReviewSuggestion } from '../../../src/control/reviews/answer.ts';
import { useAsk } from '../../api/ask.ts';
import { pathOf } from '../../api/client.ts';
import { Act } from '../../kit/act.tsx';
import { Badge, Severity, State } from '../../kit/badge.tsx';
import { Button, CommandLine } from '../../kit/button.tsx';
import { Asked, Facts } from '../../kit/page.tsx';
import { Block, Text } from '../../kit/text.tsx';
import { Moment } from '../../kit/time.tsx';
import { t, tWord } from '../../texts/t.ts';
import { deciding, DECISIONS } from './decisions.ts';

/** One item: why it is asked, what each answer would do, and what was said. */
export function Item({ review, item }: { readonly review: string; readonly item: ReviewItem }): ReactNode {
  const { title, severity, state, check, subject, owner, reviewers, outlier, lapses, revoke, change, remedy, note, words, evidence } = item;
  return (
    <>
      <p><strong><Text value={title} /></strong></p>
      {state === 'open' && (
        <div className="reviews-verbs">{DECISIONS.map((decision) => <Act key={decision} {...deciding(decision, review, item)} />)}</div>
      )}
      <Facts rows={[
        [t('reviews.severity'), <Severity key="s" value={severity} />], [t('reviews.state'), <State key="st" value={state} />],
        [t('reviews.check'), check], [t('reviews.about'), <span key="a">{tWord('about', subject.kind)} <Text value={subject.id} mono /></span>],
        [t('reviews.owner'), owner === undefined ? undefined : <Text key="o" value={owner} />],
        [t('reviews.reviewers'), reviewers.length === 0 ? t('reviews.nobody') : <Text key="r" value={reviewers.join(', ')} />],
        [t('reviews.outlier'), outlier === undefined ? undefined : <Badge key="out" tone="held"><Text value={outlier} /></Badge>],
        [t('reviews.unanswered'), lapses === true ? t('reviews.lapses') : undefined],
        [t('reviews.ifRevoked'), <Remedy key="rv" of={revoke} />], [t('reviews.ifChanged'), change === undefined ? undefined : <Remedy key="ch" of={change} />],
        [t('reviews.remedy'), remedy === 'none' ? undefined : <span key="rm"><State value={remedy} /> <Text value={note} /></span>],
      ]} />
      <ul className="reviews-words">
        {words.map((word) => (
          <li key={word.at}>
            <strong>{tWord('state', word.decision)}</strong> <Moment at={word.at} /> <Text value={word.by} max={100} /><p><Text value={word.reason} /></p>
          </li>
        ))}
      </ul>
      <h3>{t('reviews.evidenceOf')}</h3>
      <Block value={evidence} />
      {[revoke, change].some((one) => one?.kind === 'narrow-grant' || one?.kind === 'drop-grant') && <Suggestion review={review} item={item.id} />}
    </>
  );
}

function Remedy({ of: { kind, what, id, server } }: { readonly of: ReviewItem['revoke'] }): ReactNode {
  return <>{tWord('remedy', kind)} <Text value={what ?? server ?? id} /></>;
}

/** Made when somebody asks for it: it decides a quarter of a year again. */
function Suggestion({ review, item }: { readonly review: string; readonly item: string }): ReactNode {
  const [wanted, setWanted] = useState(false);
  const answer = useAsk<ReviewSuggestion>(pathOf`/reviews/${review}/items/${item}/suggestion`, {}, { when: wanted });
  return (
    <>
      <h3>{t('reviews.suggestion')}</h3>
      {wanted ? <Asked of={answer}>{(suggestion) => <Suggested of={suggestion} />}</Asked>
        : <Button onClick={() => setWanted(true)}>{t('reviews.suggest')}</Button>}
      <CommandLine words={['review', 'suggest', review, item]} />
    </>
  );
}

function Suggested({ of: { before, after, replayed } }: { readonly of: ReviewSuggestion }): ReactNode {
  const { decisions, blocked, undecidable, complete, tools } = replayed;
  return (
    <>
      <p>{t('reviews.replayed', { decisions, blocked, undecidable })} {!complete && t('reviews.notComplete')}</p>
      {blocked > 0 && <p><Text value={Object.entries(tools).map(([name, count]) => `${name} ×${count}`).join(', ')} mono /></p>}
      <h4>{t('reviews.before')}</h4><Block value={before} />
      <h4>{t('reviews.after')}</h4><Block value={after} />
    </>
  );
}
