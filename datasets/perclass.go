package datasets

import (
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
)

// PerClass returns a view of exactly n random samples of each class of d, in their
// original order. Which ones is a function of rng alone. A class with fewer than n
// samples is an error that names it; so is n < 1.
func PerClass(d Dataset, n int, rng *rand.Rand) (Dataset, error) {
	groups, err := groupByClass("per class", d, n, rng)
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, errors.Errorf("datasets: per class: samples of each class, got %d, want at least 1", n)
	}
	for class, g := range groups {
		if len(g) < n {
			return nil, errors.Errorf("datasets: per class: samples of class %d, got %d, want %d: ask for at most %[2]d", class, len(g), n)
		}
	}
	return pick(d, groups, func(int) int { return n }, rng), nil
}

// PerClassPaper is the subset picker of the experiments of Song et al., off by one as
// theirs is: with n below a class's size it gives exactly n random samples of it, as
// [PerClass] does, but with n at or above the size, or n < 0 for "all", it drops one
// random sample of the class. Their "full" Fashion-MNIST is therefore 5,999 training and
// 999 test images a class. n = 0 is an error.
//
// Source: the authors' published code for Song et al., Inferring neural activity before
// plasticity as a foundation for learning beyond backpropagation, Nature Neuroscience 27
// (2024). Use it only to repeat those experiments.
func PerClassPaper(d Dataset, n int, rng *rand.Rand) (Dataset, error) {
	groups, err := groupByClass("per class (paper)", d, n, rng)
	if err != nil {
		return nil, err
	}
	size := func(class int) int {
		most := max(0, len(groups[class])-1)
		if n < 0 {
			return most
		}
		return min(n, most)
	}
	total := 0
	for class := range groups {
		total += size(class)
	}
	if total == 0 {
		return nil, errors.New("datasets: per class (paper): samples left after dropping one a class, got 0, want at least 1: use PerClass")
	}
	return pick(d, groups, size, rng), nil
}

// groupByClass checks the arguments and lists the indices of each class in order.
func groupByClass(what string, d Dataset, n int, rng *rand.Rand) ([][]int, error) {
	if err := checkClasses(what, d); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, errors.Errorf("datasets: %s: samples of each class, got 0, want at least 1", what)
	}
	if rng == nil {
		return nil, errors.Errorf("datasets: %s: rng, got nil, want a *rand.Rand", what)
	}
	counts, err := ClassCounts(d)
	if err != nil {
		return nil, err
	}
	groups := make([][]int, len(counts))
	for class, k := range counts {
		groups[class] = make([]int, 0, k)
	}
	for i := range d.Len() {
		groups[d.Label(i)] = append(groups[d.Label(i)], i)
	}
	return groups, nil
}

// pick draws size(class) of each group without replacement and restores the original
// order.
func pick(d Dataset, groups [][]int, size func(class int) int, rng *rand.Rand) Dataset {
	var chosen []int
	for class, g := range groups {
		k := size(class)
		for j := range k { // the first k steps of a Fisher-Yates shuffle
			r := j + rng.IntN(len(g)-j)
			g[j], g[r] = g[r], g[j]
		}
		chosen = append(chosen, g[:k]...)
	}
	slices.Sort(chosen)
	return newView(d, chosen)
}
