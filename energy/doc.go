// Package energy holds the energies that compare an activity with its
// prediction, and priors on activities. Each is plain data that builds a scalar
// Gorgonia node, summed over units and samples, so that every sample gets the
// gradient of its own energy whatever the batch size.
//
// An energy that is not defined for every value declares its domain, see
// [graph.Domained], and clamping anything else is an error: [Bernoulli] requires values
// from 0 to 1, [CrossEntropy] and [KullbackLeibler] rows that are distributions, and a
// precision given as data must not be negative. All other energies, and both priors,
// are defined for every finite value.
//
// Energies are defined up to a constant: a Gaussian omits ½ log 2π per unit.
package energy
