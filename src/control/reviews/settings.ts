import { readReviewsPolicy, REVIEWS_SHAPE } from '../../registry/review-shape.ts';
import type { ReviewsPolicy } from '../../registry/review-shape.ts';
import type { Rows } from '../../store/store.ts';
import { installationSetting } from '../manifest/installation.ts';

const SETTING = installationSetting('reviews', REVIEWS_SHAPE);

/** How reviews are held. */
export const readReviewSettings = SETTING.read;
/** The installation's. */
export const writeReviewSettings = SETTING.write;

export async function readReviews(rows: Pick<Rows, 'get'>): Promise<ReviewsPolicy> {
  return readReviewsPolicy(await readReviewSettings(rows));
}
