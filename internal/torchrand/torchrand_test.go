package torchrand

import (
	_ "embed"
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

//go:embed testdata/fixtures.json
var fixturesJSON []byte

// fixtures are what testdata/fixtures.py drew.
type fixtures struct {
	Seed          uint64              `json:"seed"`
	Int63         []string            `json:"int63"`
	Uniform       []uint32            `json:"uniform"`
	Uniform64     []float64           `json:"uniform64"`
	Normal        map[string][]uint32 `json:"normal"`
	NormalRows    []uint32            `json:"normal_rows"`
	Mixed         []uint32            `json:"mixed"`
	Permutation   []int               `json:"permutation"`
	Linear        []uint32            `json:"linear"`
	Convolution   []uint32            `json:"convolution"`
	XavierUniform []uint32            `json:"xavier_uniform"`
	XavierNormal  []uint32            `json:"xavier_normal"`
	Loaders       []struct {
		Size  int    `json:"size"`
		Order []int  `json:"order"`
		Next  uint32 `json:"next"`
	} `json:"loaders"`
	NumPyUniform []float64 `json:"numpy_uniform"`
	NumPyChoice  []int     `json:"numpy_choice"`
	NumPyNormal  []float64 `json:"numpy_normal"`
}

func load(t *testing.T) fixtures {
	t.Helper()
	var f fixtures
	if err := json.Unmarshal(fixturesJSON, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// draw fills n numbers.
func draw(n int, fill func([]float32)) []float32 {
	x := make([]float32, n)
	fill(x)
	return x
}

// floats reads numbers from their bits.
func floats(bits []uint32) []float32 {
	x := make([]float32, len(bits))
	for i, b := range bits {
		x[i] = math.Float32frombits(b)
	}
	return x
}

// close32 compares normal numbers around mean, up to what approximations of logarithm and
// cosine differ by.
func close32(t *testing.T, what string, got, want []float32, std float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d numbers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= 6e-7*std) {
			t.Errorf("%s, number %d: got %v, want %v", what, i, got[i], want[i])
		}
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: - want, + got:\n%s", what, diff)
	}
}

func TestUniformHasTheBits(t *testing.T) {
	f := load(t)
	g := New(f.Seed)
	for i, want := range f.Uniform64 {
		if got := g.uniform64(); got != want {
			t.Errorf("double %d: got %v, want %v", i, got, want)
		}
	}
	equal(t, "uniform", draw(len(f.Uniform), func(x []float32) { New(f.Seed).Uniform(x, -.3, .7) }), floats(f.Uniform))
	equal(t, "linear", draw(35, func(x []float32) { New(f.Seed).Default(x, 7) }), floats(f.Linear))
	equal(t, "convolution", draw(48, func(x []float32) { New(f.Seed).Default(x, 12) }), floats(f.Convolution))
	equal(t, "Xavier", draw(35, func(x []float32) { New(f.Seed).XavierUniform(x, 7, 5, 1.5) }), floats(f.XavierUniform))
}

func TestIntegers(t *testing.T) {
	f := load(t)
	g := New(f.Seed)
	for i, want := range f.Int63 {
		if got := strconv.FormatUint(g.int63(), 10); got != want {
			t.Errorf("integer %d: got %s, want %s", i, got, want)
		}
	}
	equal(t, "permutation", New(f.Seed).Permutation(len(f.Permutation)), f.Permutation)
	equal(t, "no permutation", New(f.Seed).Permutation(0), []int{})
	g, upper := New(f.Seed+1<<32), New(f.Seed)
	if a, b := g.int63(), upper.int63(); a != b {
		t.Errorf("the upper half of a seed counts: %d and %d", a, b)
	}
}

func TestNormal(t *testing.T) {
	f := load(t)
	for size, want := range f.Normal {
		n, _ := strconv.Atoi(size)
		close32(t, "normal "+size, draw(n, func(x []float32) { New(f.Seed).Normal(x, .5, 2) }), floats(want), 2)
	}
	close32(t, "rows", draw(64, func(x []float32) { New(f.Seed).Normal(x, 0, 1) }), floats(f.NormalRows), 1)
	close32(t, "Xavier", draw(35, func(x []float32) { New(f.Seed).XavierNormal(x, 7, 5, 1.5) }), floats(f.XavierNormal), 1)
	x, g := make([]float32, 7), New(f.Seed)
	g.Normal(x[:3], 0, 1)
	g.Uniform(x[3:5], 0, 1)
	g.Normal(x[5:], 1, 2)
	close32(t, "one after another", x, floats(f.Mixed), 2)
}

func TestSamplers(t *testing.T) {
	f := load(t)
	for workers, l := range f.Loaders {
		g := New(f.Seed)
		var order []int
		for range 4 {
			order = append(order, New(g.Sampler()).Permutation(l.Size)...)
		}
		equal(t, strconv.Itoa(workers)+" workers", order, l.Order)
		if got := draw(1, func(x []float32) { g.Uniform(x, 0, 1) }); math.Float32bits(got[0]) != l.Next {
			t.Errorf("%d workers: another number after the loaders, got %v", workers, got[0])
		}
	}
}

func TestRandomState(t *testing.T) {
	f := load(t)
	s := NewRandomState(uint32(f.Seed))
	for i, want := range f.NumPyUniform {
		if got := s.Float64(); got != want {
			t.Errorf("number %d: got %v, want %v", i, got, want)
		}
	}
	s = NewRandomState(uint32(f.Seed))
	for i, want := range f.NumPyChoice {
		got, p := 1, float64(float32(.3))
		if s.Float64() < p/(p+float64(float32(.7))) {
			got = 0
		}
		if got != want {
			t.Errorf("choice %d: got %d, want %d", i, got, want)
		}
	}
	s = NewRandomState(uint32(f.Seed))
	for i, want := range f.NumPyNormal {
		got := 0.0
		if i == 7 { // between two numbers of a pair
			got = s.Float64()
		} else {
			got = s.Normal()
		}
		if math.Abs(got-want) > 1e-15 {
			t.Errorf("normal number %d: got %v, want %v", i, got, want)
		}
	}
}
