// Package ops holds the Gorgonia operations that Prospect adds, each with a
// symbolic derivative: element-wise functions that Gorgonia lacks or that lose
// accuracy there, softmax by rows, convolution and pooling, sums and products by
// channels, normalisation, tables, products of batches of matrices, and what
// moves axes about. Every operation here is pure: it never writes into its inputs
// and never returns one of them. Do is a plain loop, the reference that faster
// forms are compared with.
package ops
