// Package entropytest is for tests of what feeds an entropy system and of what drinks from it.
//
//   - [Deterministic] is a system whose streams follow from a seed. It needs a test to exist, so
//     that it cannot ship.
//   - [Good], [Replay], [Twins] and the faults ([Stuck], [Biased], [Repeating], [Alternating],
//     [Slow], [Dying]) are sources to compose systems of.
//   - [Generation] is a virtual machine that can be copied at will.
//   - [Faults] is the table of what is caught, by what and how soon, and of what nothing on one
//     system can see. Tests hold to it.
//   - [Conform] is what every source of a third party should pass.
package entropytest
