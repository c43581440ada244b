// Package health holds the continuous health tests of a noise source: the repetition count test
// and the adaptive proportion test of NIST SP 800-90B §4.4, and the states a source moves through.
//
// A source claims a min-entropy per symbol, as an integer in thousandths of a bit ([Claim]). The
// tests ask whether what it delivers can be squared with its claim. A [Monitor] is both tests and
// the state of one source; whoever credits entropy feeds it every raw symbol and credits only the
// symbols that it counts as creditable.
//
//	                 New
//	                  │
//	                  v       StartupSymbols without an alarm
//	┌─────────────> Startup ─────────────────────────────────> Healthy: credit only here
//	│                 │  ^                                      │  │
//	│ Restart         │  └──────── Restart or Retest ───────────┘  │
//	│                 │ alarm at α = 2^-20                         │ alarm at α = 2^-30
//	│                 v                                            │
//	└─────────── Intermittent <────────────────────────────────────┘
//	                  │
//	                  │ evidence at α = 2^-60, from any state; or the third alarm
//	                  │ (FailuresMax) without ForgiveSymbols healthy symbols between
//	                  v
//	               Failed ───── Reset, by a person ─────> Startup
//
// Start-up and on-demand testing are one thing: [Monitor.Restart] when the source was started
// again, [Monitor.Retest] when somebody asks. Both forget the tests' windows and want
// [StartupSymbols] good symbols before the next one counts. An intermittent failure goes on being
// tested, so that a source that stays stuck is condemned by the symbols of the same reading.
//
// The number at which a test raises its alarm (its cutoff) follows from claim, α and, for the
// proportion test, the window. Repetition cutoffs are integer arithmetic ([RepetitionCutoff]).
// Proportion cutoffs need numbers of some hundred bits: package entropy/health/cutoff computes
// them for any claim, and [Tabulated] has them for claims that a kernel uses, which cannot.
//
// What the tests do not see: a source that follows a rule (a counter, a generator with a known
// seed) and a bias below the cutoffs. They catch a source that broke, not one that never was.
//
// The package imports nothing, allocates nothing and can be linked into a program without a Go
// runtime; the test of entropy/drbg/early shows it. It is not safe for concurrent use.
package health
