// Package engine compiles expression graphs for the relaxation loop and runs
// them.
//
// A [Graph] is an expression graph in a small intermediate form: every [Value]
// is simplified and shared as it is added. [Compile] turns the programs of one
// unit into flat lists of instructions over planned memory:
//
//   - what depends on no free input is computed once per refresh (hoisted), and
//     weights are packed for the kernels then;
//   - element-wise values of one shape that nothing separates are fused into one
//     pass over cache-sized tiles;
//   - instructions are split over workers by rows, that is, by samples, and every
//     sum is taken in an order that does not depend on the number of workers.
//
// The package knows nothing of networks and, apart from the opaque functions of
// [Graph.Foreign], nothing of Gorgonia.
package engine
