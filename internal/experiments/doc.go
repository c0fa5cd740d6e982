// Package experiments runs the experiments of Song et al. 2024. Each is a struct of
// settings whose Run is a pure function of the settings, of a data set where it needs
// one, and of a seed. A function named Published returns the settings of the
// paper; a field that stands for an oddity of the published configuration says so,
// and has the clean protocol as its other choice.
package experiments
