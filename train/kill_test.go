package train_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/train"
)

// kills is how many processes TestKill stops. Below the number of cases it takes a
// random part of them.
var kills = flag.Int("kills", 14, "how many training processes TestKill stops at random moments")

// beTrainer makes the test binary a training process: a case, a directory.
const beTrainer = "PROSPECT_TEST_BE_TRAINER"

// killEpochs is the length of a run, long enough to be hit in the middle.
const killEpochs = 60

func TestMain(m *testing.M) {
	if os.Getenv(beTrainer) != "" {
		os.Exit(beChild(os.Getenv(beTrainer)))
	}
	os.Exit(m.Run())
}

// killCase is a rule on a network with an optimizer.
type killCase struct {
	ruleCase
	optimizer string
}

func killCases() (all []killCase) {
	for _, c := range ruleCases() {
		for _, o := range optimizerNames {
			all = append(all, killCase{c, o})
		}
	}
	return all
}

func (c killCase) String() string {
	return c.ruleCase.String() + "-with-" + strings.ReplaceAll(c.optimizer, " ", "-")
}

// beChild trains a case from the checkpoint in a directory, if there is one, to its
// end, or to a signal, and returns the exit code. It saves a checkpoint now and
// then, when it is interrupted, and at the end.
func beChild(what string) int {
	name, dir, _ := strings.Cut(what, " ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for _, c := range killCases() {
		if c.String() != name {
			continue
		}
		tr, src := c.trainer(new(testing.T), c.optimizer, nil, killEpochs)
		if err := tr.LoadCheckpoint(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		tr.OnStep(17, func(_ context.Context, tr *train.Trainer, _ train.Stats) error { return tr.SaveCheckpoint(dir) })
		fmt.Println("training")
		err := tr.Fit(ctx, src)
		if saveErr := tr.SaveCheckpoint(dir); saveErr != nil {
			err = saveErr
		}
		switch {
		case err == nil || errors.Is(err, train.ErrRunOver):
			return 0
		case errors.Is(err, context.Canceled):
			return 130
		}
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stderr, "no case", name)
	return 1
}

// killed runs a child and sends it a signal after a time, counted from its first
// update or, at times, its start. It reports whether the child was stopped.
func (c killCase) killed(t *testing.T, dir string, s os.Signal, after time.Duration) bool {
	t.Helper()
	cmd, stderr := c.command(t, dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = out.Read(make([]byte, 1)) // it trains
	time.Sleep(after)
	_ = cmd.Process.Signal(s) // fails if it has ended
	_ = cmd.Wait()
	switch code := cmd.ProcessState.ExitCode(); code {
	case 0:
		return false
	case -1, 130:
		return true
	default:
		t.Fatalf("%v: exit code %d\n%s", c, code, stderr)
	}
	return false
}

func (c killCase) command(t *testing.T, dir string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), beTrainer+"="+c.String()+" "+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	return cmd, &stderr
}

// hashes are those of the files of a checkpoint.
func hashes(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	for _, file := range []string{"weights.safetensors", "optimizer.safetensors", "trainer.json"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s %x\n", file, sha256.Sum256(text))
	}
	return out.String()
}

// TestKill stops training processes at random moments by SIGKILL, SIGINT and
// SIGTERM, several times in one run, lets them go on, and expects the files of a
// run that was left alone. With -kills N it goes round all rules, networks and
// optimizers until N processes were stopped, and at least once; without it takes
// a few of them.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	cases := killCases()
	full := *kills >= 100
	stopped, runs, by := 0, 0, map[os.Signal]int{}
	for runs < 4*len(cases) && (stopped < *kills || full && runs < len(cases)) {
		if runs%len(cases) == 0 {
			rng.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
		}
		c := cases[runs%len(cases)]
		runs++
		for s, n := range c.run(t, rng) {
			by[s] += n
			stopped += n
		}
	}
	t.Logf("%d of %d cases, %d runs, %d processes stopped: %v", min(runs, len(cases)), len(cases), runs, stopped, by)
	if stopped < *kills {
		t.Errorf("%d processes stopped, want %d", stopped, *kills)
	}
}

// run compares a run that is stopped up to three times with one that is not.
func (c killCase) run(t *testing.T, rng *rand.Rand) map[os.Signal]int {
	t.Helper()
	root := t.TempDir()
	want, dir := filepath.Join(root, "undisturbed"), filepath.Join(root, "killed")
	cmd, stderr := c.command(t, want)
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", c, err, stderr)
	}
	whole := time.Since(begin)
	by := map[os.Signal]int{}
	for range 3 {
		s := []os.Signal{os.Kill, os.Interrupt, syscall.SIGTERM}[rng.IntN(3)]
		if !c.killed(t, dir, s, time.Duration(rng.Int64N(int64(whole)/2))) {
			break
		}
		by[s]++
	}
	cmd, stderr = c.command(t, dir)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: resumed: %v\n%s", c, err, stderr)
	}
	if got, want := hashes(t, dir), hashes(t, want); got != want {
		t.Errorf("%v: after %v, got\n%swant\n%s", c, by, got, want)
	}
	return by
}
