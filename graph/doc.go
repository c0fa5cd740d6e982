// Package graph declares predictive-coding networks and runs them.
//
// A network is plain data, a [Declaration]:
//
//   - A [Node] is a population of units with an activity x, one row for each
//     sample.
//   - A [Prediction] predicts a node from other nodes through a [Layer]. Any node
//     may predict any other, several may predict one, and cycles are allowed.
//   - An [Energy] compares activity and prediction. Each prediction is one term
//     of the total energy, and so is each [Prior] on an activity.
//
// [New] writes the total energy
//
//	E = Σ_k c_k E_k(x_of(k), μ_k(x_from(k); θ)) + Σ_i prior_i(x_i)
//
// as one Gorgonia expression and differentiates it once, with respect to all
// activities x and all parameters θ. Which nodes hold data is said later, by the
// [Roles] of a [Session]: a node is clamped, or an output of the feedforward
// pass, or else free. So one network runs from image to label and from label to
// image, at any batch size, on the same parameters.
//
//	net, err := graph.New(declaration, graph.Settings{Seed: 1})
//	s, err := net.Session(64, graph.Roles{Clamped: []string{"x", "y"}})
//	err = s.Clamp("x", images) // data in
//	err = s.Clamp("y", labels)
//	err = s.Initialize(graph.Start{}, nil) // free nodes at their predictions
//	result, err := relax.Run(ctx, s, settings)
//	energy, err := s.Learn(energies) // ∂E/∂θ into net.Params()
//
// Data that an energy, a prior or a layer cannot mean, such as a probability of −1, are
// an error of Clamp; see [Domained] and [Builder.Expect].
//
// A Session is a [relax.Problem], so everything in package relax works on it, and
// takes steps in one pass where the engine can; [Session.ErrorCoordinates] is the
// same network moved by its prediction errors.
//
// A session evaluates unless its roles say Training: then dropout drops and batch
// normalisation goes by the batch. Learning rules say so.
//
// A [BackpropSession] is the same network as an ordinary feedforward net, with
// the same parameters.
//
// An [Engine] runs what the graph says: [Compiled] by default, or [Tape],
// Gorgonia's own machine, which is the reference.
//
// A layer, an energy or a prior of your own is a type with a Build method of
// ordinary Gorgonia code; see the example of [Layer], and docs/operations.md for
// what becomes of each of Gorgonia's operations. What it computes on the way can
// be read by name, see [Builder.Probe]. Gorgonia itself is driven
// here alone: other packages build expressions and never run or differentiate
// them.
package graph
