// Package energy holds the energies that compare an activity with its
// prediction, and priors on activities. Each is plain data that builds a scalar
// Gorgonia node, summed over units and samples, so that every sample gets the
// gradient of its own energy whatever the batch size.
//
// Where data can be wrong for an energy it states its domain, see [graph.Domained],
// and clamping anything else is an error: [Bernoulli] wants numbers from 0 to 1,
// [CrossEntropy] and [KullbackLeibler] rows that are distributions, and a precision
// that arrives as data is not negative. All other energies, and both priors, mean
// every finite number.
//
// Energies are defined up to a constant: a Gaussian leaves out ½ log 2π for
// each unit.
package energy
