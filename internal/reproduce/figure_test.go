package reproduce

import (
	"math"
	"testing"
)

func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		s    Sample
		want string
	}{
		{Sample{Mean: 1, SEM: 2.52e-13}, "1.0000 ± 0.0000"},
		{Sample{Mean: 0.1786, SEM: 0.000932}, "0.1786 ± 0.0009"},
		{Sample{Mean: -194.06, SEM: 2.9696}, "-194.06 ± 2.97"},
		{Sample{Mean: 2.5e-5, SEM: 1e-6}, "2.5e-05 ± 1e-06"},
		{Sample{Mean: 0.5, SEM: math.NaN()}, "0.5000"},
	} {
		if got := tt.s.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
