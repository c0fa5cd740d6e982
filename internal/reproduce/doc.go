// Package reproduce runs the experiments of Song et al. 2024 and draws their
// figures beside the published ones.
//
// A panel is a grid of independent trials, one for each combination of rule,
// condition, learning rate and seed. [Session.Run] runs the trials of a panel on all
// cores and stores each result as it ends, so that a killed run goes on where it
// was. What is measured is then compared with what was published: every [Claim]
// has a criterion, computed from the numbers and never assumed.
//
// Source: Song et al., "Inferring neural activity before plasticity as a
// foundation for learning beyond backpropagation", Nature Neuroscience 27 (2024).
package reproduce
