package bench

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// peers is the folder of the scripts that compare with other programs.
const peers = "../../bench/peers"

// python runs the interpreter in the folder of the scripts, or skips the test.
func python(t *testing.T, args ...string) []byte {
	t.Helper()
	interpreter := os.Getenv("PROSPECT_PYTHON")
	if interpreter == "" {
		interpreter = "python3"
	}
	// The scripts join dictionaries by |.
	if text, err := exec.Command(interpreter, "-c", "import sys; assert sys.version_info >= (3, 9)").CombinedOutput(); err != nil {
		t.Skipf("%s of at least 3.9 (%v); install it, or set PROSPECT_PYTHON: %s", interpreter, err, text)
	}
	cmd := exec.Command(interpreter, args...)
	cmd.Dir = peers
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out
}

// The arithmetic of the comparison, its tables and its refusals.
func TestPeers(t *testing.T) { python(t, "-m", "unittest") }

// The peers run the cases that the bench command runs.
func TestPeersCases(t *testing.T) {
	var theirs map[string]struct {
		Batch, Steps int
		Optimizer    string
		Rate         float64
	}
	if err := json.Unmarshal(python(t, "test_table.py", "cases"), &theirs); err != nil {
		t.Fatal(err)
	}
	if len(theirs) != len(Cases()) {
		t.Errorf("got %d cases, want %d", len(theirs), len(Cases()))
	}
	for _, c := range Cases() {
		p := theirs[c.Name]
		if p.Batch != c.Batch || p.Steps != c.Steps || p.Optimizer != c.Optimizer || p.Rate != c.Rate {
			t.Errorf("%s: got %+v, want batch %d, %d steps, %s at %v", c.Name, p, c.Batch, c.Steps, c.Optimizer, c.Rate)
		}
	}
}
