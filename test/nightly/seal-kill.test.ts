// The same test as in CI, with SALLYPORT_KILL_RUNS of scripts/nightly.
import '../../src/client-files/seal/kill.test.ts';
