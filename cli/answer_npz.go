package cli

import (
	"bytes"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
	"github.com/seed-be841da4/prospect/internal/npz"
)

// The names of the arrays of --npz: those of a node's activity and prediction have the
// node's name behind a slash.
const (
	npzNodes       = "nodes/"
	npzPredictions = "predictions/"
	npzEnergies    = "energies"
	npzScores      = "scores"
	npzClasses     = "classes"
	npzTruth       = "truth"
)

// saveArrays writes the answer as a file of NumPy.
func (a *answer) saveArrays(path string) error {
	arrays, err := a.arrays()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := npz.Write(&b, arrays); err != nil {
		return errors.WithMessage(err, "--npz")
	}
	return errors.WithMessage(atomicfile.WriteFile(path, b.Bytes(), 0o666), "--npz")
}

// arrays are those of the answer, the samples along the first axis.
func (a *answer) arrays() ([]npz.Array, error) {
	var out []npz.Array
	if guesses := a.Guesses(); guesses != nil {
		out = append(out, integers(npzClasses, guesses))
	}
	if a.Truth != nil {
		out = append(out, integers(npzTruth, a.Truth))
	}
	if a.cmd.Score {
		var all []float64
		for _, row := range a.Scores {
			all = append(all, row...)
		}
		return append(out, npz.New(npzScores, []int{len(a.Scores), len(all) / len(a.Scores)}, all)), nil
	}
	for _, name := range a.read {
		v, err := a.Values(name)
		if err != nil {
			return nil, err
		}
		if out, err = a.appendActivity(out, npzNodes, name, v); err != nil {
			return nil, err
		}
	}
	for _, name := range a.cmd.Predict {
		v, err := a.Values(name)
		if err != nil {
			return nil, err
		}
		if out, err = a.appendActivity(out, npzPredictions, name, v); err != nil {
			return nil, err
		}
	}
	if a.cmd.Energy {
		out = append(out, npz.New(npzEnergies, []int{a.Samples}, a.Energies()))
	}
	return out, nil
}

// appendActivity adds numbers of a node in the network's precision.
func (a *answer) appendActivity(out []npz.Array, prefix, name string, v []float64) ([]npz.Array, error) {
	n, err := a.Net.Node(name)
	if err != nil {
		return nil, err
	}
	shape := append([]int{a.Samples}, n.Shape...)
	if a.Double() {
		return append(out, npz.New(prefix+name, shape, v)), nil
	}
	short := make([]float32, len(v))
	for i, x := range v {
		short[i] = float32(x)
	}
	return append(out, npz.New(prefix+name, shape, short)), nil
}

func integers(name string, values []int) npz.Array {
	long := make([]int64, len(values))
	for i, x := range values {
		long[i] = int64(x)
	}
	return npz.New(name, []int{len(values)}, long)
}
