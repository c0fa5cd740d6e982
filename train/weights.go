package train

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/safetensors"
)

// layoutKey is the metadata key of a file's [Layout].
const layoutKey = "layout"

// WeightSettings maps a weight file, in the safetensors format, to the parameters and
// buffers of a network. The zero value is for files of [SaveWeights]: the names, the
// axes and the precision of the network.
//
// In a pattern, * matches any text, including none; everything else matches itself.
type WeightSettings struct {
	// Layout of the matrices and kernels in the file. Zero means the layout in the
	// file's metadata; if there is none, an ambiguous shape, such as a square matrix,
	// is an error. For [WeightSettings.Save] zero means LayoutProspect.
	Layout Layout `json:"layout,omitempty"`
	// Prefix of every name in the file, for example "model.". Tensors without it are
	// ignored. Empty means none.
	Prefix string `json:"prefix,omitempty"`
	// Names maps names of parameters and buffers of the network to names in the file,
	// without Prefix: "h1/weight": "fc1.weight". Names that are not listed are the same
	// in the file.
	Names map[string]string `json:"names,omitempty"`
	// Skip are patterns of names in the file, with Prefix, that are skipped, whatever
	// their type. Empty means that a tensor which the network lacks is an error.
	Skip []string `json:"skip,omitempty"`
	// Keep are patterns of names of the network that the file lacks and that stay
	// unchanged. Empty means that a missing name is an error. Save omits them.
	Keep []string `json:"keep,omitempty"`
	// Axes maps patterns of names of the network to the axes of the file in the order
	// of the network, for tensors that Layout does not describe: [1, 0] is a matrix
	// stored transposed. A name that matches two patterns is an error. Nil means that
	// Layout decides.
	Axes map[string][]int `json:"axes,omitempty"`
	// Convert allows a type in the file other than the network's precision: float64 is
	// rounded to float32, float32 widened, integers and booleans become floats. Without
	// it another type is an error; F16 and BF16 count as float32, to which they widen
	// exactly.
	Convert bool `json:"convert,omitempty"`
}

// LoadWeights sets the parameters and buffers of net from a checkpoint, given by its
// directory, or from a file of [SaveWeights], for a network that is not trained
// further. Names, shapes and precisions must match the network and every value must be
// finite; otherwise the error names the difference and nothing is changed.
// [WeightSettings.Load] reads files of other frameworks.
func LoadWeights(net *graph.Network, path string) error { return WeightSettings{}.Load(net, path) }

// SaveWeights writes the parameters and buffers of net to a file in the safetensors
// format, one tensor each, by name. The metadata says "layout": "prospect".
//
// A reader finds the complete old or new file. A weight that is NaN or infinite is an
// error and leaves the old file. [WeightSettings.Save] writes files for other
// frameworks.
func SaveWeights(net *graph.Network, path string) error { return WeightSettings{}.Save(net, path) }

// Load sets the parameters and buffers of net from a file, or from a checkpoint given
// by its directory. It is an error, which says what to set, if one of them is missing
// and not in Keep; if the file has a tensor that the network lacks and that is not in
// Skip; if a shape does not fit, with a hint if it fits transposed; if a shape is
// ambiguous; if the type differs and Convert is not set; if an element is NaN or
// infinite; and if Layout contradicts the metadata of the file. After an error nothing
// is changed.
func (s WeightSettings) Load(net *graph.Network, path string) error {
	if err := net.Sync(); err != nil { // or a device's weights would replace those of the file
		return err
	}
	r := newWeightReader(s, net, path)
	switch info, err := os.Stat(path); {
	case err == nil && info.Mode().IsRegular(), strings.HasSuffix(path, ".safetensors"):
	default: // a checkpoint, possibly being replaced
		dir, err := openCheckpoint(path)
		if err != nil {
			return err
		}
		r.ofCheckpoint(dir)
	}
	weights, err := r.read()
	if err != nil {
		return err
	}
	setWeights(net, weights)
	return nil
}

// Save writes the parameters and buffers of net to a file that Load reads with the same
// settings. Names that match Keep or Skip are omitted. Convert is ignored: the type is
// the network's precision. The metadata names the layout, unless Axes overrides it.
// Errors and interruptions are as for [SaveWeights].
func (s WeightSettings) Save(net *graph.Network, path string) error {
	if err := net.Sync(); err != nil {
		return err
	}
	if s.Layout == LayoutOfFile {
		s.Layout = LayoutProspect
	}
	r := newWeightReader(s, net, path)
	if err := r.check(); err != nil {
		return err
	}
	var f safetensors.File
	if len(s.Axes) == 0 {
		f.Metadata = map[string]string{layoutKey: s.Layout.String()}
	}
	used := map[string]string{}
	for _, name := range namesOf(net) {
		out := safetensors.Tensor{Name: r.nameInFile(name)}
		if matchesAny(s.Keep, name) || matchesAny(s.Skip, out.Name) {
			continue
		}
		if other, ok := used[out.Name]; ok {
			return r.fail("give each a name of its own in Names", "%s and %s are both %s in the file", other, name, out.Name)
		}
		used[out.Name] = name
		shape := r.values[name].Shape()
		order, err := r.order(name, len(shape))
		if err != nil {
			return err
		}
		order = inverse(order)
		out.Shape = ordered(shape, order)
		switch data := r.values[name].Data().(type) {
		case []float32:
			out.F32 = permute(data, shape, order)
		case []float64:
			out.F64 = permute(data, shape, order)
		}
		if err := checkFinite(out); err != nil {
			return errors.WithMessage(err, "train: weights")
		}
		f.Tensors = append(f.Tensors, out)
	}
	return safetensors.WriteFile(path, f)
}

// namesOf returns the names of the parameters and buffers in the network's order.
func namesOf(net *graph.Network) []string {
	var names []string
	for _, p := range net.Params() {
		names = append(names, p.Name)
	}
	for _, b := range net.Buffers() {
		names = append(names, b.Name)
	}
	return names
}

// matchesAny reports whether one of the patterns matches a name.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

// matches reports whether a pattern, in which * matches any text, matches a name.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == name
	}
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(name, part) // the leftmost match leaves the longest rest
		if !found {
			return false
		}
		name = after
	}
	return true
}

// ofCheckpoint makes r a reader of a checkpoint's weights.
func (r *weightReader) ofCheckpoint(dir string) {
	r.path = filepath.Join(dir, weightsFile)
	r.what = "checkpoint"
	if r.Layout == LayoutOfFile {
		r.Layout = LayoutProspect // older checkpoints do not say so
	}
}
