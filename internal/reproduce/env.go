package reproduce

import (
	"sync"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/experiments"
)

// Env is what the trials of a run share. It is safe for concurrent use: what it
// holds is read only.
type Env struct {
	// Options of the run.
	Options Options

	// limit, if above 0, is the most epochs or episodes of a trial, for tests.
	limit int

	mu       sync.Mutex // of what follows
	splits   map[string]*datasets.Split
	networks map[string]func() (experiments.Weights, error)
}

// NewEnv returns an environment for a run.
func NewEnv(o Options) *Env {
	return &Env{Options: o, splits: map[string]*datasets.Split{}, networks: map[string]func() (experiments.Weights, error){}}
}

// Split returns a data set with pixels in [0, 1], loaded once and held as
// float32 numbers, so that reading a sample is a copy.
func (e *Env) Split(name string) (*datasets.Split, error) { return e.split(name, name, "unit") }

// Standardized is Split with the customary mean and deviation of the pixels.
func (e *Env) Standardized(name string) (*datasets.Split, error) {
	return e.split(standardized(name), name, name)
}

// standardized is what [Env.Standardized] keeps a data set under.
func standardized(name string) string { return name + ", standardized" }

func (e *Env) split(key, name, normalization string) (*datasets.Split, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.splits[key]; ok {
		return s, nil
	}
	unit := datasets.Standard(normalization)
	s, err := datasets.Load(name, datasets.LoadSettings{Dir: e.Options.DataDir, Normalization: &unit})
	if err != nil {
		return nil, err
	}
	if s.Train, err = inMemory(s.Train); err != nil {
		return nil, err
	}
	if s.Test, err = inMemory(s.Test); err != nil {
		return nil, err
	}
	e.splits[key] = s
	return s, nil
}

// inMemory reads a data set into float32 numbers.
func inMemory(d datasets.Dataset) (datasets.Dataset, error) {
	size := datasets.SampleSize(d)
	x, labels := make([]float32, d.Len()*size), make([]int, d.Len())
	for i := range labels {
		d.Read(i, x[i*size:(i+1)*size])
		labels[i] = d.Label(i)
	}
	return datasets.NewFloats(d.Shape(), d.Classes(), x, labels)
}

// Weights returns the weights of that name, made once by a run of make.
func (e *Env) Weights(name string, build func() (experiments.Weights, error)) (experiments.Weights, error) {
	e.mu.Lock()
	f, ok := e.networks[name]
	if !ok {
		f = sync.OnceValues(build)
		e.networks[name] = f
	}
	e.mu.Unlock()
	return f()
}

// epochs returns how many epochs a trial runs that should run n.
func (e *Env) epochs(n int) int {
	if e.limit > 0 {
		return min(n, e.limit)
	}
	return n
}
