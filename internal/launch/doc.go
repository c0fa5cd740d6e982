// Package launch writes relaxations as loops of a program for a device, so that a whole
// relaxation, or a whole update with its weight step, is one launch. It has the formulas
// of package relax in the words of package hlo; what it does not know runs step by step.
package launch
