// Package train trains networks. A [Rule] fills parameter gradients, an
// [Optimizer] applies them, a [Trainer] runs both over the batches of a
// [Source]; none knows the others, so swapping prospective configuration for
// backprop is one line and a comparison of the two is fair.
package train
