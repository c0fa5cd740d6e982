package demo

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

func newDemo(t *testing.T) *Demo {
	t.Helper()
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The weights recognise the digits they were not trained on, and the examples as a hand
// draws them, wherever and however large.
func TestRecognises(t *testing.T) {
	d := newDemo(t)
	right := 0
	y, err := d.answers(d.x)
	if err != nil {
		t.Fatal(err)
	}
	for i, label := range d.labels {
		row := y[i*classes : (i+1)*classes]
		if slices.Index(row, slices.Max(row)) == label {
			right++
		}
	}
	if share := float64(right) / others; share < 0.94 {
		t.Errorf("recognises %.3f of the others, want at least 0.94", share)
	}
	for digit := range classes {
		for _, scale := range []float64{1, 0.4} {
			lines := Example(digit)
			for _, line := range lines {
				for i := range line {
					line[i] = Point{0.05 + scale*line[i][0], 0.02 + scale*line[i][1]}
				}
			}
			y, err := d.Answer(Picture(lines))
			if err != nil {
				t.Fatal(err)
			}
			if best := slices.Index(y, slices.Max(y)); best != digit {
				t.Errorf("takes the example of a %d at scale %g for a %d", digit, scale, best)
			}
		}
	}
}

// While the activities settle the energy falls, from that of the output alone, and the
// layers begin to move one after another, from the output back.
func TestSettles(t *testing.T) {
	d := newDemo(t)
	s, err := d.Settle(t.Context(), Picture(Example(4)), 9)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Energy) != steps+1 {
		t.Fatalf("got %d energies, want %d", len(s.Energy), steps+1)
	}
	for i, e := range s.Energy {
		sum := 0.0
		for _, l := range s.Layers {
			sum += l.Energy[i]
		}
		if math.Abs(sum-e) > 1e-6*e {
			t.Errorf("step %d: the layers have %g together, want %g", i, sum, e)
		}
		if i > 0 && e > s.Energy[i-1] {
			t.Errorf("step %d: the energy rises from %g to %g", i, s.Energy[i-1], e)
		}
	}
	if want := squaredError(s.Answer, 9); math.Abs(s.Energy[0]-want) > 1e-6 {
		t.Errorf("the first energy, got %g, want that of the output, %g", s.Energy[0], want)
	}
	if last := s.Energy[steps]; last > s.Energy[0]/10 {
		t.Errorf("the energy falls from %g to %g, want a tenth at most", s.Energy[0], last)
	}
	var began []int // by layer, from the input
	for _, l := range s.Layers[:4] {
		moved := slices.IndexFunc(l.Activity, func(a []float32) bool { return !slices.Equal(a, l.Activity[0]) })
		began = append(began, moved)
	}
	if !slices.Equal(began, []int{4, 3, 2, 1}) {
		t.Errorf("the layers begin to move at steps %v, want one after another from the output", began)
	}
}

// Both rules learn as much of the digit; with an error to correct prospective
// configuration goes straighter and disturbs the others less.
func TestLearns(t *testing.T) {
	d := newDemo(t)
	learn := func(digit, label int, rule string, share float64, keep bool) *Learned {
		t.Helper()
		l, err := d.Learn(t.Context(), Picture(Example(digit)), label, rule, share, keep)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, c := range [][2]int{{4, 9}, {7, 1}, {5, 6}, {8, 3}, {9, 4}} {
		pc, bp := learn(c[0], c[1], "pc", 0.7, false), learn(c[0], c[1], "bp", 0.7, false)
		for rule, l := range map[string]*Learned{"pc": pc, "bp": bp} {
			if got := l.ErrorAfter / l.ErrorBefore; !l.Reached || math.Abs(got-0.7) > 1e-3 {
				t.Errorf("%v %s: the error falls to %g of itself, want 0.7", c, rule, got)
			}
		}
		if pc.Straight < bp.Straight || pc.Moved > bp.Moved {
			t.Errorf("%v: pc goes by %.3f and moves the others by %.4f, bp by %.3f and %.4f", c, pc.Straight, pc.Moved, bp.Straight, bp.Moved)
		}
	}
	if l := learn(7, 1, "bp", 0.1, false); l.Reached || !(l.ErrorAfter < l.ErrorBefore) {
		t.Errorf("far beyond what a step can do: got %+v", l)
	}

	first, err := d.Answer(Picture(Example(4)))
	if err != nil {
		t.Fatal(err)
	}
	l := learn(4, 9, "pc", 0.5, true)
	kept, err := d.Answer(Picture(Example(4)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(l.Before, first) || !slices.Equal(l.After, kept) {
		t.Error("what was learned is not kept")
	}
	if err := d.Reset(); err != nil {
		t.Fatal(err)
	}
	if again, err := d.Answer(Picture(Example(4))); err != nil || !slices.Equal(again, first) {
		t.Errorf("after Reset: got %v, %v, want %v", again, err, first)
	}
}

func TestPicture(t *testing.T) {
	if p := Picture(nil); slices.Max(p) != 0 || len(p) != pixels {
		t.Error("without lines: want black")
	}
	dot := Picture([][]Point{{{0.9, 0.1}}})
	if dot[14*side+14] < 0.5 || dot[13*side+13] != dot[14*side+14] || dot[0] != 0 {
		t.Error("a dot: want it in the middle")
	}
	cross := Picture([][]Point{{{0.2, 0.5}, {0.8, 0.5}}, {{0.5, 0.3}, {0.5, 0.7}}})
	for i, v := range cross {
		if mirrored := cross[i/side*side+side-1-i%side]; math.Abs(float64(v-mirrored)) > 1e-6 || !(v >= 0 && v <= 1) {
			t.Fatalf("pixel %d, got %g, mirrored %g", i, v, mirrored)
		}
	}
	// The numbers that the network sees are those of the dataset.
	n := datasets.Standard("glyphs")
	if x := sees([]float32{0, 1}); math.Abs(float64(x[1]-x[0])-1/n.Std[0]) > 1e-5 {
		t.Errorf("black and white, got %v", x)
	}
}

func TestCall(t *testing.T) {
	d := newDemo(t)
	for request, want := range map[string]string{
		`{`:                             "demo: request",
		`{"ask": "x"}`:                  `demo: ask, got "x"`,
		`{"ask": "info", "more": 1}`:    "unknown field",
		`{"ask": "settle", "label":10}`: "demo: label, got 10, want 0 to 9",
		`{"ask": "learn", "rule":"x", "share":0.5}`: `demo: rule, got "x", want pc or bp`,
		`{"ask": "learn", "rule":"pc"}`:             "demo: share, got 0",
	} {
		if _, err := d.Call(t.Context(), []byte(request)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", request, err, want)
		}
	}
	text, err := d.Call(t.Context(), []byte(`{"ask": "info"}`))
	var info Info
	if err == nil {
		err = json.Unmarshal(text, &info)
	}
	if err != nil || info.Weights != 28618 || !slices.Equal(info.Sizes, []int{784, 32, 32, 32, 32, 10}) {
		t.Errorf("got %s, %v", text, err)
	}
}
