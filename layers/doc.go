// Package layers holds the layers of predictions: dense maps, convolutions and pooling,
// normalisation and dropout, embeddings and attention, activations, reshapes, and their
// composition. A layer is plain data; its parameters belong to the network.
//
// Images are channels first: (batch, channels, rows, columns). Sequences are
// (batch, length, units).
//
// The value node of a population may be before or after the activation function; these
// are two different algorithms. Both are compositions:
//
//	layers.Sequential{layers.Tanh{}, layers.Dense{Out: 64}}   // μ = f(x)·W + b, before: the paper's
//	layers.Sequential{layers.Dense{Out: 64}, layers.Tanh{}}   // μ = f(x·W + b), after
//
// Layers that differ between training and evaluation, [BatchNorm] and [Dropout], follow
// [graph.Roles.Training].
//
// A custom layer implements [graph.Layer], whose only method builds Gorgonia nodes. The
// Build of every layer here is a function of such nodes and can be used in it, as
// Softmax{}.Build(b, x): [Softmax], [LogSoftmax], [Slice], [Permute], [Pad], [Concat],
// [Reshape] and [BatchedProduct] are meant for that. They keep the batch axis, the
// first, and count the others from 0.
package layers
