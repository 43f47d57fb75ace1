// The same tests as in CI, with SALLYPORT_FUZZ_RUNS and SALLYPORT_PROPERTY_RUNS of scripts/nightly.
import '../../src/mcp/decode.fuzz.test.ts';
import '../../src/policy/fuzz.test.ts';
