// Package house holds no code: its tests hold the house rules, that is, which
// package may import which.
package house
