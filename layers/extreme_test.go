package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// extremes are integers that no layer can mean anything by, and whose sums and
// products overflow.
var extremes = []int{
	math.MinInt, math.MinInt + 1, -1 << 32, -1, 1 << 31, 1<<32 + 1, 1 << 40, 1 << 61, 1<<62 + 1, math.MaxInt - 1, math.MaxInt,
}

// integers returns where the integers of a copy of a layer are, however deep.
func integers(v reflect.Value) (found []reflect.Value) {
	switch v.Kind() {
	case reflect.Int:
		return []reflect.Value{v}
	case reflect.Slice:
		for i := range v.Len() {
			found = append(found, integers(v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			found = append(found, integers(v.Field(i))...)
		}
	case reflect.Interface:
		if !v.IsNil() { // what it holds cannot be set, but be replaced
			inner := reflect.New(v.Elem().Type()).Elem()
			inner.Set(copied(v.Elem()))
			v.Set(inner)
			found = append(found, integersIn(v)...)
		}
	}
	return found
}

// integersIn are those of a layer in an interface, by a pointer in its place.
func integersIn(v reflect.Value) []reflect.Value {
	if v.Elem().Kind() != reflect.Struct && v.Elem().Kind() != reflect.Slice {
		return nil
	}
	p := reflect.New(v.Elem().Type())
	p.Elem().Set(v.Elem())
	if !p.Type().Implements(v.Type()) {
		return nil
	}
	v.Set(p)
	return integers(p.Elem())
}

// copied shares no slice with v.
func copied(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		for i := range v.Len() {
			out.Index(i).Set(copied(v.Index(i)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(copied(v.Field(i)))
		}
	case reflect.Interface:
		if !v.IsNil() {
			out.Set(copied(v.Elem()))
		}
	}
	return out
}

// with returns a copy of the case's layer and its integers.
func (c layerCase) with() (layerCase, []reflect.Value) {
	v := reflect.New(reflect.TypeOf(c.layer))
	v.Elem().Set(copied(reflect.ValueOf(c.layer)))
	c.layer = v.Interface().(graph.Layer)
	return c, integers(v.Elem())
}

// refused declares the network and fails unless that is an error at once, without a
// panic on the way and without much memory.
func (c layerCase) refused(t *testing.T, what string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	_, err := graph.New(c.declare(), graph.Settings{})
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	switch used := after.TotalAlloc - before.TotalAlloc; {
	case err == nil:
		t.Errorf("%s: %s: got no error", c.name, what)
	case strings.Contains(err.Error(), "panicked"):
		t.Errorf("%s: %s: %v", c.name, what, err)
	case used > 64<<20 || took > 5*time.Second:
		t.Errorf("%s: %s: the error took %v and %d MiB: %v", c.name, what, took, used>>20, err)
	}
}

// extremeCases are layers of every type that has integers.
func extremeCases() []layerCase {
	return append(cases(),
		layerCase{"reshape", layers.Reshape{Shape: graph.Shape{2, 3}}, []graph.Shape{{6}}, graph.Shape{2, 3}},
		layerCase{"shared", layers.Shared{Name: "w", Layer: layers.Dense{Out: 3}}, []graph.Shape{{2}}, graph.Shape{3}},
		layerCase{"embedding", layers.Embedding{Symbols: 3, Width: 2}, []graph.Shape{{4}}, graph.Shape{4, 2}},
	)
}

// Every integer of every layer is bounded before anything is made of it.
func TestExtremeIntegers(t *testing.T) {
	tried := map[string]bool{}
	for _, c := range extremeCases() {
		_, all := c.with()
		for i := range all {
			for _, n := range extremes {
				bad, at := c.with()
				at[i].SetInt(int64(n))
				bad.refused(t, fmt.Sprintf("integer %d is %d", i, n))
			}
		}
		if len(all) > 0 {
			tried[fmt.Sprintf("%T", c.layer)] = true
		}
	}
	for _, l := range []graph.Layer{
		layers.Dense{},
		layers.MaskedDense{},
		layers.Conv2D{},
		layers.ConvTranspose2D{},
		layers.MaxPool2D{},
		layers.AvgPool2D{},
		layers.GroupNorm{},
		layers.LayerNorm{},
		layers.Embedding{},
		layers.MultiHeadAttention{},
		layers.TransformerBlock{},
		layers.Concat{},
		layers.Reshape{},
		layers.Sequential{},
		layers.Residual{},
		layers.Shared{},
		layers.Slice{},
		layers.Permute{},
		layers.Pad{},
	} {
		if name := fmt.Sprintf("%T", l); !tried[name] {
			t.Errorf("no case of %s has integers", name)
		}
	}
}

// Nor can two of them agree to overflow into something that fits.
func TestExtremeIntegersTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 8))
	all := extremeCases()
	for range 1500 {
		bad, at := all[rng.IntN(len(all))].with()
		if len(at) < 2 {
			continue
		}
		what := ""
		for range 2 + rng.IntN(3) {
			i, n := rng.IntN(len(at)), extremes[rng.IntN(len(extremes))]
			at[i].SetInt(int64(n))
			what += fmt.Sprintf("integer %d is %d; ", i, n)
		}
		bad.refused(t, what)
	}
}

