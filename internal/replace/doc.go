// Package replace replaces Gorgonia's operations with Prospect's where Gorgonia's are
// wrong, draw random seeds from the clock, may end the process, or are slow, and
// refuses by name those that cannot be corrected. It is the only place that identifies
// Gorgonia's operations; see docs/operations.md, which a test of package graph writes.
//
// Most of Gorgonia's operations have unexported types, so they are identified by the
// names of their types, and their fields are read by reflection. That depends on the
// version of Gorgonia, which go.mod pins; the sweep in the tests of package graph fails
// if they change.
package replace
