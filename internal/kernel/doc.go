// Package kernel holds the inner loops of relaxation.
package kernel

//go:generate go run ./gen
