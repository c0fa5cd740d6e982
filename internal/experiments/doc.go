// Package experiments simulates the experiments of Song et al. 2024 that need no
// data set. Each is a struct of settings whose Run is a pure function of the
// settings and a seed. A function named Published returns the settings of the
// paper; a field that stands for an oddity of the published configuration says so,
// and has the clean protocol as its other choice.
package experiments
