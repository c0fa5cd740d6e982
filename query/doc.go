// Package query asks a trained network questions in any direction. Any subset of the
// nodes is clamped to data, possibly only in part; the others are free and relax to a
// minimum of the energy:
//
//	x_free* = argmin E(x_known, x_free; θ)        θ: the trained parameters
//
// One network then classifies (the image is known, read the label), generates (the
// label is known, read the image), fills in (half of the image is known), and scores
// how well a sample fits the training data (the remaining energy).
//
// A relaxation finds a minimum near its start, the feedforward prediction, and not
// always the global one; and it may run out of steps. An [Answer] says whether it
// converged.
package query
