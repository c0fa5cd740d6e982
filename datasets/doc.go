// Package datasets reads labelled data, cuts it into subsets and batches, and encodes
// class labels as targets.
//
// A [Dataset] is anything with a length, a shape and labels. [Load] gives the named ones:
// mnist, fashion-mnist, cifar-10 and others from files that [Fetch] downloads, and
// glyphs, digits drawn from the Go fonts, which need no file at all.
//
// A user's own data come from files by [NPZ], [NPY], [CSV], [ImageFolder] and [IDXFiles],
// each a struct of settings whose zero value serves the usual layout, by package parquet,
// or from memory by [Assembly], [NewFloats] and [NewImages]. Samples may have classes,
// numbers to predict, which makes them [Targeted], or neither.
//
// [Holdout] cuts off a validation part. [PerClass], [Subset], [First] and [Classes] give
// views that copy no sample. [Batches] walks a Dataset once, in order or shuffled,
// [Encoding] turns labels into 0/1 or -1/+1 targets, and an [Augmenter] changes samples
// at random.
//
// Randomness is always an argument: a *rand.Rand, or a documented seed. The package knows
// nothing of graphs.
package datasets
