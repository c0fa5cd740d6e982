// Package replace puts operations of Prospect's into the place of Gorgonia's where
// those are wrong, draw from the clock, may end the process, or are slow, and
// refuses by name what cannot be put right. It is the one place that knows which of
// Gorgonia's operations are which; see docs/operations.md, which a test of package
// graph writes.
//
// Operations of Gorgonia's are mostly of unexported types, so they are known by the
// names of their types, and what they hold is read by reflection. That is tied to
// the version of Gorgonia, which go.mod pins; the sweep in the tests of package graph
// fails where they differ.
package replace
