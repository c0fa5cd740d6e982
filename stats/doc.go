// Package stats says what a few measurements are worth: means with their
// uncertainty, and tests of whether two ways of doing something differ.
//
// It is made for experiments that are run with a few seeds. Two conditions that
// share their seeds give pairs, which [PairedT], [Wilcoxon] and [Permutation]
// compare; conditions with seeds of their own are compared by [WelchT] and
// [MannWhitney]. All tests are two-sided. Whoever makes several tests at once
// passes their p-values through [Holm].
//
// Nothing here draws a random number that is not seeded: the same values give the
// same bits. A value that is not finite is an error everywhere, because a run that
// diverged has to be dealt with by whoever knows what it stands for.
package stats
