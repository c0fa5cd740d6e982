// Package pjrt is a client of XLA through the C interface of PJRT, without cgo. A plugin
// is a shared library with one exported function, GetPjrtApi, which returns a table of
// function pointers; each takes one pointer to a struct of arguments.
//
// The package loads nothing by itself: package xla gives it the three functions of a
// dynamic loader ([Use]), so that a program that does not import that package stays a
// static binary.
//
// A [Plugin] stays loaded for the life of the process. A [Client] owns the devices of a
// plugin, an [Executable] a compiled program and a [Buffer] an array on a device. The
// latter two are freed by Close, or else when the garbage collector finds them; [Live]
// counts them. Calls may come from any goroutine.
package pjrt
