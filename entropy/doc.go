// Package entropy turns noise sources into random streams. Few people feed a system, everybody
// drinks from it, and neither can do harm.
//
//	 sources           what a program's main composes: New(Config{Sources, Generations, Policy, ...})
//	  noise ─┐
//	  noise ─┤ raw symbols   ┌─────────────┐ credit if the tests passed: claim, lowered by policy
//	  seed  ─┼──────────────>│ health test ├───────────────┐
//	         │               └──────┬──────┘               v
//	         │                      │ all            ┌──────────┐
//	         │                      v                │  ledger  │ 320 bits of two origins of noise,
//	         │                 ┌─────────┐           └────┬─────┘ or of one trusted alone
//	identity ┴────────────────>│ SHA-256 │ 256 bits       │ enough
//	                           │  pool   ├────────────────┴─> HMAC_DRBG ─── a key each ──> Stream
//	 ambient ──────┐           └─────────┘                     ^                           Stream
//	 Push ── ring ─┴──> Fortuna's 32 pools ── uncredited ──────┘                           Stream
//
//	 generations: a copy of the machine or process ──> no credit, streams wait for a new seed,
//	                                                   OnClone
//
// Who may do what:
//
//   - Who provides a source writes a [Source]. It returns raw symbols and claims a min-entropy for
//     each. It does not test, whiten or credit: the system does that, so that a bad source can
//     claim what it likes, is found out by what tests can find, and at worst is worth nothing.
//   - Who has events to tell of (packets, interrupts) gets a function, [System.Push].
//   - Who needs random bytes gets a [Stream]. It waits until there is something to give, and then
//     never fails and never falls short. There is no way to seed it or to see its state.
//   - Who keeps secrets that a copy of the machine must not use too asks for [System.OnClone], or
//     compares [System.Generation] at each use.
//   - Only the main of a program composes a system and knows it whole. There is no registration,
//     no init and no global; a test over the import graph holds every package to that.
//
// A deterministic system exists for tests only: package entropytest.
//
// The model, the threats and what is not claimed are in docs/entropy.md.
package entropy
