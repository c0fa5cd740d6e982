package models_test

import (
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
)

// sizes returns where the integers of a model are. Placements and the like are named
// separate types.
func sizes(v reflect.Value) (found []reflect.Value) {
	switch v.Kind() {
	case reflect.Int:
		if v.Type() == reflect.TypeOf(0) {
			found = append(found, v)
		}
	case reflect.Slice:
		for i := range v.Len() {
			found = append(found, sizes(v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			found = append(found, sizes(v.Field(i))...)
		}
	}
	return found
}

// Sizes that cannot be stored or meant are errors at once, without a panic on the way
// and without much memory.
func TestExtremeSizes(t *testing.T) {
	// Made anew each time, because the slices are shared.
	all := func() []model {
		image := func() graph.Shape { return graph.Shape{1, 6, 6} }
		return []model{
			&models.MLP{Widths: []int{3, 2, 2}},
			&models.MLPResidual{Inputs: 3, Width: 2, Depth: 2, Outputs: 2},
			&models.Generative{Size: 4, Hidden: []int{3}, Latent: 2, Classes: 2},
			&models.Autoencoder{Widths: []int{4, 3, 2}},
			&models.Recurrent{Widths: []int{3, 2, 2}},
			&models.AssociativeMemory{Size: 4, Hidden: []int{3}},
			&models.ConvNet{
				Input: image(), Classes: 2, Hidden: []int{3},
				Blocks: []models.ConvBlock{{Out: 2, Kernel: 3, Stride: 1, Pad: 1, Pool: 2}},
			},
			&models.ResNet{Input: image(), Classes: 2, Width: 2, Blocks: []int{1, 1}},
			&models.Transformer{Symbols: 3, Length: 2, Width: 4, Heads: 2, Depth: 1, Hidden: 3},
		}
	}
	for k, m := range all() {
		if _, err := m.New(graph.Settings{}); err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		count := len(sizes(reflect.ValueOf(m).Elem()))
		if count == 0 {
			t.Errorf("%T has no integers", m)
		}
		for i := range count {
			for _, n := range []int{math.MinInt, -1, 1 << 31, 1<<32 + 1, 1 << 40, 1 << 62, math.MaxInt} {
				bad := all()[k]
				at := sizes(reflect.ValueOf(bad).Elem())[i]
				at.SetInt(int64(n))
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := bad.New(graph.Settings{})
				runtime.ReadMemStats(&after)
				used := after.TotalAlloc - before.TotalAlloc
				if err == nil || strings.Contains(err.Error(), "panicked") || used > 64<<20 {
					t.Errorf("%T: integer %d is %d: used %d MiB: %v", m, i, n, used>>20, err)
				}
			}
		}
	}
}
