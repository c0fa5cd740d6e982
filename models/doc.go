// Package models declares common networks from a few settings. A model is plain
// data with a Declaration method, so it can be printed in a run's manifest and
// changed before it is built.
package models
