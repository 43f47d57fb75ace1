/**
 * Limits that hold whatever policy says: settings of the installation (`limits:` of sallyport.yaml). They bound what goes
 * wrong, not what is allowed.
 */
export interface StandingLimits {
  /** Tool calls of each caller × agent × server × tool; absent: no quota. */
  readonly quota?: { readonly max: number; readonly periodMs: number };
  /** What one server may ask of people and models (elicitation, sampling) in one flow context. */
  readonly questions: { readonly max: number; readonly periodMs: number };
  /** Tokens that one sampling request may ask for; more are not asked for. */
  readonly samplingTokens: number;
  /** Refusals that one caller at one replica may earn in a minute before it is refused early: probing is slow. */
  readonly denialsPerMinute: number;
  /** The same for one address, for all who are nobody known. */
  readonly strangerDenialsPerMinute: number;
  /** Failures of one server without a success between them, within `windowMs`, that open its circuit for `openMs`. */
  readonly breaker: { readonly failures: number; readonly windowMs: number; readonly openMs: number };
  /** What freezes a flow context: too many confirmed destroying, communicating or transacting calls, or denials without a permit between them. */
  readonly cascade: { readonly max: number; readonly periodMs: number; readonly denials: number };
  /** A flow context that nobody used for this long has ended. */
  readonly contextIdleMs: number;
}

export const STANDING_LIMITS: StandingLimits = {
  questions: { max: 30, periodMs: 3_600_000 },
  samplingTokens: 4_096,
  denialsPerMinute: 300,
  strangerDenialsPerMinute: 600,
  breaker: { failures: 20, windowMs: 30_000, openMs: 10_000 },
  cascade: { max: 200, periodMs: 3_600_000, denials: 100 },
  contextIdleMs: 8 * 3_600_000,
};
