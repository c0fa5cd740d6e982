// Package layers holds the layers that predictions are made of: dense maps,
// convolutions and pooling, normalisation and dropout, embeddings and attention,
// activations, reshapes, and their composition. A layer is plain data; the
// parameters it asks for belong to the network.
//
// Images are channels first: (batch, channels, rows, columns). Sequences are
// (batch, length, units).
//
// The value node of a population may stand before the activation function or
// after it, which are two different algorithms. Both are compositions:
//
//	layers.Sequential{layers.Tanh{}, layers.Dense{Out: 64}}   // μ = f(x)·W + b, before: the paper's
//	layers.Sequential{layers.Dense{Out: 64}, layers.Tanh{}}   // μ = f(x·W + b), after
//
// Layers that differ between training and evaluation, [BatchNorm] and [Dropout],
// go by [graph.Roles.Training].
//
// A layer of your own implements [graph.Layer], whose one method builds
// Gorgonia nodes. The Build of every layer here is a function of such nodes to use in
// it, as Softmax{}.Build(b, x): [Softmax], [LogSoftmax], [Slice], [Permute], [Pad],
// [Concat], [Reshape] and [BatchedProduct] are there for that. They keep the first
// axis, that of the samples, and count the others from 0.
package layers
