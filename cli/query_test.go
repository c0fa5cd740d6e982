package cli

import (
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// reply is what query --json prints.
type reply struct {
	Event       string
	Samples     int
	Converged   bool
	Steps       int
	Nodes       map[string][][]float64
	Predictions map[string][][]float64
	Energies    []float64
	Scores      [][]float64
	Classes     []int
	Truth       []int
	Right       int
}

// query asks and returns the one line of JSON.
func query(t *testing.T, args ...string) reply {
	t.Helper()
	out := prospect(t, append([]string{"query", "--json"}, args...)...)
	var r reply
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil || strings.Count(out.stdout, "\n") != 1 || out.stderr != "" {
		t.Fatalf("got %q and %q, %v, want one line of JSON", out.stdout, out.stderr, err)
	}
	if r.Event != "answer" {
		t.Errorf("event, got %q", r.Event)
	}
	return r
}

// A generative network of the easy digits, asked in every direction.
func TestQuery(t *testing.T) {
	data, dir := digits(t), t.TempDir()
	out := filepath.Join(dir, "run")
	prospect(t, small(data, out, "--model", "generative:32", "--epochs", "20", "--steps", "20", "--lr", "0.01")...)
	base := []string{"--out", out, "--data-dir", data}
	ask := func(args ...string) reply { return query(t, append(slices.Clone(base), args...)...) }

	generated := ask("--clamp", "y=0..9", "--read", "x")
	if generated.Samples != 10 || !generated.Converged || len(generated.Nodes["x"]) != 10 {
		t.Fatalf("generated, got %+v, want 10 samples that converge", generated)
	}
	for class, x := range generated.Nodes["x"] {
		// Class k lights pixels 6k to 6k+5, by 6/16 in the mean.
		inside, outside := 0.0, 0.0
		for i, v := range x {
			if i/6 == class {
				inside += v / 6
			} else {
				outside += v / 58
			}
		}
		if inside-outside < 0.25 {
			t.Errorf("class %d: the pixels of its digit are %.2f and the others %.2f", class, inside, outside)
		}
	}

	classified := ask("--clamp", "x=test", "--read", "y")
	if classified.Samples != 60 || len(classified.Truth) != 60 || classified.Right < 55 || !classified.Converged {
		t.Errorf("classified %d of %d right, converged %v, want at least 55 of 60", classified.Right, classified.Samples, classified.Converged)
	}
	scored := ask("--clamp", "x=test:0..19", "--score")
	if len(scored.Scores) != 20 || len(scored.Scores[0]) != 10 || scored.Right < 18 {
		t.Errorf("scored %d of %d right, want at least 18 of 20", scored.Right, scored.Samples)
	}

	// The hidden half is nearer to the truth than nothing is, and the known half is
	// the truth.
	truth := ask("--clamp", "x=test:0..19", "--read", "x").Nodes["x"]
	filled := ask("--clamp", "x=test:0..19", "--mask", "bottom", "--read", "x").Nodes["x"]
	wrong, nothing := 0.0, 0.0
	for i := range truth {
		if !slices.Equal(truth[i][:32], filled[i][:32]) {
			t.Fatalf("sample %d: the known half has changed", i)
		}
		mean := 0.0
		for j := 32; j < 64; j++ {
			mean += truth[i][j] / 32
		}
		for j := 32; j < 64; j++ {
			wrong += math.Pow(truth[i][j]-filled[i][j], 2)
			nothing += math.Pow(truth[i][j]-mean, 2)
		}
	}
	if !(wrong < nothing/2) {
		t.Errorf("squared error of the hidden half, got %.3g, want less than half of the %.3g around its mean", wrong, nothing)
	}

	// Samples with their pixels in another order are not like the digits.
	shuffled := slices.Clone(truth[0])
	for i := range shuffled {
		shuffled[i] = truth[0][i*23%64]
	}
	normal := ask("--clamp", "x=test:0..19", "--energy").Energies
	strange := ask("--clamp", "x="+text(shuffled), "--energy").Energies
	if slices.Max(normal) >= strange[0] {
		t.Errorf("energies, got %.3g of a shuffled digit, want more than %.3g of 20 digits", strange[0], slices.Max(normal))
	}

	reconstructed := ask("--clamp", "x=test:3", "--predict", "x").Predictions["x"]
	if len(reconstructed) != 1 || len(reconstructed[0]) != 64 || slices.Equal(reconstructed[0], truth[3]) {
		t.Errorf("prediction, got %v, want one of 64 numbers that is not the sample", reconstructed)
	}
	starts := ask("--samples", "3", "--start-std", "1", "--read", "y").Nodes["y"]
	if len(starts) != 3 || slices.Equal(starts[0], starts[1]) {
		t.Errorf("three dreams, got %v, want three that differ", starts)
	}
	random := ask("--clamp", "x=test:0..1", "--mask", "random:0.5", "--read", "x").Nodes["x"]
	if slices.Equal(random[0], truth[0]) {
		t.Error("a random mask hides nothing")
	}

	picture := filepath.Join(dir, "a.png")
	plain := prospect(t, append([]string{"query", "--clamp", "x=test:0..3", "--mask", "left", "--read", "x", "--read", "y", "--energy", "--png", picture}, base...)...)
	for _, want := range []string{"#  class  truth  y ", "  energy\n", "\n3      3      3  ", "4 of 4 right, 100.00 %", "picture of 4 samples", "converged within"} {
		if !strings.Contains(plain.stdout, want) {
			t.Errorf("got %q, want it to contain %q", plain.stdout, want)
		}
	}
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if img, err := png.Decode(f); err != nil || img.Bounds().Dx() != 4*25+1 || img.Bounds().Dy() != 3*25+1 {
		t.Errorf("picture, got %v, want 3 rows of 4", err)
	}
	if short := prospect(t, append([]string{"query", "--clamp", "x=test:0", "--steps", "2"}, base...)...).stdout; !strings.Contains(short, "not converged after 2 steps") || !strings.Contains(short, "raise --steps") {
		t.Errorf("two steps, got %q, want that they were too few", short)
	}
}

// text lists numbers.
func text(v []float64) string {
	var fields []string
	for _, x := range v {
		b, _ := json.Marshal(x)
		fields = append(fields, string(b))
	}
	return strings.Join(fields, ",")
}

// TestBadQuery asks what cannot be answered.
func TestBadQuery(t *testing.T) {
	data, dir := digits(t), t.TempDir()
	labels, memory := filepath.Join(dir, "labels"), filepath.Join(dir, "memory")
	prospect(t, small(data, labels, "--energy", "bernoulli", "--epochs", "1")...)
	prospect(t, small(data, memory, "--model", "memory:4-8", "--epochs", "1")...)
	for _, c := range []struct{ run, line, want string }{
		{labels, "--clamp z=3", `node "z": not declared; the nodes are "x", "h1", "h2", "y"`},
		{labels, "--clamp y", "want NODE=VALUES, for example y=3 or x=test:0..63"},
		{labels, "--clamp y=10", `got "10", want a number of 0 to 9`},
		{labels, "--clamp y=5..2", `got "5..2"`},
		{labels, "--clamp y=3 --clamp y=4", "got it twice"},
		{labels, "--clamp y=1,2,x", `got "x", want a number`},
		{labels, "--clamp y=1,2", "got 2 numbers, want 10"},
		{labels, "--clamp x=7", "want test:0..63"},
		{labels, "--clamp x=test:0..60", `got "0..60", want a number of 0 to 59`},
		{labels, "--clamp h1=test:0", "holds neither samples nor labels"},
		{labels, "--clamp x=test:0..2 --clamp y=0..1", "got 2 samples, want 3"},
		{labels, "--mask left", "add --clamp x=test:0..63"},
		{labels, "--clamp x=test:0 --mask inside", "want left, right, top, bottom or random:P"},
		{labels, "--clamp x=test:0 --mask random:2", "P from 0 to 1"},
		{labels, "--clamp x=test:0 --read z", "--read"},
		{labels, "--clamp x=test:0 --predict h1", `output "h1" predicts node "h2"`},
		{labels, "--clamp x=test:0 --png a.png", "add --read x"},
		{labels, "--clamp x=test:0 --score --energy", "leave out"},
		{labels, "--clamp x=test:0 --steps 0", "--steps, got 0"},
		{labels, "--clamp x=test:0 --tolerance 0", "--tolerance, got 0"},
		{labels, "--clamp x=test:0 --solver rk5", "want one of euler"},
		{labels, "--clamp x=test:0 --clamp y=0 --solver euler --step-size 1e30", "lower --step-size (1e+30)"},
		{memory, "--clamp x=test:0 --score", "no node that holds labels"},
		{filepath.Join(dir, "nothing"), "--clamp x=test:0", "holds no run"},
	} {
		t.Run(c.line, func(t *testing.T) {
			got := finish(t, command(t, append([]string{"query", "--out", c.run, "--data-dir", data}, strings.Fields(c.line)...)...))
			if got.code == 0 || !strings.Contains(got.stderr, c.want) || strings.Count(got.stderr, "\n") != 1 || got.stdout != "" {
				t.Errorf("exit code %d, got %q and %q, want one line with %q", got.code, got.stderr, got.stdout, c.want)
			}
		})
	}
}
