package train_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// numberPairs are n rows: x is (i, 1), y is (10·i, −i, 0).
func numberPairs(n int) *train.Pairs {
	p := &train.Pairs{Settings: datasets.BatchSettings{Size: 4, Shuffle: true}, Seed: 5}
	for i := range n {
		p.X = append(p.X, []float32{float32(i), 1})
		p.Y = append(p.Y, []float32{float32(10 * i), float32(-i), 0})
		p.Labels = append(p.Labels, i%3)
	}
	return p
}

// regression is a data set of the same rows.
func regression(t *testing.T, n int) datasets.Dataset {
	t.Helper()
	p := numberPairs(n)
	x := &datasets.Array{Shape: []int{n, 2}, Type: "float32", Floats: slices.Concat(p.X...)}
	y := &datasets.Array{Shape: []int{n, 3}, Type: "float32", Floats: slices.Concat(p.Y...)}
	s, err := datasets.Assembly{}.Split(&datasets.Part{X: x, Y: y}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.Train
}

// failure is the error of the first batch of a source.
func failure(t *testing.T, src train.Source, want string) {
	t.Helper()
	for _, err := range src.Batches(0, 0) {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "train: ") {
			t.Errorf("got %v, want an error of train that says %q", err, want)
		}
		return
	}
	t.Errorf("got no batch, want an error that says %q", want)
}

// Rows stay together whatever their order, both sources of numbers give the same batches,
// and they resume as every source does.
func TestPairsAndTargeted(t *testing.T) {
	const n = 23
	p := numberPairs(n)
	d := &train.Targeted{Data: regression(t, n), Settings: p.Settings, Seed: p.Seed}
	seen := map[float32]bool{}
	for b, err := range p.Batches(3, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range b.Indices {
			x, y := b.Values["x"][2*k:2*k+2], b.Values["y"][3*k:3*k+3]
			if f := float32(i); !slices.Equal(x, []float32{f, 1}) || !slices.Equal(y, []float32{10 * f, -f, 0}) || b.Labels[k] != i%3 {
				t.Errorf("row %d: got %v, %v and label %d", i, x, y, b.Labels[k])
			}
			seen[x[0]] = true
		}
		if !slices.Equal(b.Shapes["x"], []int{2}) || !slices.Equal(b.Shapes["y"], []int{3}) || len(b.Values["y"]) != 3*b.Size {
			t.Errorf("shapes, got %v, want the lengths of the rows", b.Shapes)
		}
	}
	if len(seen) != n || p.Steps() != 6 || d.Steps() != 6 {
		t.Errorf("got %d different rows in %d and %d steps, want %d in 6", len(seen), p.Steps(), d.Steps(), n)
	}
	for _, src := range []train.Source{p, d} {
		whole := visits(t, src, 3, 0)
		if !reflect.DeepEqual(visits(t, src, 3, 2), whole[2:]) || !reflect.DeepEqual(whole, visits(t, p, 3, 0)) {
			t.Errorf("%T: got another order after a skip, or than the other source", src)
		}
		if reflect.DeepEqual(visits(t, src, 4, 0), whole) {
			t.Errorf("%T: two epochs in one order", src)
		}
	}
	for b, err := range d.Batches(0, 0) {
		if err != nil || b.Labels != nil {
			t.Errorf("got labels %v, %v, want none", b.Labels, err)
		}
	}
	p.Labels, p.InputShape, p.TargetShape = nil, []int{1, 2}, []int{3, 1}
	p.Input, p.Target = "in", "out"
	for b, err := range p.Batches(0, 0) {
		if err != nil || b.Labels != nil || !slices.Equal(b.Shapes["in"], []int{1, 2}) || !slices.Equal(b.Shapes["out"], []int{3, 1}) {
			t.Fatalf("got %+v, %v, want shapes and names as they are set", b, err)
		}
	}
}

