package graph

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/relax"
)

// Domain is the set of values that the data of a node may have, and the remedy for
// others. Data must be finite in any case. The zero value allows all finite values.
type Domain struct {
	// Min and Max are the inclusive bounds of every value, after rounding to the
	// network's precision. An infinity is no bound, and so are two zeros, unless Whole
	// is set. A Min of math.SmallestNonzeroFloat64 means above 0.
	Min, Max float64
	// Whole requires integers.
	Whole bool
	// Distribution requires rows, along the last axis of the node, of values from 0 to
	// 1 that sum to 1 within 1/1000, a tolerance for rows computed in single precision.
	// Min, Max and Whole are then ignored.
	Distribution bool
	// Blank also allows rows of zeros, which do not contribute to the energy: padding
	// of a sequence, samples without a label.
	Blank bool
	// Remedy is the advice in the error, such as "load pixels as 0 to 1".
	Remedy string
}

// Domained is an [Energy] or a [Prior] that is not defined for every value. Data
// clamped to its node must lie in the domain: anything else is an error of
// [Session.Clamp] and the like that names the node, the sample, the unit, the value and
// the remedy. Free activities are not checked.
//
// For the other nodes that an energy or a layer reads, see [Builder.Expect].
type Domained interface {
	Domain() Domain
}

// rowSlack is the tolerance of the sum of a distribution.
const rowSlack = 1e-3

// Expect declares the domain of the data of a node that a layer or an energy reads, as
// [Domained] does for the activity that an energy compares: symbols that are looked up,
// or a precision that arrives as data through [Builder.Activity]. It applies only where
// n is the activity of a node itself, not to values computed from activities. It
// returns an error if the domain is empty.
func (b *Builder) Expect(n *gorgonia.Node, d Domain) error {
	for i := range b.plan.acts {
		if n != nil && (n == b.plan.acts[i] || n == b.plan.still[i]) {
			return b.plan.expect(i, d, b.owner)
		}
	}
	return d.check()
}

// domainUse is a domain of a node and the layer, energy or prior that declared it.
type domainUse struct {
	Domain
	by string
}

// expect declares a domain for the data of node i, once per network.
func (p *plan) expect(i int, d Domain, by string) error {
	if err := d.check(); err != nil {
		return err
	}
	n := p.net
	if u := (domainUse{d, by}); !n.declared && d != (Domain{}) && !slices.Contains(n.domains[i], u) {
		n.domains[i] = append(n.domains[i], u)
	}
	return nil
}

// expectOf declares for node i the domain of an energy or a prior, if it has one.
func (p *plan) expectOf(i int, energy any, by string) error {
	d, ok := energy.(Domained)
	if !ok {
		return nil
	}
	err := p.expect(i, d.Domain(), fmt.Sprintf("%T of %s", energy, by))
	return errors.WithMessagef(err, "graph: %s", by)
}

func (d Domain) check() error {
	if !d.Distribution && !(d.Min <= d.Max) && (d.Min != 0 || d.Max != 0) {
		return errors.Errorf("domain from %v to %v holds no number; want Min at most Max", d.Min, d.Max)
	}
	return nil
}

// bounds returns the smallest and the largest value of the domain, if it is bounded.
func (d Domain) bounds() (lo, hi float64, ok bool) {
	switch {
	case d.Distribution:
		return 0, 1, true
	case d.Min == 0 && d.Max == 0 && !d.Whole:
		return 0, 0, false
	}
	return d.Min, d.Max, true
}

// firstOutside returns the index of the first element of x that, once rounded, is not
// in the domain, or −1. Row sums are not checked.
func (d Domain) firstOutside(p Precision, x relax.Vector) int {
	lo, hi, ok := d.bounds()
	if !ok {
		return -1
	}
	whole := d.Whole && !d.Distribution
	if f := x.Float32(); f != nil && !whole {
		return outside32(f, lo, hi)
	}
	for i := range x.Len() {
		v := x.At(i)
		if p == Float32 {
			v = float64(float32(v))
		}
		if !(v >= lo && v <= hi) || whole && v != math.Trunc(v) {
			return i
		}
	}
	return -1
}

// outside32 returns the index of the first element of x outside the bounds, or −1. The
// bounds are rounded inwards first, so that comparisons in float32 suffice.
func outside32(x []float32, lo, hi float64) int {
	low, high := float32(lo), float32(hi)
	if float64(low) < lo {
		low = math.Nextafter32(low, float32(math.Inf(1)))
	}
	if float64(high) > hi {
		high = math.Nextafter32(high, float32(math.Inf(-1)))
	}
	for i, v := range x {
		if !(v >= low && v <= high) {
			return i
		}
	}
	return -1
}

