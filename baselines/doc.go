// Package baselines holds learning rules that the literature compares with prospective
// configuration, implemented directly in float64: target propagation, GeneRec, the deep
// continuous Hopfield network, Almeida-Pineda, and predictive coding with fixed
// predictions.
//
// They train the same networks, with the same optimizers and trainer, as the rules of
// package train, but only chains of dense layers with the squared error, as built by
// models.MLP with Placement Before.
//
//	var rule train.Rule = &baselines.GeneRec{Settling: baselines.Settling{Steps: 50, Size: 0.1}}
//
// Any other network is an error that names the obstacle.
package baselines
