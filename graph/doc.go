// Package graph declares predictive-coding networks and runs them.
//
// A network is plain data, a [Declaration]:
//
//   - A [Node] is a population of units with an activity x, one row per sample.
//   - A [Prediction] predicts a node from other nodes through a [Layer]. Any node
//     may predict any other, several may predict one, and cycles are allowed.
//   - An [Energy] compares activity and prediction. Each prediction is one term
//     of the total energy, and so is each [Prior] on an activity.
//
// [New] writes the total energy
//
//	E = Σ_k c_k E_k(x_of(k), μ_k(x_from(k); θ)) + Σ_i prior_i(x_i)
//
// as one Gorgonia expression and differentiates it once, with respect to all activities
// x and all parameters θ. The [Roles] of a [Session] say later which nodes hold data: a
// node is clamped, or an output of the feedforward pass, or else free. So one network
// runs from image to label and from label to image, at any batch size, with the same
// parameters.
//
//	net, err := graph.New(declaration, graph.Settings{Seed: 1})
//	s, err := net.Session(64, graph.Roles{Clamped: []string{"x", "y"}})
//	err = s.Clamp("x", images) // data in
//	err = s.Clamp("y", labels)
//	err = s.Initialize(graph.Start{}, nil) // free nodes at their predictions
//	result, err := relax.Run(ctx, s, settings)
//	energy, err := s.Learn(energies) // ∂E/∂θ into net.Params()
//
// Data outside the domain of an energy, a prior or a layer, such as a probability of
// −1, are an error of Clamp; see [Domained] and [Builder.Expect].
//
// Sequences of several lengths are padded to one, with a data node that says where they
// end; see the field Mask of [Node].
//
// A Session is a [relax.Problem], so everything in package relax works on it, and takes
// steps in one pass where the engine can; [Session.ErrorCoordinates] is the same
// network relaxed in its prediction errors.
//
// A session evaluates unless its roles set Training: then dropout drops units and batch
// normalisation uses the statistics of the batch. Learning rules set it.
//
// A [BackpropSession] is the same network as an ordinary feedforward network, with the
// same parameters.
//
// An [Ensemble] is many networks of one declaration that run as one program, which pays
// for small ones.
//
// An [Engine] runs the graph: [Compiled] by default, or [Tape], Gorgonia's own machine,
// which is the reference.
//
// A custom layer, energy or prior is a type with a Build method of ordinary Gorgonia
// code; see the example of [Layer], and docs/operations.md for how each of Gorgonia's
// operations is treated. Its intermediate values can be read by name, see
// [Builder.Probe]. Only this package runs Gorgonia: other packages build expressions
// and never run or differentiate them.
package graph
