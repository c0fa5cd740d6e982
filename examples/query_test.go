package examples

import (
	"strings"
	"testing"
)

func TestQuery(t *testing.T) {
	out := run(t, "query")
	if got := number(t, out, `classify: .*\n(\d+) of 100 right`); got < 50 {
		t.Errorf("classified: got %g of 100 right, want at least 50\n%s", got, out)
	}
	if got := number(t, out, `(\d+) of 100 right from the upper half`); got < 30 {
		t.Errorf("classified from half an image: got %g of 100 right, want at least 30\n%s", got, out)
	}
	if got := number(t, out, `energy told ([\d.]+) %`); got < 99 {
		t.Errorf("digits and shuffled ones: got %g %% told apart, want at least 99 %%\n%s", got, out)
	}
	for _, direction := range []string{"draw", "classify", "score"} {
		if !strings.Contains(out, direction+": converged true") {
			t.Errorf("%s: did not converge\n%s", direction, out)
		}
	}
}
