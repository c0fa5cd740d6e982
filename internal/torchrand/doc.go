// Package torchrand draws the random numbers of PyTorch's CPU generator and of NumPy's
// RandomState, so that an experiment that was published as a PyTorch program can be run
// with its own seeds: the same data, the same weights, the same batches.
//
// Both are the Mersenne twister MT19937 (Matsumoto and Nishimura 1998); they differ in
// what they make of its words. What a number becomes depends on how many were drawn
// before it, so that calls have to come in the order of that program.
//
// Uniform numbers, permutations and orders of loaders have PyTorch's bits. Normal numbers
// are within two units in the last place of float32 of the radius: PyTorch itself takes
// logarithm and cosine from different approximations on different processors.
package torchrand
