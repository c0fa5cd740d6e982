// Package train trains networks. A [Rule] fills parameter gradients, an
// [Optimizer] applies them, a [Trainer] runs both over the batches of a
// [Source]; none knows the others, so swapping prospective configuration for
// backprop is one line and a comparison of the two is fair.
//
// The rules:
//
//   - [Prospective], prospective configuration, and [Backprop], on any network;
//   - [Interleaved], of which [Incremental] predictive coding is one setting, and
//     [Repeated], which step the weights several times for a batch;
//   - [ZIL], predictive coding that is backprop exactly; in the limit, so is
//     Prospective with a small Nudge.
//
// Package baselines has the rules that the literature compares with these.
package train
