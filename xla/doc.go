// Package xla lets a program load accelerators for [graph.XLA]: import it for its effect
// in the main package,
//
//	import _ "github.com/seed-be841da4/prospect/xla"
//
// It gives package pjrt the dynamic loader of the system, by purego and without cgo. That
// makes the binary depend on the system's C library, which is why it is a package of its
// own: a program without it is static, and its graph.XLA returns an error. So does one
// for a system without a loader, such as a browser, and one that is built without cgo
// (CGO_ENABLED=0, or no C compiler), which stays static unless the tag "dynamic" says
// otherwise. No C compiler is needed for either.
//
// [graph.XLA]: https://pkg.go.dev/github.com/seed-be841da4/prospect/graph#XLA
package xla
