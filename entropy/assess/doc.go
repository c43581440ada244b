// Package assess estimates how much min-entropy the output of a noise source holds, by the rules of
// NIST SP 800-90B.
//
// [Assess] runs the ten estimators of §6.3 (no assumption that samples are independent) over the
// symbols and over the bitstring that they spell, and takes the least: what an attacker who guesses
// best may count on. [IID] tests whether samples may be independent and identically distributed
// (§5), [Restart] whether a source starts the same way twice (§3.1.4), and [Conditioning] is the
// arithmetic of what a conditioning function leaves (§3.1.5). [Plot] gives what a person wants to
// look at, as data; package report draws it.
//
// # What to assess
//
// Assess raw samples, never conditioned output. A statistic sees patterns, not predictability: the
// output of a generator looks perfect whatever its seed holds, and so does anything hashed. A good
// assessment therefore confirms a claim that has a physical reason; it never replaces the reason.
// The standard asks for [SamplesWanted] samples; with fewer, the estimates say less and the result
// says so.
//
// # Estimates lie low
//
// Each estimate is the end of a confidence interval of 99 %, and the compression estimate lies
// lower still. Perfect bytes are assessed at about 7.2 bits, perfect bits at about 0.83. A claim
// above what even perfect noise would reach is therefore not refuted by falling short of it
// ([Ceiling]); it is not confirmed either.
//
// # Work
//
// This is a core: no goroutine, no clock, no file. Work is cut into tasks and handed to an
// [Executor], which a shell makes of goroutines:
//
//	func parallel(workers int) assess.Executor {
//		return func(tasks []func()) {
//			var wg sync.WaitGroup
//			queue := make(chan func())
//			for range workers {
//				wg.Go(func() {
//					for task := range queue {
//						task()
//					}
//				})
//			}
//			for _, task := range tasks {
//				queue <- task
//			}
//			close(queue)
//			wg.Wait()
//		}
//	}
//
// Results do not depend on the executor. A million bytes need about 400 MB and a few seconds of one
// core; [SamplesMax] bounds both.
//
// What to read first: SP 800-90B §6.3 (https://doi.org/10.6028/NIST.SP.800-90B), and the comments
// of UL on it, whose closed forms for the collision and compression estimates are used here.
package assess
