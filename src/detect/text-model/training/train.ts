import { BUCKET_BITS } from '../sentences.ts';
import { Sentences, nearest, widest } from '../windows.ts';
import type { Window } from '../windows.ts';
import type { Packed } from './packed.ts';

const EPOCHS = 5;
const RATE = 0.5;
/** Steps smaller than this change nothing that is kept. */
const STEP_MIN = 1e-3;
const SEED = 20_261_122;

/** What to learn from: indices of rows, whether each is an attack, and how much each counts. */
export interface Lessons {
  readonly rows: readonly number[];
  readonly attack: Uint8Array;
  readonly weight: Float64Array;
}

/**
 * Logistic regression on hashed n-grams by AdaGrad (Duchi, Hazan and Singer 2011), in the way in which it is asked later: of
 * each row only its worst windows count, of attacks only those that hold the attack. The same rows in the same order give
 * the same bits: nothing but IEEE 754 sums, products, quotients and square roots.
 */
export function train(packed: Packed, { rows, attack, weight }: Lessons): Float32Array {
  const weights = new Float32Array(2 ** BUCKET_BITS);
  const squares = new Float32Array(2 ** BUCKET_BITS).fill(1e-3);
  const biases = { near: { value: -1, squares: 1 }, wide: { value: -1, squares: 1 } };
  const order = Uint32Array.from(rows);
  let seed = SEED;
  const step = (window: Window, sentences: readonly number[], bias: { value: number; squares: number }, row: number): void => {
    const error = (sigmoid(window.score + bias.value) - (attack[row] ?? 0)) * (weight[row] ?? 0);
    if (Math.abs(error) < STEP_MIN) return;
    bias.squares += error * error;
    bias.value -= (RATE * error) / Math.sqrt(bias.squares);
    descend(packed, weights, squares, error, sentences.slice(window.first, window.last + 1));
  };
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    seed = shuffle(order, seed);
    for (const row of order) {
      const { scored, sentences } = scoresOf(packed, weights, row, attack[row] === 1);
      const [near, wide] = [nearest(scored), widest(scored)];
      if (near !== undefined) step(near, sentences, biases.near, row);
      if (wide !== undefined) step(wide, sentences, biases.wide, row);
    }
  }
  return weights;
}

const SCORED = new Sentences();

function scoresOf({ features, at, words, rows, guilty }: Packed, weights: Float32Array, row: number, isAttack: boolean):
{ readonly scored: Sentences; readonly sentences: readonly number[] } {
  const sentences: number[] = [];
  SCORED.count = 0;
  for (let sentence = rows[row] ?? 0; sentence < (rows[row + 1] ?? 0); sentence += 1) {
    if (isAttack && guilty[sentence] === 0) continue;
    const [from, to] = [at[sentence] ?? 0, at[sentence + 1] ?? 0];
    let sum = 0;
    for (let feature = from; feature < to; feature += 1) sum += weights[features[feature] ?? 0] ?? 0;
    SCORED.add(sum, to - from, words[sentence] ?? 0);
    sentences.push(sentence);
  }
  return { scored: SCORED, sentences };
}

function descend({ features, at }: Packed, weights: Float32Array, squares: Float32Array, error: number, sentences: readonly number[]): void {
  const size = sentences.reduce((sum, sentence) => sum + (at[sentence + 1] ?? 0) - (at[sentence] ?? 0), 0);
  const gradient = error / Math.sqrt(size);
  const square = gradient * gradient;
  for (const sentence of sentences) {
    for (let feature = at[sentence] ?? 0; feature < (at[sentence + 1] ?? 0); feature += 1) {
      const bucket = features[feature] ?? 0;
      const sum = (squares[bucket] ?? 0) + square;
      squares[bucket] = sum;
      weights[bucket] = (weights[bucket] ?? 0) - (RATE * gradient) / Math.sqrt(sum);
    }
  }
}

/** 1 / (1 + e^-x) to about 1e-9, by arithmetic that is the same on every machine: `Math.exp` need not be. */
function sigmoid(x: number): number {
  if (x > 30) return 1;
  if (x < -30) return 0;
  const small = -x / 256;
  let exp = 1 + small * (1 + (small / 2) * (1 + (small / 3) * (1 + (small / 4) * (1 + small / 5))));
  for (let doubling = 0; doubling < 8; doubling += 1) exp *= exp;
  return 1 / (1 + exp);
}

/** Fisher-Yates by a linear congruential generator (Numerical Recipes); gives the next seed. */
function shuffle(order: Uint32Array, seed: number): number {
  let state = seed;
  for (let at = order.length - 1; at > 0; at -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (at + 1);
    const one = order[at] ?? 0;
    order[at] = order[other] ?? 0;
    order[other] = one;
  }
  return state;
}
