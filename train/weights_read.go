package train

import (
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/safetensors"
)

// weightReader reads a weight file for a network.
type weightReader struct {
	WeightSettings
	net  *graph.Network
	path string
	what string // "weights" or "checkpoint", for messages

	values map[string]*tensor.Dense // of the network, by name
	axes   map[string]graph.Axes    // of its parameters
}

func newWeightReader(s WeightSettings, net *graph.Network, path string) *weightReader {
	r := &weightReader{WeightSettings: s, net: net, path: path, what: "weights", values: weightsOf(net), axes: map[string]graph.Axes{}}
	for _, p := range net.Params() {
		r.axes[p.Name] = p.Axes
	}
	return r
}

// fail returns an error that names the file, with a remedy.
func (r *weightReader) fail(remedy, format string, args ...any) error {
	if r.what == "checkpoint" {
		remedy = "the checkpoint is of another network"
	}
	return errors.Errorf("train: "+r.what+": %s: "+format+"; %s", slices.Concat([]any{r.path}, args, []any{remedy})...)
}

// read returns the value of every parameter and buffer of the network that is not in
// Keep, in its shape and precision.
func (r *weightReader) read() (map[string]*tensor.Dense, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, name := range namesOf(r.net) {
		if !matchesAny(r.Keep, name) {
			wanted[r.nameInFile(name)] = true
		}
	}
	var all, extra []string
	f, err := safetensors.ReadFileSelected(r.path, func(t safetensors.Info) bool {
		all = append(all, t.Name)
		switch {
		case !strings.HasPrefix(t.Name, r.Prefix) || matchesAny(r.Skip, t.Name):
			return false
		case !wanted[t.Name]:
			extra = append(extra, t.Name)
		}
		return wanted[t.Name]
	})
	if err != nil {
		return nil, errors.WithMessagef(err, "train: %s", r.what)
	}
	if err := r.settleLayout(f.Metadata); err != nil {
		return nil, err
	}
	tensors := make(map[string]safetensors.Tensor, len(f.Tensors))
	for _, t := range f.Tensors {
		tensors[t.Name] = t
	}
	out := map[string]*tensor.Dense{}
	for _, name := range namesOf(r.net) {
		if matchesAny(r.Keep, name) {
			continue
		}
		t, ok := tensors[r.nameInFile(name)]
		if !ok {
			return nil, r.missing(name, all)
		}
		if out[name], err = r.value(name, t); err != nil {
			return nil, err
		}
	}
	if len(extra) > 0 {
		return nil, r.fail("map it in Names, or pass it over with Skip", "got parameter %s, which the network lacks", extra[0])
	}
	return out, nil
}

// missing is the error of a name that the file lacks; all are the file's names.
func (r *weightReader) missing(name string, all []string) error {
	have := "nothing"
	if len(all) > 0 {
		have = strings.Join(all[:min(len(all), 12)], ", ")
	}
	if len(all) > 12 {
		have += ", ..."
	}
	return r.fail("map it in Names, set Prefix, or keep the network's own with Keep", "%s %s is missing as %q; the file has %s",
		kindOf(r.net, name), name, r.nameInFile(name), have)
}

// check rejects inconsistent settings.
func (r *weightReader) check() error {
	names := namesOf(r.net)
	if r.Layout < 0 || int(r.Layout) >= len(layoutNames) {
		return errors.Errorf("train: %s: Layout, got %d, want one of the constants", r.what, r.Layout)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Names)) {
		if !slices.Contains(names, name) {
			return errors.Errorf("train: %s: Names: the network has no %q; its names are %s", r.what, name, strings.Join(names, ", "))
		}
	}
	for _, pattern := range slices.Concat(r.Keep, slices.Sorted(maps.Keys(r.Axes))) {
		if !slices.ContainsFunc(names, func(name string) bool { return matches(pattern, name) }) {
			return errors.Errorf("train: %s: Keep or Axes: pattern %q matches no name of the network; they are %s", r.what, pattern, strings.Join(names, ", "))
		}
	}
	for pattern, order := range r.Axes {
		sorted := slices.Sorted(slices.Values(order))
		if !slices.Equal(sorted, identity(len(order))) {
			return errors.Errorf("train: %s: Axes: %q, got %v, want each axis from 0 once, for example [1 0]", r.what, pattern, order)
		}
	}
	return nil
}

