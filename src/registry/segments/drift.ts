/** One way in which what is loaded is not what the registry compiles to. */
export interface SegmentDrift {
  /** Where: `inet sallyport_default`, `chain ingress`, `policy crm/sallyport-default-crm`. */
  readonly at: string;
  readonly what: 'missing' | 'changed' | 'extra' | 'widened';
  /** The rule or policy, in its own language, bounded; of `changed` what stands there now. */
  readonly detail: string;
}

const DETAIL_CHARS_MAX = 300;

export function drift(at: string, what: SegmentDrift['what'], detail: string): SegmentDrift {
  return { at: at.slice(0, DETAIL_CHARS_MAX), what, detail: detail.slice(0, DETAIL_CHARS_MAX) };
}
