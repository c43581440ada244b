// Package cutoff computes the cutoffs of health tests for any claim. A program that has a Go
// runtime calls [For] and hands the result to health.New; a kernel uses health.Tabulated, which
// this package's test recomputes.
//
// The proportion cutoff is a quantile of a binomial distribution at a probability as small as
// 2^-60, of trials that succeed with 2^-H. Floats of 53 bits do not reach that far: everything
// here is done with [Precision] bits.
package cutoff
