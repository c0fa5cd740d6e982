// Package kinds is the registry of everything in Prospect that has a name: models,
// layers, energies, priors, initialisers, learning rules, solvers, step controls, stops,
// optimizers, schedules and engines.
//
// What reads a name reads it here: files in TOML (package modelfile), JSON, the command
// line, and the messages that list what there is. A user's own kinds are added to the
// registry and work in all of them:
//
//	r := kinds.Standard()
//	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "radial", Value: Radial{}, Help: "radial basis functions"})
//
// A kind's settings are the exported fields of its type, by the names of their JSON tags.
// [Registry.Marshal] writes any value made of kinds, such as a graph.Declaration, a rule
// or a train.Trainer, as JSON from which [Registry.Unmarshal] reads an equal one. [Parse]
// and [Format] do the same with one word, as command lines have it; see [Spec].
//
// Upper and lower case are equal in names, and hyphens, underscores and spaces do not
// count. A name that is not known gets an error with the known ones and the nearest.
package kinds
