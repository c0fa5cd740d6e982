package bench

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/safetensors"
)

func find(t testing.TB, name string) Case {
	t.Helper()
	for _, c := range Cases() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no case %q", name)
	return Case{}
}

func glyphs() (datasets.Dataset, error) {
	s, err := datasets.Load("glyphs", datasets.LoadSettings{})
	return s.Train, err
}

// The products counted for a relaxation step are those that the engine does, which
// also counts what is not a product.
func TestStepFLOPs(t *testing.T) {
	for _, c := range Cases() {
		net, err := c.Model.New(graph.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		session, err := net.Session(c.Batch, graph.Roles{Clamped: []string{"x", "y"}})
		if err != nil {
			t.Fatal(err)
		}
		all, err := session.FLOPs()
		if err != nil {
			t.Fatal(err)
		}
		if share := c.stepFLOPs() / all; !(share <= 1 && share > 0.85) {
			t.Errorf("%s: products of a step, got %.3f of the engine's operations, want 0.85 to 1", c.Name, share)
		}
	}
}

func TestUpdateFLOPs(t *testing.T) {
	c := Case{Batch: 2, Steps: 3, Products: []Products{{Weights: 10}, {Weights: 100, Inner: 40, Activities: 7}}}
	// Forward 10+107; a step 107 and, back, 100+14; at the end forward 107, and learning
	// 10 and 100+40+14.
	if got, want := c.updateFLOPs("pc"), 2.0*(117+3*(107+114)+107+10+154); got != want {
		t.Errorf("pc: got %v, want %v", got, want)
	}
	// Forward 117, back 114, the gradients of the weights 110.
	if got, want := c.updateFLOPs("bp"), 2.0*(117+114+110); got != want {
		t.Errorf("bp: got %v, want %v", got, want)
	}
}

// ask sends requests and returns the answers.
func ask(t *testing.T, s *Server, lines ...string) []reply {
	t.Helper()
	var out bytes.Buffer
	if err := s.Serve(t.Context(), strings.NewReader(strings.Join(lines, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	var replies []reply
	for d := json.NewDecoder(&out); d.More(); {
		var r reply
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		replies = append(replies, r)
	}
	if len(replies) != len(lines) {
		t.Fatalf("got %d answers, want %d", len(replies), len(lines))
	}
	return replies
}

// values reads the tensors of a file as float64.
func values(t *testing.T, path string) map[string][]float64 {
	t.Helper()
	f, err := safetensors.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for _, x := range f.Tensors {
		v := append([]float64{}, x.F64...)
		for _, y := range x.F32 {
			v = append(v, float64(y))
		}
		out[x.Name] = v
	}
	return out
}

// apart is the distance of b from a in units of the length of a.
func apart(a, b map[string][]float64) float64 {
	d, n := 0.0, 0.0
	for name, x := range a {
		for i, v := range x {
			d += (v - b[name][i]) * (v - b[name][i])
			n += v * v
		}
	}
	return math.Sqrt(d / n)
}

// A server begins with the weights and data of another, makes the update that a
// network of the library makes, and tells gradients in either precision.
func TestServer(t *testing.T) {
	for _, of := range [][2]string{{"a", "pc"}, {"a", "bp"}, {"residual", "bp"}, {"resnet18", "bp"}, {"transformer", "pc"}} {
		t.Run(of[0]+"/"+of[1], func(t *testing.T) { testServer(t, find(t, of[0]), of[1]) })
	}
}

func testServer(t *testing.T, c Case, rule string) {
	dir := t.TempDir()
	c.Steps = min(c.Steps, 3)
	c.Optimizer, c.Rate = "sgd", 1e-3 // so that a changed weight tells the gradient
	at := func(name string) string { return filepath.ToSlash(filepath.Join(dir, name)) }
	begin := `{"do":"load","weights":"` + at("w") + `","data":"` + at("d") + `"}`
	double := Settings{Engine: graph.Compiled{Threads: 1}, Precision: graph.Float64}
	single := Settings{Engine: graph.Compiled{Threads: 1}}
	replies := ask(t, &Server{Case: c, Rule: rule, Settings: single, Data: glyphs},
		`{"do":"export","weights":"`+at("w")+`","data":"`+at("d")+`"}`, begin,
		`{"do":"gradient","path":"`+at("g32")+`"}`,
		`{"do":"update","count":1}`, `{"do":"weights","path":"`+at("after")+`"}`,
		`{"do":"gradient","path":"`+at("again")+`"}`)
	replies = append(replies, ask(t, &Server{Case: c, Rule: rule, Settings: double, Data: glyphs}, begin, `{"do":"gradient","path":"`+at("g64")+`"}`)...)
	for i, r := range replies {
		if !r.OK {
			t.Fatalf("request %d: %s", i, r.Error)
		}
	}
	if r := replies[3]; r.Count != 1 || !(r.Seconds > 0) || replies[1].FLOPs != c.updateFLOPs(rule) {
		t.Errorf("got %+v and %+v, want an update with its time, and its operations", r, replies[1])
	}
	g := values(t, at("g64"))
	if d := apart(g, values(t, at("g32"))); !(d < 1e-4) {
		t.Errorf("gradient in single precision, got %v from that in double, want less than 1e-4", d)
	}
	if d := apart(values(t, at("g32")), values(t, at("again"))); d != 0 {
		t.Errorf("gradient after an update, got %v from the one before, want the weights loaded", d)
	}
	before, after := values(t, at("w")), values(t, at("after"))
	moved := map[string][]float64{}
	for name, w := range before {
		moved[name] = make([]float64, len(w))
		for i := range w {
			moved[name][i] = (w[i] - after[name][i]) / c.Rate
		}
	}
	if d := apart(g, moved); !(d < 0.05) { // of small differences of weights
		t.Errorf("update, got %v from rate times gradient, want less than 0.05", d)
	}
}

func TestServerRefuses(t *testing.T) {
	s := &Server{Case: find(t, "a"), Rule: "bp", Settings: Settings{Engine: graph.Compiled{Threads: 1}}, Data: glyphs}
	for line, want := range map[string]string{
		`{"do":"update","count":1}`: "before load",
		`{"do":"update"}`:           "before load",
		`{"do":"peak"}`:             "count, got 0, want at least 1",
		`{"do":"sing"}`:             `got "sing", want load`,
		`{`:                         "unexpected end",
		`{"do":"load","weights":"no","data":"no"}`: "no",
	} {
		if r := ask(t, s, line)[0]; r.OK || !strings.Contains(r.Error, want) {
			t.Errorf("%s: got %+v, want an error with %q", line, r, want)
		}
	}
	other := filepath.ToSlash(filepath.Join(t.TempDir(), "d"))
	tensors := []safetensors.Tensor{{Name: "x", Shape: []int{2, 3}, F32: make([]float32, 6)}}
	if err := safetensors.WriteFile(other, safetensors.File{Tensors: tensors}); err != nil {
		t.Fatal(err)
	}
	w := filepath.ToSlash(filepath.Join(t.TempDir(), "w"))
	replies := ask(t, s, `{"do":"export","weights":"`+w+`","data":"`+w+`.d"}`, `{"do":"load","weights":"`+w+`","data":"`+other+`"}`)
	if !replies[0].OK || replies[1].OK || !strings.Contains(replies[1].Error, "x, got shape [2 3], want (batches, 1, size)") {
		t.Errorf("got %+v, want a refusal of the shape", replies)
	}
}

// The measured cases run and the speed-up is told against that of the peaks.
func TestRun(t *testing.T) {
	data, err := glyphs()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "transformer"} {
		r, err := Run(t.Context(), find(t, name), "bp", Settings{Engine: graph.Compiled{Threads: 1}, Threads: 1, Data: data, Block: time.Millisecond, Peak: 10})
		if err != nil {
			t.Fatal(err)
		}
		if !(r.MsPerUpdate > 0) || r.Steps != 0 || math.Abs(r.PeakFraction-r.Gflops/10) > 1e-12 {
			t.Errorf("%s: got %+v", name, r)
		}
	}
	two := Result{MsPerUpdate: 2, PeakGflops: 150}
	two.Against(Result{MsPerUpdate: 3, PeakGflops: 100})
	if two.Speedup != 1.5 || two.SpeedupOfPeaks != 1 {
		t.Errorf("got %v and %v, want 1.5 and 1: all that the processors give", two.Speedup, two.SpeedupOfPeaks)
	}
}