func TestNumericSourcesReject(t *testing.T) {
	one := datasets.BatchSettings{Size: 1}
	classes, err := datasets.NewFloats([]int{1}, 3, []float32{1}, []int{0})
	if err != nil {
		t.Fatal(err)
	}
	x := [][]float32{{1}, {2}}
	for _, c := range []struct {
		src  train.Source
		want string
	}{
		{&train.Pairs{Settings: one}, "X and Y, got 0 and 0 rows"},
		{&train.Pairs{X: x, Y: x[:1], Settings: one}, "X and Y, got 2 and 1 rows"},
		{&train.Pairs{X: x, Y: [][]float32{{1}, {1, 2}}, Settings: one}, "row 1 of Y, got 2 numbers, want the 1 of shape [1]"},
		{&train.Pairs{X: [][]float32{{}, {}}, Y: x, Settings: one}, "row 0 of X, got 0 numbers"},
		{&train.Pairs{X: x, Y: x, InputShape: []int{2}, Settings: one}, "row 0 of X, got 1 numbers, want the 2 of shape [2]"},
		{&train.Pairs{X: [][]float32{{0}, {float32(nan())}}, Y: x, Settings: one}, "row 1 of X, number 0: got NaN"},
		{&train.Pairs{X: x, Y: x, Labels: []int{1}, Settings: one}, "Labels, got 1 for 2 rows"},
		{&train.Pairs{X: x, Y: x}, "Settings.Size, got 0"},
		{&train.Pairs{X: x, Y: x, Input: "y", Settings: one}, `input and target are both node "y"`},
		{&train.Targeted{Settings: one}, "Data is nil"},
		{&train.Targeted{Data: classes, Settings: one}, "got samples without targets, want numbers to predict; use Labelled"},
		{&train.Labelled{Data: regression(t, 2), Settings: one}, "got samples without classes, want labels; use Targeted"},
		{&train.Labelled{Data: classes, OneUnit: true, Settings: one}, "OneUnit, got 3 classes, want 2"},
		{&train.Augmented{}, "Source and Changes"},
		{&train.Augmented{Source: numberPairs(3)}, "got a source true and 0 changes"},
		{&train.Augmented{Source: &listed{[]*train.Batch{{Size: 1}}}, Changes: []datasets.Augmentation{datasets.Noise{Std: 1}}}, "Indices of a batch, got 0 for 1 samples"},
		{&train.Augmented{Source: numberPairs(3), Nodes: []string{"z"}, Changes: []datasets.Augmentation{datasets.Noise{Std: 1}}}, `Nodes, got "z"`},
		{&train.Augmented{Source: numberPairs(3), Changes: []datasets.Augmentation{datasets.Noise{Std: 1}, datasets.Flip{}}}, ""},
		{&train.Augmented{Source: &train.Pairs{}, Changes: []datasets.Augmentation{datasets.Noise{Std: 1}}}, "X and Y"},
	} {
		if c.want == "" {
			for _, err := range c.src.Batches(0, 0) {
				if err == nil || !strings.Contains(err.Error(), "augmentation 1: flip: shape of a sample, got [2]") {
					t.Errorf("a flip of rows: got %v", err)
				}
				break
			}
			continue
		}
		failure(t, c.src, c.want)
	}
}

func nan() float64 { var zero float64; return zero / zero }

