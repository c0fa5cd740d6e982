package experiments

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/torchrand"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// labelled returns samples of one number, their index, with the labels.
func labelled(t *testing.T, labels ...int) datasets.Dataset {
	t.Helper()
	x := make([]float32, len(labels))
	for i := range x {
		x[i] = float32(i)
	}
	d, err := datasets.NewFloats([]int{1}, 2, x, labels)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// samples reads the numbers of a dataset.
func samples(d datasets.Dataset) []float32 {
	out := make([]float32, d.Len())
	for i := range out {
		d.Read(i, out[i:i+1])
	}
	return out
}

// The weights of all layers are drawn by default before any is drawn anew; a matrix has
// the rows of PyTorch as columns.
func TestTorchDrawsAllLayersTwice(t *testing.T) {
	c := chain{widths: []int{3, 2, 4}, init: XavierUniform}
	net, err := c.new(settings(graph.Float32, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.redraw(net, Torch, torchrand.New(7)); err != nil {
		t.Fatal(err)
	}
	g := torchrand.New(7)
	g.Uniform(make([]float32, 6+8), 0, 1) // nn.Linear(3, 2) and (2, 4)
	for i, shape := range [][2]int{{3, 2}, {2, 4}} {
		in, out := shape[0], shape[1]
		want, w := make([]float32, in*out), net.Params()[i].Values()
		g.XavierUniform(want, in, out, 1)
		for row := range out {
			for column := range in {
				if got := w.At(column*out + row); got != float64(want[row*in+column]) {
					t.Errorf("layer %d, output %d, input %d: got %v, want %v", i+1, row, column, got, want[row*in+column])
				}
			}
		}
	}
}

func TestTorchUlpMovesOneWeight(t *testing.T) {
	c := chain{widths: []int{3, 2}, init: XavierNormal}
	var w [2][]float64
	for i, d := range []Draws{Torch, TorchUlp} {
		net, err := c.new(settings(graph.Float32, 1))
		if err == nil {
			err = c.redraw(net, d, torchrand.New(7))
		}
		if err != nil {
			t.Fatal(err)
		}
		for j := range 6 {
			w[i] = append(w[i], net.Params()[0].Values().At(j))
		}
	}
	if next := math.Nextafter32(float32(w[0][0]), math.MaxFloat32); w[1][0] != float64(next) {
		t.Errorf("got %v, want %v", w[1][0], next)
	}
	if diff := cmp.Diff(w[0][1:], w[1][1:]); diff != "" {
		t.Errorf("others moved, too: %s", diff)
	}
}

// Class after class, each in the original order; one is dropped where all are asked for.
func TestTorchSubset(t *testing.T) {
	d := labelled(t, 1, 0, 1, 0, 0, 1, 1, 0)
	for _, n := range []int{2, 3, 4, -1} {
		got, err := torchSubset(torchrand.New(3), d, n)
		if err != nil {
			t.Fatal(err)
		}
		g := torchrand.New(3)
		kept := map[float32]bool{}
		for _, members := range [][]float32{{1, 3, 4, 7}, {0, 2, 5, 6}} {
			most := n
			if n < 0 || n > 3 {
				most = 3
			}
			for _, k := range g.Permutation(4)[:most] {
				kept[members[k]] = true
			}
		}
		var want []float32
		for _, x := range []float32{1, 3, 4, 7, 0, 2, 5, 6} {
			if kept[x] {
				want = append(want, x)
			}
		}
		if diff := cmp.Diff(want, samples(got)); diff != "" {
			t.Errorf("%d of each class: %s", n, diff)
		}
	}
}

// An epoch of the training set draws before one of the test set; asked for again, it is
// the same.
func TestTorchLoadersTakeTurns(t *testing.T) {
	l := &torchLoaders{generator: torchrand.New(9), data: labelled(t, 0, 1, 0, 1, 0), batches: datasets.BatchSettings{Size: 2}, tests: 4}
	epoch := func(e int) []float32 {
		var out []float32
		for b, err := range l.Batches(e, 0) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b.Values["x"]...)
		}
		return out
	}
	last := epoch(1)
	g := torchrand.New(9)
	for e := range 2 {
		var want []float32
		for _, i := range torchrand.New(g.Sampler()).Permutation(5) {
			want = append(want, float32(i))
		}
		tests := torchrand.New(g.Sampler()).Permutation(4)
		if diff := cmp.Diff(want, epoch(e)); diff != "" {
			t.Errorf("epoch %d: %s", e, diff)
		}
		if diff := cmp.Diff(tests, l.testOrder(e)); diff != "" {
			t.Errorf("tests of epoch %d: %s", e, diff)
		}
	}
	if diff := cmp.Diff(last, epoch(1)); diff != "" || l.Steps() != 3 {
		t.Errorf("epoch 1 again: %s; %d steps", diff, l.Steps())
	}
}

// The last test batch is smaller and counts as much, so that the order of samples matters.
func TestErrorDependsOnTheOrder(t *testing.T) {
	y, labels := []float32{1, 0, 1, 0, 1, 0}, []int{0, 0, 1}
	for _, tt := range []struct {
		order []int
		want  float64
	}{{nil, .5}, {[]int{0, 1, 2}, .5}, {[]int{2, 1, 0}, .25}} {
		if got := batchError(y, labels, tt.order, 2, 2); got != tt.want {
			t.Errorf("order %v: got %v, want %v", tt.order, got, tt.want)
		}
	}
}

// Energies that differ by less than float32 can tell have not fallen.
func TestTorchComparesEnergiesInFloat32(t *testing.T) {
	own, torch := Learning{Rule: PC, Gamma: .1, Discount: .5, Steps: 3}, Learning{Rule: PC, Gamma: .1, Discount: .5, Steps: 3, Draws: Torch}
	for _, tt := range []struct {
		l    Learning
		want float64
	}{{own, .1}, {torch, .05}} {
		rule, err := tt.l.rule()
		if err != nil {
			t.Fatal(err)
		}
		c := rule.(*train.Prospective).Relax.Control
		if got := c.Next(relax.Taken{Step: 1, Size: .1, Energy: 1, Previous: 1 + 1e-9}); got != tt.want {
			t.Errorf("%q: got the next size %v, want %v", tt.l.Draws, got, tt.want)
		}
	}
}

// Published numbers of single seeds, from a PyTorch program: the lowest losses of
// teacher-student at rate 0.0025, the first of which float64 energies would change to
// 1.3286.
func TestTeacherWithPublishedSeeds(t *testing.T) {
	s := PublishedTeacher(PC, .0025)
	s.Draws = Torch
	out, err := RunTeacher(t.Context(), []Teacher{s, s}, []uint64{1482555873, 1855152618})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1.3581, .6286} {
		if got := out[i].Result.Least; math.Abs(got-want) > 1e-4 {
			t.Errorf("seed %d: got %.4f, want %.4f", i, got, want)
		}
	}
}
