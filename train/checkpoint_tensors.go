package train

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/safetensors"
)

// weightsOf returns the values of the parameters and buffers by name, not copied.
func weightsOf(net *graph.Network) map[string]*tensor.Dense {
	out := make(map[string]*tensor.Dense, len(net.Params()))
	for _, p := range net.Params() {
		out[p.Name] = p.Value
	}
	for _, b := range net.Buffers() {
		out[b.Name] = b.Value
	}
	return out
}

// kindOf returns the kind of a name of weightsOf, for messages.
func kindOf(net *graph.Network, name string) string {
	if _, err := net.Param(name); err != nil {
		return "buffer"
	}
	return "parameter"
}

// setWeights copies matching weights into the parameters and buffers; those that are
// missing stay unchanged.
func setWeights(net *graph.Network, weights map[string]*tensor.Dense) {
	for name, value := range weightsOf(net) {
		if weights[name] == nil {
			continue
		}
		switch dst := value.Data().(type) {
		case []float32:
			copy(dst, weights[name].Float32s())
		case []float64:
			copy(dst, weights[name].Float64s())
		}
	}
	net.ParamsChanged()
}

// writeTensors writes tensors to a file with the given metadata. A value that is not
// finite is an error, because no run could continue from it.
func writeTensors(path string, tensors map[string]*tensor.Dense, metadata map[string]string) error {
	f, err := tensorFile(tensors, metadata)
	if err != nil {
		return err
	}
	return safetensors.WriteFile(path, f)
}

// tensorFile returns tensors as the content of a file.
func tensorFile(tensors map[string]*tensor.Dense, metadata map[string]string) (safetensors.File, error) {
	f := safetensors.File{Metadata: metadata}
	for name, t := range tensors {
		out := safetensors.Tensor{Name: name, Shape: slices.Clone([]int(t.Shape()))}
		switch data := t.Data().(type) {
		case []float32:
			out.F32 = data
		case []float64:
			out.F64 = data
		default:
			return f, errors.Errorf("train: checkpoint: tensor %s: precision, got %v, want float32 or float64", name, t.Dtype())
		}
		if err := checkFinite(out); err != nil {
			return f, errors.WithMessage(err, "train: checkpoint")
		}
		f.Tensors = append(f.Tensors, out)
	}
	return f, nil
}

// readTensors reads a file of writeTensors.
func readTensors(path string) (map[string]*tensor.Dense, error) {
	f, err := safetensors.ReadFile(path)
	if err != nil {
		return nil, errors.WithMessage(err, "train: checkpoint")
	}
	return tensorsOf(f, path)
}

// tensorsOf returns the tensors of a file.
func tensorsOf(f safetensors.File, path string) (map[string]*tensor.Dense, error) {
	out := make(map[string]*tensor.Dense, len(f.Tensors))
	for _, t := range f.Tensors {
		if err := checkFinite(t); err != nil {
			return nil, errors.WithMessagef(err, "train: checkpoint: %s", path)
		}
		switch {
		case t.Len() == 0 || len(t.Shape) == 0:
			return nil, errors.Errorf("train: checkpoint: %s: tensor %s: shape, got %v, want at least one axis and one number", path, t.Name, t.Shape)
		case t.F32 != nil:
			out[t.Name] = tensor.New(tensor.WithShape(t.Shape...), tensor.WithBacking(t.F32))
		case t.F64 != nil:
			out[t.Name] = tensor.New(tensor.WithShape(t.Shape...), tensor.WithBacking(t.F64))
		default:
			return nil, errors.Errorf("train: checkpoint: %s: tensor %s: type, got %s, want F32 or F64", path, t.Name, t.DType())
		}
	}
	return out, nil
}

// checkFinite returns an error that names the first element of t that is NaN or
// infinite.
func checkFinite(t safetensors.Tensor) error {
	i, x := firstNonFinite(t.F32)
	if i < 0 {
		i, x = firstNonFinite(t.F64)
	}
	if i < 0 {
		return nil
	}
	what := "infinite"
	if math.IsNaN(x) {
		what = "NaN"
	}
	return errors.Errorf("tensor %s: element %d is %s, want a finite number; the run diverged, use an earlier checkpoint or a lower learning rate", t.Name, i, what)
}