// Integers that fit one by one, of which a sum or a product does not, and those that
// took long to refuse.
func TestLargeIntegers(t *testing.T) {
	image, flat := graph.Shape{1, 8, 8}, graph.Shape{8}
	inverse := 1 // of 3, so that 3·inverse·8 is 8, modulo 2⁶⁴
	for range 6 {
		inverse *= 2 - 3*inverse
	}
	for _, tt := range []struct {
		layer graph.Layer
		in    graph.Shape
		want  string
	}{
		{layers.AvgPool2D{Kernel: pair(2), Pad: pair(1 << 31)}, image, "avgpool2d: Pad, got [2147483648], want at most 1048576"},
		{layers.AvgPool2D{Kernel: pair(2), Pad: pair(1 << 20)}, image, "want axes of at least 1 and at most 268435456 numbers"},
		{layers.MaxPool2D{Kernel: pair(1<<20, 1), Pad: pair(1<<20, 0), Stride: pair(1)}, image, "lies in the padding alone"},
		{layers.MaxPool2D{Kernel: pair(2), Pad: pair(3), Dilation: pair(2)}, image, "window 0 along axis 2 lies in the padding alone"},
		{layers.MaxPool2D{Kernel: pair(2), Stride: pair(math.MaxInt)}, image, "maxpool2d: Stride, got [9223372036854775807], want at most 1048576"},
		{layers.Conv2D{Out: 1, Kernel: pair(2), Stride: pair(1, math.MaxInt)}, image, "conv2d: Stride, got [1 9223372036854775807], want at most"},
		{layers.Conv2D{Out: 1, Kernel: pair(2), Dilation: pair(1 << 62)}, image, "conv2d: Dilation, got [4611686018427387904], want at most"},
		{layers.Conv2D{Out: 1, Kernel: pair(1 << 40)}, image, "conv2d: Kernel, got [1099511627776], want at most"},
		{layers.Conv2D{Out: 1, Kernel: pair(1 << 20), Pad: pair(1 << 20)}, image, "conv2d: shape of the prediction"},
		{layers.Conv2D{Out: 1 << 27, Kernel: pair(1)}, image, "conv2d: shape of the prediction, got [134217728 8 8]"},
		{layers.ConvTranspose2D{Out: 1, Kernel: pair(2), Stride: pair(1 << 20)}, image, "convtranspose2d: shape of the prediction, got [1 7340034 7340034]"},
		{layers.Reshape{Shape: graph.Shape{3, inverse * 8}}, flat, "reshape: from [8] to [3 "},
		{layers.MaskedDense{Out: 1 << 27, Radius: 1}, flat, "masked dense: W: shape of the prediction, got [8 134217728]"},
		{layers.Embedding{Symbols: 1 << 20, Width: 1 << 20}, flat, `parameter "out/weight": shape, got [1048576 1048576], want at most 268435456 numbers`},
	} {
		c := layerCase{fmt.Sprintf("%T", tt.layer), tt.layer, []graph.Shape{tt.in}, graph.Shape{1}}
		c.refused(t, tt.want)
		wantError(t, tt.layer, c.in, tt.want)
	}
	for _, grid := range []graph.Shape{{}, {0}, {-1}, {1 << 31}, {1 << 40, 1 << 40}} {
		if _, err := layers.Neighbours(grid, grid, 1); err == nil || !strings.Contains(err.Error(), "layers: neighbours: got grids") {
			t.Errorf("neighbours of %v: got %v", grid, err)
		}
	}
}

// Initialisers have no negative deviations.
func TestExtremeInitializers(t *testing.T) {
	for _, v := range []float64{-1, -1e-300, math.NaN(), math.Inf(1), math.Inf(-1)} {
		for field, i := range map[string]graph.Initializer{
			"Xavier initialiser: Gain":     layers.XavierUniform{Gain: v},
			"Xavier  initialiser: Gain":    layers.XavierNormal{Gain: v},
			"Kaiming initialiser: Gain":    layers.KaimingUniform{Gain: v},
			"Kaiming  initialiser: Gain":   layers.KaimingNormal{Gain: v},
			"orthogonal initialiser: Gain": layers.Orthogonal{Gain: v},
			"normal initialiser: Std":      layers.Normal{Std: v},
			"uniform initialiser: Bound":   layers.Uniform{Bound: v},
		} {
			want := fmt.Sprintf("%s, got %v, want a finite number of at least 0", strings.ReplaceAll(field, "  ", " "), v)
			wantError(t, layers.Dense{Out: 1, Weight: i}, []graph.Shape{{2}}, want)
		}
	}
}
