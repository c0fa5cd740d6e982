// Package baselines holds learning rules that the literature compares with prospective
// configuration, written out by hand in float64: target propagation, GeneRec, the deep
// continuous Hopfield net, Almeida-Pineda, and predictive coding with fixed predictions.
//
// They learn the parameters of the same networks, with the same optimizers and trainer,
// as the rules of package train, but only of a chain of dense layers with the squared
// error: what models.MLP with Placement Before makes.
//
//	var rule train.Rule = &baselines.GeneRec{Settling: baselines.Settling{Steps: 50, Size: 0.1}}
//
// A network of another kind is an error that says what is in the way.
package baselines
