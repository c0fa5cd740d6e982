package experiments

import (
	"math/rand/v2"

	"github.com/seed-be841da4/prospect/datasets"
)

// Picking is how images of each class are picked.
type Picking struct {
	// DropOne picks as the published programs do: asked for all images of a class,
	// their picker drops a random one. Otherwise all are all.
	DropOne bool `json:"drop_one"`
}

// pick picks n random samples of each class, all if n < 0.
func (p Picking) pick(d datasets.Dataset, n int, rng *rand.Rand) (datasets.Dataset, error) {
	if p.DropOne {
		return datasets.PerClassPaper(d, n, rng)
	}
	counts, err := datasets.ClassCounts(d)
	if err != nil {
		return nil, err
	}
	for _, k := range counts {
		if n < 0 || n >= k {
			return d, nil
		}
	}
	return datasets.PerClass(d, n, rng)
}

// relabelled is a data set with other labels.
type relabelled struct {
	datasets.Dataset
	to      []int
	classes int
}

// Classes returns the number of labels.
func (r *relabelled) Classes() int { return r.classes }

// Label returns the new label of sample i.
func (r *relabelled) Label(i int) int { return r.to[r.Dataset.Label(i)] }
