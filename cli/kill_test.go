package cli

import (
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

// compareRuns checks that two run directories hold the same results, bit for bit
// but for the times.
func compareRuns(t *testing.T, got, want string) {
	t.Helper()
	for _, file := range []string{"weights.safetensors", "optimizer.safetensors", "trainer.json"} {
		if _, err := os.Stat(filepath.Join(want, "checkpoint", file)); file == "optimizer.safetensors" && os.IsNotExist(err) {
			continue // of an optimizer that remembers nothing
		}
		if read(t, filepath.Join(got, "checkpoint", file)) != read(t, filepath.Join(want, "checkpoint", file)) {
			t.Errorf("%s differs from that of the undisturbed run", file)
		}
	}
	g, w := timeless(t, read(t, filepath.Join(got, "metrics.jsonl"))), timeless(t, read(t, filepath.Join(want, "metrics.jsonl")))
	if !reflect.DeepEqual(g, w) {
		t.Errorf("metrics.jsonl, got\n%v\nwant\n%v", g, w)
	}
}

// kills is how many processes TestKill stops at least.
var kills = flag.Int("kills", 6, "how many runs TestKill stops at random moments")

// killAfter starts a command and sends it a signal after a time. It reports whether
// the command was still running.
func killAfter(t *testing.T, cmd *exec.Cmd, s os.Signal, d time.Duration) bool {
	t.Helper()
	var stderr strings.Builder
	cmd.Stdout, cmd.Stderr = io.Discard, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(d)
	_ = cmd.Process.Signal(s) // fails if it has ended
	_ = cmd.Wait()
	switch code := cmd.ProcessState.ExitCode(); code {
	case 0:
		return false
	case -1, exitInterrupted: // by the signal itself, or as the command ends on one
		return true
	default:
		t.Errorf("resumed run: exit code %d\n%s", code, stderr.String())
	}
	return false
}

// killVariants are runs of every rule, with other optimizers and settings beside.
func killVariants() [][]string {
	return [][]string{
		{},
		{"--rule", "bp", "--optimizer", "momentum", "--lr", "0.01"},
		{"--augment", "crop:1,flip,noise:0.1", "--rates", "h1/*=0.1,*/bias=2"},
		{"--schedule", "cosine", "--limit-batches", "9", "--batch", "32", "--precision", "f64"},
		{"--rule", "incremental", "--optimizer", "sgd", "--lr", "0.0001", "--steps", "40"},
		{"--rule", "incremental", "--schedule", "cosine", "--steps", "20", "--engine", "tape"},
		{"--rule", "z-il", "--optimizer", "adamw", "--weight-decay", "0.001"},
		{"--rule", "target-propagation", "--activation", "identity", "--lr", "0.0001"},
		{"--rule", "generec", "--optimizer", "nesterov", "--lr", "0.0001"},
		{"--rule", "hopfield", "--optimizer", "sgd", "--lr", "0.0001"},
		{"--rule", "almeida-pineda"},
		{"--model", "recurrent:64-12-10", "--start-std", "0.1", "--solver", "adam"},
	}
}

// TestKill stops runs at random moments by SIGKILL, SIGINT and SIGTERM, several
// times each, resumes them, and expects the weights, the optimizer and the metrics
// of a run that was left alone. With -kills 100 or more it takes every variant,
// otherwise some.
func TestKill(t *testing.T) {
	data := digits(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	variants, least := killVariants(), 4
	if *kills >= 100 {
		least = len(variants)
	}
	rng.Shuffle(len(variants), func(i, j int) { variants[i], variants[j] = variants[j], variants[i] })
	stopped, runs, by := 0, 0, map[os.Signal]int{}
	for ; runs < least || stopped < *kills && runs < *kills+10; runs++ {
		flags := append([]string{"--checkpoint-every", "3", "--json"}, variants[runs%len(variants)]...)
		want := filepath.Join(t.TempDir(), "undisturbed")
		begin := time.Now()
		prospect(t, small(data, want, flags...)...)
		whole := time.Since(begin)
		out := filepath.Join(t.TempDir(), "killed")
		args := small(data, out, append(flags, "--resume")...)
		for range 4 {
			s := []os.Signal{os.Kill, syscall.SIGINT, syscall.SIGTERM}[rng.IntN(3)]
			if !killAfter(t, command(t, args...), s, time.Duration(rng.Int64N(int64(whole)*2/3))) {
				break // it has come to its end
			}
			by[s]++
			stopped++
		}
		prospect(t, args...)
		if compareRuns(t, out, want); t.Failed() {
			t.Fatalf("prospect train %s", strings.Join(flags, " "))
		}
	}
	t.Logf("%d runs, %d stops: %v", runs, stopped, by)
	if stopped < *kills {
		t.Errorf("%d processes stopped, want %d", stopped, *kills)
	}
}

// TestInterrupt stops a run with SIGINT and goes on as the message says.
func TestInterrupt(t *testing.T) {
	data, root := digits(t), t.TempDir()
	want := filepath.Join(root, "undisturbed")
	flags := []string{"--epochs", "20", "--json"}
	prospect(t, small(data, want, flags...)...)
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		out := filepath.Join(root, signal.String())
		cmd := command(t, small(data, out, flags...)...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := stdout.Read(make([]byte, 1)); err != nil { // the first epoch is over
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
			t.Errorf("%v: exit code, got %d, want %d\n%s", signal, code, exitInterrupted, stderr.String())
		}
		_, hint, ok := strings.Cut(stderr.String(), "prospect: stopped; go on with: prospect ")
		if !ok || strings.Count(stderr.String(), "\n") != 1 {
			t.Fatalf("%v: got stderr %q", signal, stderr.String())
		}
		prospect(t, "evaluate", "--out", out, "--data-dir", data)
		prospect(t, strings.Fields(hint)...)
		compareRuns(t, out, want)
	}
}
