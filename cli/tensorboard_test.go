package cli

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

// field returns a field of a protocol buffer, nil if it is not there.
func field(b []byte, number protowire.Number) []byte {
	for len(b) > 0 {
		got, kind, n := protowire.ConsumeTag(b)
		m := protowire.ConsumeFieldValue(got, kind, b[n:])
		if m < 0 {
			return nil
		}
		value := b[n : n+m]
		if got == number && kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
			return value
		}
		if got == number {
			return value
		}
		b = b[n+m:]
	}
	return nil
}

// event is what a run writes for TensorBoard at a step.
type event struct {
	tag  string
	step int
}

// events reads the event files of a run as TensorBoard does: a record that a session
// starts makes void what came before it at its step and later. It returns the numbers of
// scalars; those of others are NaN.
func events(t *testing.T, dir string) map[event]float64 {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "tensorboard", "events.out.tfevents.*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("got files %v, %v, want some", names, err)
	}
	out := map[event]float64{}
	for _, name := range names {
		b := []byte(read(t, name))
		for len(b) > 0 {
			n := binary.LittleEndian.Uint64(b)
			data := b[12 : 12+n]
			b = b[16+n:]
			raw, _ := protowire.ConsumeVarint(field(data, 2))
			step := int(raw)
			if field(data, 7) != nil {
				for e := range out {
					if e.step >= step {
						delete(out, e)
					}
				}
			}
			value := field(field(data, 5), 1)
			if value == nil {
				continue
			}
			e := event{string(field(value, 1)), step}
			if _, twice := out[e]; twice {
				t.Errorf("%v is written twice", e)
			}
			out[e] = math.NaN()
			if simple := field(value, 2); simple != nil {
				bits, _ := protowire.ConsumeFixed32(simple)
				out[e] = float64(math.Float32frombits(bits))
			}
		}
	}
	return out
}

// A run with event files, that is stopped and resumed, has each epoch once, and the
// weights of a run without them.
func TestTensorBoard(t *testing.T) {
	data, root := digits(t), t.TempDir()
	plain, out := filepath.Join(root, "plain"), filepath.Join(root, "run")
	prospect(t, small(data, plain, "--epochs", "5")...)
	prospect(t, small(data, out, "--tensorboard")...)
	prospect(t, "train", "--data-dir", data, "--out", out, "--resume", "--epochs", "5") // goes on with them by itself
	if read(t, filepath.Join(out, "checkpoint", "weights.safetensors")) != read(t, filepath.Join(plain, "checkpoint", "weights.safetensors")) {
		t.Error("event files change the weights")
	}
	got := events(t, out)
	var steps []int
	tags := map[string]int{}
	for e := range got {
		if e.tag == "test/accuracy" {
			steps = append(steps, e.step)
		}
		tags[e.tag]++
	}
	slices.Sort(steps)
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5}, steps); diff != "" {
		t.Error(diff)
	}
	for _, tag := range strings.Fields("train/energy train/learning_rate test/squared_error energy/h1 energy/y gradient_norm/median weights/h1/weight feedforward/h1 relaxed/h2") {
		if tags[tag] != 5 {
			t.Errorf("%s: got %d steps, want 5", tag, tags[tag])
		}
	}
	if tags["settings"] != 1 {
		t.Errorf("got tags %v, want the settings once", tags)
	}
	for _, e := range timeless(t, read(t, filepath.Join(out, "metrics.jsonl"))) {
		at := int(e["epoch"].(float64))
		if got, want := got[event{"test/accuracy", at}], 1-e["test_error"].(float64); math.Abs(got-want) > 1e-6 {
			t.Errorf("epoch %d: accuracy, got %v, want %v", at, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(plain, "tensorboard")); err == nil {
		t.Error("a run without --tensorboard has its folder")
	}
}

// Pictures are written of data that are pictures, once of the samples and at each epoch
// of the weights; a rule without a relaxation has what the others have.
func TestTensorBoardPictures(t *testing.T) {
	dir := t.TempDir()
	got := in(t, dir, strings.Fields("train --train-per-class 3 --epochs 2 --model mlp:784-8-10 --rule bp --out a --tensorboard")...)
	if got.code != 0 {
		t.Fatal(got.stderr)
	}
	tags := map[string]int{}
	for e := range events(t, filepath.Join(dir, "a")) {
		tags[e.tag]++
	}
	for tag, want := range map[string]int{"pictures/samples": 1, "pictures/h1/weight": 2, "relaxed/h1": 2, "weights/h1/weight": 2} {
		if tags[tag] != want {
			t.Errorf("%s: got %d, want %d", tag, tags[tag], want)
		}
	}
}

// pythonEnv names the interpreter that reads what is written for other tools; python3 if
// it is not set.
const pythonEnv = "PROSPECT_PYTHON"

// python runs a program if the interpreter has a package, and skips the test otherwise.
func python(t *testing.T, module, program string, args ...string) string {
	t.Helper()
	interpreter := os.Getenv(pythonEnv)
	if interpreter == "" {
		interpreter = "python3"
	}
	if text, err := exec.Command(interpreter, "-c", "import "+module).CombinedOutput(); err != nil {
		t.Skipf("%s cannot import %s (%v); install it, or set %s: %s", interpreter, module, err, pythonEnv, text)
	}
	cmd := exec.Command(interpreter, append([]string{"-c", program}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	return string(out)
}

// A run that is killed at random moments and resumed has each epoch once, in event files and
// in MLflow's, with the numbers of metrics.jsonl.
func TestLoggersOfAKilledRun(t *testing.T) {
	data, root := digits(t), t.TempDir()
	out, store := filepath.Join(root, "run"), filepath.Join(root, "ml")
	args := small(data, out, "--epochs", "40", "--tensorboard", "--mlflow", store, "--resume")
	for i := range 4 {
		killAfter(t, command(t, args...), os.Kill, time.Duration(60+90*i)*time.Millisecond)
	}
	prospect(t, args...)
	var want []float64
	for _, e := range timeless(t, read(t, filepath.Join(out, "metrics.jsonl"))) {
		want = append(want, 1-e["test_error"].(float64))
	}
	if len(want) != 40 {
		t.Fatalf("got %d epochs, want 40", len(want))
	}
	got, last := events(t, out), 0
	for e := range got {
		if e.tag == "test/accuracy" {
			last = max(last, e.step)
		}
	}
	if last != 40 {
		t.Errorf("got %d epochs in the event files, want 40", last)
	}
	for i, w := range want {
		if x, ok := got[event{"test/accuracy", i + 1}]; !ok || math.Abs(x-w) > 1e-6 {
			t.Errorf("epoch %d: got %v, %v, want %v", i+1, x, ok, w)
		}
	}
	files, err := filepath.Glob(filepath.Join(store, "*", "*", "metrics", "test", "accuracy"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got runs %v, %v of MLflow, want one", files, err)
	}
	lines := strings.Split(strings.TrimSpace(read(t, files[0])), "\n")
	if len(lines) != 40 {
		t.Fatalf("got %d lines of MLflow, want 40", len(lines))
	}
	for i, line := range lines {
		if !strings.HasSuffix(line, fmt.Sprintf(" %v %d", want[i], i+1)) {
			t.Errorf("line %d: got %q, want %v", i+1, line, want[i])
		}
	}
}