// want describes the values of the domain.
func (d Domain) want() string {
	what := "a number"
	if d.Whole && !d.Distribution {
		what = "a whole number"
	}
	lo, hi, _ := d.bounds()
	switch lower := !math.IsInf(lo, -1); {
	case lo == math.SmallestNonzeroFloat64 && math.IsInf(hi, 1):
		return what + " above 0"
	case lower && !math.IsInf(hi, 1):
		return fmt.Sprintf("%s from %v to %v", what, lo, hi)
	case lower:
		return fmt.Sprintf("%s of at least %v", what, lo)
	case !math.IsInf(hi, 1):
		return fmt.Sprintf("%s of at most %v", what, hi)
	}
	return what
}

// remedy returns the end of the error message.
func (u domainUse) remedy() string {
	if u.Remedy == "" {
		return "bring the data there, or use an energy that means them"
	}
	return u.Remedy
}

// checkDomains rejects a batch of data outside the domains of node i.
func (n *Network) checkDomains(i int, data relax.Vector) error {
	return n.checkUnits(i, data, func(k int) int { return k }, data.Len())
}

// checkUnits rejects data outside the domains of node i: element k belongs to unit
// at(k) of a batch of size units. Rows of a distribution with unknown units may sum to
// less than 1.
func (n *Network) checkUnits(i int, data relax.Vector, at func(k int) int, size int) error {
	d := n.decl.Nodes[i]
	units := d.Shape.Size()
	for _, u := range n.domains[i] {
		if k := u.firstOutside(n.settings.Precision, data); k >= 0 {
			return errors.Errorf("graph: node %q: data of sample %d, unit %d, got %s, want %s, which is what %s can mean; %s",
				d.Name, at(k)/units, at(k)%units, printed(data, k), u.want(), u.by, u.remedy())
		}
		if !u.Distribution {
			continue
		}
		width := d.Shape[len(d.Shape)-1]
		row, sum, complete := u.rowOutside(data, at, width, size/width)
		if row < 0 {
			continue
		}
		want := "1"
		switch {
		case !complete:
			want = "at most 1"
		case u.Blank:
			want = "1, or all 0"
		}
		first := row * width % units
		return errors.Errorf("graph: node %q: data of sample %d, units %d to %d, got numbers that add up to %.6g, want %s: a distribution, which is what %s can mean; %s",
			d.Name, row*width/units, first, first+width-1, sum, want, u.by, u.remedy())
	}
	return nil
}

// rowOutside returns the first of some rows that does not sum to 1, or −1, and whether
// all its units are known.
func (d Domain) rowOutside(data relax.Vector, at func(k int) int, width, rows int) (row int, sum float64, complete bool) {
	if data.Len() == width*rows { // the usual case, in order
		for row := range rows {
			sum := total(data.Slice(row*width, (row+1)*width))
			if !(math.Abs(sum-1) <= rowSlack) && !(d.Blank && sum == 0) {
				return row, sum, true
			}
		}
		return -1, 0, true
	}
	sums, count := make([]float64, rows), make([]int, rows)
	for k := range data.Len() {
		row := at(k) / width
		sums[row] += data.At(k)
		count[row]++
	}
	for row, sum := range sums {
		complete := count[row] == width
		if sum > 1+rowSlack || complete && sum < 1-rowSlack && !(d.Blank && sum == 0) {
			return row, sum, complete
		}
	}
	return -1, 0, true
}

// total is the sum of the elements, in double precision.
func total(v relax.Vector) float64 {
	if f := v.Float32(); f != nil {
		return sum(f)
	}
	return sum(v.Float64())
}

// sum adds in four independent parts, to hide the latency of the additions.
func sum[T float32 | float64](x []T) float64 {
	var part [4]float64
	for ; len(x) >= 4; x = x[4:] {
		part[0] += float64(x[0])
		part[1] += float64(x[1])
		part[2] += float64(x[2])
		part[3] += float64(x[3])
	}
	for _, v := range x {
		part[0] += float64(v)
	}
	return part[0] + part[1] + part[2] + part[3]
}

// printed formats element k of v as briefly as its precision allows.
func printed(v relax.Vector, k int) string {
	if f := v.Float32(); f != nil {
		return fmt.Sprint(f[k])
	}
	return fmt.Sprint(v.At(k))
}
