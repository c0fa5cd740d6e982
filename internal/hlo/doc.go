// Package hlo writes programs for XLA as text, in StableHLO, from the expression graphs
// of package engine.
//
// A [Builder] writes one module. A [Scope] is a place in it where statements are written,
// with the values of the inputs there: [Scope.Value] writes what a value of the graph
// needs and returns a [Ref] to it. A scope within a scope gives some inputs other values,
// because a stage has replaced them or because a loop carries them; what does not depend
// on those is written, once, in the outer scope, so that a loop computes only what
// changes.
package hlo
