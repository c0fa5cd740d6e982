// Package modelfile reads networks declared in TOML: nodes, predictions, layers
// and energies, an arbitrary graph without a line of Go.
//
//	input  = "x"                        # the default
//	target = "y"                        # the default
//
//	[[node]]
//	name  = "x"
//	shape = [28, 28]
//
//	[[node]]
//	name  = "h"
//	shape = 64
//	prior = {kind = "l1", weight = 0.001}
//
//	[[node]]
//	name  = "y"
//	shape = 10
//
//	[[prediction]]
//	of    = "h"
//	from  = "x"
//	layer = ["flatten", {kind = "dense", out = 64, weight = "xavier-normal"}]
//
//	[[prediction]]
//	of     = "y"
//	from   = "h"
//	layer  = ["tanh", {kind = "dense", out = 10}]
//	energy = {kind = "gaussian", precision = 2}
//
// The network is trained with input and target clamped to the data; target = ""
// means that there is none.
//
// The keys of a node and of a prediction are those of [graph.Node] and [graph.Prediction]
// in JSON: name, shape, prior and data; of, from, name, share, amortised, layer and
// energy. A layer, energy, prior or initialiser is its kind alone, or a table of the kind
// and the fields of its Go type by their JSON names; a list of layers is a
// layers.Sequential. Where a list is wanted, one value that is not a list is a list of
// one.
//
// In place of nodes and predictions, or before them, a file may name a model of
// package models with its settings:
//
//	model = {kind = "mlp", widths = [784, 64, 10], activation = "tanh"}
//
// The names of the kinds are in the tables of kinds.Standard; a program may add its
// own.
//
// Every error is an [Error], which names the file and the line; also those that
// only [graph.New] finds, such as a shape that does not fit.
package modelfile
