// Package analysis measures what learning does to a network: target alignment,
// the prospective index, interference, the course of energies during relaxation
// and the path of the weights. It works on any network of package graph and any
// rule of package train.
//
//	step := analysis.Step{Rule: train.Paper(128, 0.1, 0.5), Optimizer: &train.SGD{}, Rate: 0.001}
//	cosines, err := analysis.TargetAlignment(ctx, net, step, batch, "y")
//
// Functions that take a learning step leave the network with the parameters they
// found.
//
// Source: Song et al. 2024.
package analysis