// One unit for two classes, in either encoding.
func TestOneUnit(t *testing.T) {
	data, err := datasets.NewFloats([]int{1}, 2, []float32{1, 2, 3}, []int{1, 0, 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		e    datasets.Encoding
		want []float32
	}{{datasets.Encoding{}, []float32{1, 0, 1}}, {datasets.MinusPlusOne(), []float32{1, -1, 1}}} {
		src := &train.Labelled{Data: data, OneUnit: true, Encoding: c.e, Settings: datasets.BatchSettings{Size: 3}}
		for b, err := range src.Batches(0, 0) {
			if err != nil || !slices.Equal(b.Values["y"], c.want) || !slices.Equal(b.Shapes["y"], []int{1}) || !slices.Equal(b.Labels, []int{1, 0, 1}) {
				t.Errorf("got %+v, %v, want the targets %v", b, err, c.want)
			}
		}
	}
}

// smallPictures are n pictures of 4 × 4.
func smallPictures(t *testing.T, n int) datasets.Dataset {
	t.Helper()
	x := make([]float32, 16*n)
	for i := range x {
		x[i] = float32(i)
	}
	d, err := datasets.NewFloats([]int{4, 4}, 2, x, make([]int, n))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What a sample becomes does not depend on the size of batches, on their order or on
// where the epoch was resumed; it does on the epoch. The source's own samples are not
// written to.
func TestAugmented(t *testing.T) {
	data := smallPictures(t, 11)
	changes := []datasets.Augmentation{datasets.RandomCrop{Padding: 1, Fill: []float64{-1}}, datasets.Flip{}, datasets.Noise{Std: 0.1}}
	source := func(size int, shuffle bool, seed uint64) *train.Augmented {
		s := datasets.BatchSettings{Size: size, Shuffle: shuffle}
		return &train.Augmented{Source: &train.Labelled{Data: data, Settings: s, Seed: seed}, Changes: changes, Seed: 9}
	}
	read := func(src train.Source, epoch, skip int) map[int][]float32 {
		out := map[int][]float32{}
		for b, err := range src.Batches(epoch, skip) {
			if err != nil {
				t.Fatal(err)
			}
			if len(b.Labels) != b.Size || len(b.Values["y"]) != 2*b.Size || !slices.Equal(b.Shapes["x"], []int{4, 4}) {
				t.Errorf("batch, got %+v, want labels, targets and shapes of the source", b)
			}
			for k, i := range b.Indices {
				out[i] = slices.Clone(b.Values["x"][16*k : 16*k+16])
			}
		}
		return out
	}
	whole := read(source(11, false, 1), 2, 0)
	for name, other := range map[string]map[int][]float32{
		"the same again":   read(source(11, false, 1), 2, 0),
		"batches of 3":     read(source(3, false, 1), 2, 0),
		"another order":    read(source(4, true, 7), 2, 0),
		"after two epochs": func() map[int][]float32 { s := source(2, true, 3); read(s, 0, 0); read(s, 1, 3); return read(s, 2, 0) }(),
	} {
		if !reflect.DeepEqual(other, whole) {
			t.Errorf("%s: got other pictures", name)
		}
	}
	for i, x := range read(source(3, true, 1), 2, 2) {
		if !slices.Equal(x, whole[i]) {
			t.Errorf("resumed, sample %d: got another picture", i)
		}
	}
	if reflect.DeepEqual(read(source(11, false, 1), 3, 0), whole) {
		t.Error("two epochs gave the same pictures")
	}
	other := source(11, false, 1)
	other.Seed++
	if reflect.DeepEqual(read(other, 2, 0), whole) {
		t.Error("two seeds gave the same pictures")
	}
	if got := source(3, false, 1).Steps(); got != 4 || (&train.Augmented{}).Steps() != 0 {
		t.Errorf("steps, got %d, want the 4 of the source", got)
	}
	// Two nodes change alike, and what belongs to the source stays.
	auto := &train.Unlabelled{Data: data, Nodes: []string{"x", "y"}, Settings: datasets.BatchSettings{Size: 11}}
	both := &train.Augmented{Source: auto, Nodes: []string{"x", "y"}, Changes: changes, Seed: 9}
	for b, err := range both.Batches(2, 0) {
		if err != nil || !slices.Equal(b.Values["x"], b.Values["y"]) || !slices.Equal(b.Values["x"][:16], whole[0]) {
			t.Errorf("two nodes, got %v and other samples, want the same in both", err)
		}
	}
	p := numberPairs(3)
	for _, err := range (&train.Augmented{Source: p, Changes: []datasets.Augmentation{datasets.Noise{Std: 1}}}).Batches(0, 0) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(p, numberPairs(3)) {
		t.Error("the rows of the source were written to")
	}
}

// A run that is interrupted and resumed amid an epoch ends in the bits of an undisturbed
// one.
func TestAugmentedResumes(t *testing.T) {
	build := func() *train.Trainer {
		net, err := models.MLP{Widths: []int{16, 4, 2}, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		return &train.Trainer{Network: net, Rule: &train.Backprop{}, Optimizer: &train.SGD{}, Rate: 0.01, Epochs: 2}
	}
	data := smallPictures(t, 9)
	source := func() train.Source {
		x := make([]float32, 16*9)
		for i := range 9 {
			data.Read(i, x[16*i:16*i+16])
		}
		for i := range x {
			x[i] /= 144
		}
		d, err := datasets.NewFloats([]int{16}, 2, x, []int{0, 1, 0, 1, 0, 1, 0, 1, 0})
		if err != nil {
			t.Fatal(err)
		}
		return &train.Augmented{Source: &train.Labelled{Data: d, Settings: datasets.BatchSettings{Size: 2, Shuffle: true}}, Changes: []datasets.Augmentation{datasets.Noise{Std: 0.3}}}
	}
	whole := build()
	if err := whole.Fit(context.Background(), source()); err != nil {
		t.Fatal(err)
	}
	torn := build()
	ctx, stop := context.WithCancel(context.Background())
	torn.OnStep(7, func(context.Context, *train.Trainer, train.Stats) error { stop(); return nil })
	if err := torn.Fit(ctx, source()); err == nil {
		t.Fatal("the run was not interrupted")
	}
	if torn.Progress.Epoch != 1 || torn.Progress.Batch != 2 {
		t.Fatalf("interrupted at %+v, want amid the second epoch", torn.Progress)
	}
	if err := torn.Fit(context.Background(), source()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(weights(torn.Network), weights(whole.Network)) {
		t.Error("the weights differ from those of the undisturbed run")
	}
}

// Numbers to predict, as rows.
func ExamplePairs() {
	src := &train.Pairs{
		X:        [][]float32{{0, 0}, {0, 1}, {1, 0}, {1, 1}},
		Y:        [][]float32{{0}, {1}, {1}, {2}},
		Settings: datasets.BatchSettings{Size: 4},
	}
	net, err := models.MLP{Widths: []int{2, 1}}.New(graph.Settings{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	trainer := train.Trainer{Network: net, Rule: &train.Backprop{}, Optimizer: &train.Adam{}, Rate: 0.1, Epochs: 300}
	if err := trainer.Fit(context.Background(), src); err != nil {
		fmt.Println(err)
		return
	}
	evaluator, err := train.NewEvaluator(net, "y")
	if err != nil {
		fmt.Println(err)
		return
	}
	score, err := evaluator.Regression(context.Background(), src)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("R² %.3f of %d samples\n", score.R2, score.Samples)
	// Output: R² 1.000 of 4 samples
}
