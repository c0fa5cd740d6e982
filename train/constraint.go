package train

import (
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// NonNegative sets negative weights to 0, for a [Chain], behind the optimizer.
type NonNegative struct {
	// Match is a pattern of the parameters, as that of [Group]. Empty means all weights:
	// parameters of two or more axes.
	Match string `json:"match,omitempty"`
}

// Step implements [Optimizer].
func (c NonNegative) Step(params []*graph.Param, _ float64) error {
	return constrain("non-negative", params, c.Match, func(p *graph.Param) error {
		v := p.Values()
		for i := range v.Len() {
			if v.At(i) < 0 {
				v.Set(i, 0)
			}
		}
		return nil
	})
}

// Dale holds weights to Dale's law, for a [Chain], behind the optimizer: a unit excites
// all that it projects to, or inhibits all. The first round(Excitatory·n) of the n units
// that weights come from excite; a weight of the other sign becomes 0.
//
// Source: Dale (1935); as a constraint of trained networks, Song, Yang and Wang (2016),
// "Training excitatory-inhibitory recurrent neural networks for cognitive tasks".
type Dale struct {
	// Match is a pattern of the parameters, as that of [Group]. Empty means all weights
	// whose layer declares their axes.
	Match string `json:"match,omitempty"`
	// Excitatory is the fraction of units that excite, in [0, 1]. Zero means 0.8, as in
	// cortex; use NoneExcite for none.
	Excitatory float64 `json:"excitatory,omitempty"`
	// NoneExcite makes all units inhibit.
	NoneExcite bool `json:"none_excite,omitempty"`
}

// Step implements [Optimizer].
func (c Dale) Step(params []*graph.Param, _ float64) error {
	if err := checkRange("Dale", "Excitatory", c.Excitatory, 0, math.Nextafter(1, 2)); err != nil {
		return err
	}
	fraction := orDefault(c.Excitatory, 0.8)
	if c.NoneExcite {
		fraction = 0
	}
	return constrain("Dale", params, c.Match, func(p *graph.Param) error {
		axis, err := axisOf(p, false)
		if err != nil {
			return err
		}
		excite := int(math.Round(fraction * float64(p.Value.Shape()[axis])))
		v := p.Values()
		eachUnit(p, axis, func(unit, i int) {
			if x := v.At(i); x < 0 && unit < excite || x > 0 && unit >= excite {
				v.Set(i, 0)
			}
		})
		return nil
	})
}

// MaxNorm scales the weights of a unit down so that their norm is at most Max, for a
// [Chain], behind the optimizer. The weights of a unit are those that it receives.
//
// Source: Srivastava et al. (2014), "Dropout", section 5.1.
type MaxNorm struct {
	// Match is a pattern of the parameters, as that of [Group]. Empty means all weights
	// whose layer declares their axes.
	Match string `json:"match,omitempty"`
	// Max is the largest norm. Zero is an error.
	Max float64 `json:"max"`
	// Exactly scales the weights up as well, so that the norm is Max: weight
	// normalisation. A unit all of whose weights are 0 stays so.
	Exactly bool `json:"exactly,omitempty"`
}

// Step implements [Optimizer].
func (c MaxNorm) Step(params []*graph.Param, _ float64) error {
	if !(c.Max > 0) || math.IsInf(c.Max, 0) {
		return errors.Errorf("train: max norm: Max, got %v, want a positive finite number", c.Max)
	}
	return constrain("max norm", params, c.Match, func(p *graph.Param) error {
		axis, err := axisOf(p, true)
		if err != nil {
			return err
		}
		v := p.Values()
		squares := make([]float64, p.Value.Shape()[axis])
		eachUnit(p, axis, func(unit, i int) { squares[unit] += v.At(i) * v.At(i) })
		eachUnit(p, axis, func(unit, i int) {
			norm := math.Sqrt(squares[unit])
			if norm > c.Max || c.Exactly && norm > 0 {
				v.Set(i, v.At(i)*(c.Max/norm))
			}
		})
		return nil
	})
}

// constrain applies a constraint to the parameters that match.
func constrain(what string, params []*graph.Param, match string, apply func(p *graph.Param) error) error {
	found := false
	for _, p := range params {
		ok := match == "" && p.Value.Dims() > 1 && (p.Axes != graph.AxesUnknown || what == "non-negative") && p.Axes != graph.AxesTable
		if match != "" {
			ok = matchesParam(match, p.Name)
		}
		if !ok {
			continue
		}
		found = true
		if err := apply(p); err != nil {
			return errors.WithMessagef(err, "train: %s", what)
		}
		p.Changed()
	}
	if !found && len(params) > 0 {
		return errors.Errorf("train: %s: Match, got %q, which is of no parameter; the parameters are %s", what, match, names(params))
	}
	return nil
}

// axisOf returns the axis of the units that weights go to, or come from.
func axisOf(p *graph.Param, to bool) (int, error) {
	first := map[graph.Axes]bool{graph.AxesOutIn: true, graph.AxesKernel: true} // the units that weights go to come first
	switch p.Axes {
	case graph.AxesInOut, graph.AxesOutIn, graph.AxesKernel, graph.AxesKernelTransposed:
	default:
		return 0, errors.Errorf("parameter %s: its layer does not declare which of its axes are inputs and outputs; set Match to others, or ParamSpec.Axes in the layer", p.Name)
	}
	if first[p.Axes] == to {
		return 0, nil
	}
	return 1, nil
}

// eachUnit calls f with every element and the unit of an axis that it belongs to.
func eachUnit(p *graph.Param, axis int, f func(unit, i int)) {
	shape := p.Value.Shape()
	inner := 1
	for _, n := range shape[axis+1:] {
		inner *= n
	}
	for i := range p.Value.DataSize() {
		f(i/inner%shape[axis], i)
	}
}
