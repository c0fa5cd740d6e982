// Package train trains networks. A [Rule] fills parameter gradients, an [Optimizer]
// applies them, a [Trainer] runs both over the batches of a [Source]; they are
// independent of one another, so swapping prospective configuration for backprop is one
// line and a comparison of the two is fair.
//
// The rules:
//
//   - [Prospective], prospective configuration, and [Backprop], on any network;
//   - [Interleaved], of which [Incremental] predictive coding is one setting, and
//     [Repeated], which step the weights several times per batch;
//   - [ZIL], predictive coding that equals backprop exactly; so does Prospective in
//     the limit of a small Nudge.
//
// An [Ensemble] learns with many small networks at once, by Prospective or Backprop.
//
// Package baselines has the rules that the literature compares with these.
package train
