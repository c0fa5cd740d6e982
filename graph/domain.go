package graph

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/relax"
)

// Domain says which numbers the data of a node can be, and what to do about
// others. Finite numbers are asked for anyway. The zero value allows all of them.
type Domain struct {
	// Min and Max bound every number, both included, once it is rounded to the
	// network's precision. An infinity is no bound, and so are two zeros, unless
	// Whole is set. A Min of math.SmallestNonzeroFloat64 means above 0.
	Min, Max float64
	// Whole asks for whole numbers.
	Whole bool
	// Distribution asks for rows, along the last axis of the node, of numbers from 0
	// to 1 that add up to 1 within 1/1000, which leaves room for rows that were
	// computed in single precision. Min, Max and Whole are then not used.
	Distribution bool
	// Blank lets rows of zeros pass as well, which take no part in the energy: places
	// of a sequence that do not count, samples without a label.
	Blank bool
	// Remedy says in the error what to do, such as "load pixels as 0 to 1".
	Remedy string
}

// Domained is an [Energy] or a [Prior] that cannot mean every number. Data that
// are clamped to its node must lie in the domain: anything else is an error of
// [Session.Clamp] and its like that names the node, the sample, the unit, the
// number and the remedy. Activities that relax are not held to it.
//
// For what an energy or a layer reads beside that, see [Builder.Expect].
type Domained interface {
	Domain() Domain
}

// rowSlack is how far the sum of a distribution may be from 1.
const rowSlack = 1e-3

// Expect says what the data of a node that a layer or an energy reads must be, as
// [Domained] does for the activity that an energy compares: symbols that are looked
// up, or a precision that arrives as data through [Builder.Activity]. It holds where
// n is the activity of a node itself; what is computed from activities is not
// looked at. It returns an error if no number is in the domain.
func (b *Builder) Expect(n *gorgonia.Node, d Domain) error {
	for i := range b.plan.acts {
		if n != nil && (n == b.plan.acts[i] || n == b.plan.still[i]) {
			return b.plan.expect(i, d, b.owner)
		}
	}
	return d.check()
}

// domainUse is a domain of a node and who asked for it.
type domainUse struct {
	Domain
	by string
}

// expect holds the data of node i to a domain, once for each network.
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

// expectOf holds the data of node i to the domain of an energy or a prior, if it
// has one.
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

// bounds returns the least and the largest number, and whether there are any.
func (d Domain) bounds() (lo, hi float64, ok bool) {
	switch {
	case d.Distribution:
		return 0, 1, true
	case d.Min == 0 && d.Max == 0 && !d.Whole:
		return 0, 0, false
	}
	return d.Min, d.Max, true
}

// firstOutside returns the index of the first number of x that is not in the domain
// once it is rounded, or −1. Sums of rows are not looked at.
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

// outside32 returns the index of the first number of x that is not within bounds, or
// −1. The bounds are rounded inwards, so that comparing is all there is to do.
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

// want describes the numbers of the domain.
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

// remedy ends an error.
func (u domainUse) remedy() string {
	if u.Remedy == "" {
		return "bring the data there, or use an energy that means them"
	}
	return u.Remedy
}

// checkDomains rejects a whole batch of data that node i cannot mean.
func (n *Network) checkDomains(i int, data relax.Vector) error {
	return n.checkUnits(i, data, func(k int) int { return k }, data.Len())
}

// checkUnits rejects data that units of node i cannot mean: number k belongs to unit
// at(k) of a batch of size units. Rows of a distribution of which not all units are
// there may add up to less than 1.
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

// rowOutside returns the first of some rows whose sum is not that of a distribution,
// or −1, and whether all its units are there.
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

// total is the sum of the numbers, in double precision.
func total(v relax.Vector) float64 {
	if f := v.Float32(); f != nil {
		return sum(f)
	}
	return sum(v.Float64())
}

// sum adds up in four parts, which need not wait for one another.
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

// printed is number k of v as short as its precision allows.
func printed(v relax.Vector, k int) string {
	if f := v.Float32(); f != nil {
		return fmt.Sprint(f[k])
	}
	return fmt.Sprint(v.At(k))
}
