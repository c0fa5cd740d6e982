// Package energy holds the energies that compare an activity with its
// prediction, and priors on activities. Each is plain data that builds a scalar
// Gorgonia node, summed over units and samples, so that every sample gets the
// gradient of its own energy whatever the batch size.
//
// Energies are defined up to a constant: a Gaussian leaves out ½ log 2π for
// each unit.
package energy
