// Package datasets reads labelled data, cuts it into subsets and batches, and encodes class labels as targets.
//
// A [Dataset] is anything with a length, a shape and labels. [Load] gives the named ones: mnist, fashion-mnist, cifar-10 and
// optdigits from files that [Fetch] downloads, and glyphs, digits drawn from the Go fonts, which need no file at all. [NewFloats]
// and [NewImages] wrap a user's own data. [PerClass], [Subset], [First] and [Classes] give views that copy no sample.
// [Batches] walks a Dataset once, in order or shuffled, and [Encoding] turns labels into 0/1 or -1/+1 targets.
//
// Randomness is always an argument: a *rand.Rand, or for glyphs a documented seed. The package knows nothing of graphs.
package datasets
