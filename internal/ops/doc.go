// Package ops holds the Gorgonia operations that Prospect adds, each with a symbolic
// derivative: element-wise functions that Gorgonia lacks or computes inaccurately,
// row-wise softmax, convolution and pooling, per-channel sums and products,
// normalisation, tables, batched matrix products, and permutations and slices of axes.
// Every operation here is pure: it never writes into its inputs and never returns one
// of them. Do is a plain loop, the reference for faster implementations.
package ops