// nameInFile returns the name in the file of a name of the network.
func (r *weightReader) nameInFile(name string) string {
	if other, ok := r.Names[name]; ok {
		name = other
	}
	return r.Prefix + name
}

// settleLayout reconciles the layout with the file's metadata.
func (r *weightReader) settleLayout(metadata map[string]string) error {
	said, ok := metadata[layoutKey]
	if !ok {
		return nil
	}
	var of Layout
	switch err := of.UnmarshalText([]byte(said)); {
	case err != nil && r.Layout == LayoutOfFile:
		return r.fail("set Layout to what it is", "metadata: layout, got %q, want prospect, pytorch or keras", said)
	case err != nil, of == LayoutOfFile, of == r.Layout:
	case r.Layout == LayoutOfFile:
		r.Layout = of
	default:
		return r.fail("leave Layout empty, or correct the file", "metadata: layout, got %q, but Layout is %v", said, r.Layout)
	}
	return nil
}

// order returns the order of axes that Axes or a known layout gives for a name, nil if
// the layout is unknown.
func (r *weightReader) order(name string, rank int) ([]int, error) {
	var found []int
	by := ""
	for _, pattern := range slices.Sorted(maps.Keys(r.Axes)) {
		if !matches(pattern, name) {
			continue
		}
		if by != "" {
			return nil, errors.Errorf("train: %s: Axes: %q and %q both match %s; want one pattern for it", r.what, by, pattern, name)
		}
		found, by = r.Axes[pattern], pattern
	}
	switch {
	case by != "" && len(found) != rank:
		return nil, errors.Errorf("train: %s: Axes: %q, got %v for %s, which has %d axes", r.what, by, found, name, rank)
	case by != "":
		return found, nil
	case r.Layout == LayoutOfFile:
		return nil, nil
	}
	if found = r.Layout.order(r.axes[name], rank); found == nil {
		return nil, r.fail(`list it in Axes, for example "`+name+`": [1, 0] if it stands transposed`,
			"%s %s: its layer does not say what its axes are, so layout %v does not tell their order", kindOf(r.net, name), name, r.Layout)
	}
	return found, nil
}

// fit returns the order of axes that maps a shape of the file to the network's.
func (r *weightReader) fit(name string, t safetensors.Tensor, want []int) ([]int, error) {
	got := t.Shape
	misfit := func(remedy string) error {
		return r.fail(remedy, "%s %s, got %s %v, want %v %v", kindOf(r.net, name), name, stored(t), tensor.Shape(got), r.values[name].Dtype(), tensor.Shape(want))
	}
	order, err := r.order(name, len(want))
	if err != nil {
		return nil, err
	}
	if len(got) != len(want) {
		return nil, misfit("it is a parameter of another layer; map the right one in Names")
	}
	if order != nil {
		if !slices.Equal(ordered(got, order), want) {
			return nil, misfit(r.hint(name, got, want))
		}
		return order, nil
	}
	var fits [][]int
	for _, o := range orders(r.axes[name], len(want)) {
		if slices.Equal(ordered(got, o), want) {
			fits = append(fits, o)
		}
	}
	ambiguous := len(fits) > 1 && slices.ContainsFunc(fits, func(o []int) bool { return moves(got, o) })
	switch {
	case ambiguous:
		return nil, r.fail(`set Layout to prospect or keras (in×out), to pytorch (out×in), or Axes`,
			"%s %s: shape %v reads in two ways, and the metadata of the file names no layout", kindOf(r.net, name), name, tensor.Shape(got))
	case len(fits) == 0 || moves(got, fits[0]):
		return nil, misfit(r.hint(name, got, want))
	}
	return fits[0], nil
}

// hint says what to set for a shape that does not fit.
func (r *weightReader) hint(name string, got, want []int) string {
	axes := r.axes[name]
	for l := LayoutProspect; l <= LayoutKeras; l++ {
		if o := l.order(axes, len(want)); l != r.Layout && o != nil && slices.Equal(ordered(got, o), want) {
			return "it fits in the layout " + l.String() + ": set Layout, or Axes for this one"
		}
	}
	if reversed := slices.Clone(got); axes == graph.AxesUnknown {
		if slices.Reverse(reversed); slices.Equal(reversed, want) {
			return "it fits transposed: set Axes"
		}
	}
	return "it is a parameter of another size, or of another layer; map the right one in Names"
}
