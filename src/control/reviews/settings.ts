import { readReviewsPolicy } from '../../registry/review-shape.ts';
import type { ReviewsPolicy } from '../../registry/review-shape.ts';
import type { Rows } from '../../store/store.ts';
import { installationReader } from '../manifest/installation.ts';

/** How reviews are held. */
const readReviewSettings = installationReader('reviews');

export async function readReviews(rows: Pick<Rows, 'get'>): Promise<ReviewsPolicy> {
  return readReviewsPolicy(await readReviewSettings(rows));
}
