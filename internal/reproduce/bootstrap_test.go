package reproduce

import (
	"math"
	"reflect"
	"testing"
)

func TestSummarize(t *testing.T) {
	s := Summarize([]float64{1, 2, 3, 6})
	if s.N != 4 || s.Mean != 3 || math.Abs(s.SEM-math.Sqrt(14.0/3/4)) > 1e-15 {
		t.Errorf("got %+v", s)
	}
	if !reflect.DeepEqual(s, Summarize([]float64{1, 2, 3, 6})) {
		t.Error("two calls differ")
	}
	if one := Summarize([]float64{5}); one.Mean != 5 || one.Low != 5 || one.High != 5 || !math.IsNaN(one.SEM) {
		t.Errorf("one value: got %+v", one)
	}
	if none := Summarize(nil); !math.IsNaN(none.Mean) || none.N != 0 {
		t.Errorf("no value: got %+v", none)
	}
	if same := Summarize([]float64{2, 2, 2}); same.Low != 2 || same.High != 2 || same.SEM != 0 {
		t.Errorf("equal values: got %+v", same)
	}
}
