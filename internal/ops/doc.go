// Package ops holds the Gorgonia operations that Prospect adds: element-wise
// functions that Gorgonia lacks or that lose accuracy there, and row-wise
// log-softmax, each with a symbolic derivative. Every operation here is pure:
// it never writes into its inputs and never returns one of them.
package ops
