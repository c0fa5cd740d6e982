// Package query asks a trained network questions in any direction. Any subset of
// the nodes is clamped to data, some nodes perhaps only in part; the others are
// free, and relax to where the energy is lowest:
//
//	x_free* = argmin E(x_known, x_free; θ)        θ: the trained parameters
//
// One network then classifies (the image is known, read the label), generates
// (the label is known, read the image), fills in (half of the image is known),
// and scores how well a sample fits what it has learned (the energy that is
// left).
//
// A relaxation finds a minimum near where it starts, the feedforward prediction,
// and not always the lowest one; and it may run out of steps. An [Answer] says
// which of the two happened.
package query
