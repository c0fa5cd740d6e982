// Package analysis measures what learning does to a network: target alignment, the
// prospective index, interference, energies during relaxation and the path of the
// weights. It works with any network of package graph and any rule of package train.
//
//	step := analysis.Step{Rule: train.Paper(128, 0.1, 0.5), Optimizer: &train.SGD{}, Rate: 0.001}
//	cosines, err := analysis.TargetAlignment(ctx, net, step, batch, "y")
//
// Functions that take a learning step restore the parameters of the network.
//
// Source: Song et al. 2024.
package analysis
