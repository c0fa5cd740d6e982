package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The implementations of MPI that these tests run where they are installed, as Debian
// names their commands. mpirun alone is one of them.
var implementations = []struct {
	name, command string
	flags         []string
}{
	{"openmpi", "mpirun.openmpi", []string{"--allow-run-as-root", "--oversubscribe"}},
	{"mpich", "mpirun.mpich", nil},
}

// clusterVariable has the tests do what takes minutes; .ci/cluster sets it.
const clusterVariable = "PROSPECT_CLUSTER_TEST"

// built is the program, which the first test that needs it builds.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "prospect-*")
	if err != nil {
		panic(err)
	}
	built = filepath.Join(dir, "prospect")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// build returns the program with the loader of MPI, built without cgo.
func build(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(built); err == nil {
		return built
	}
	c := exec.Command("go", "build", "-tags", "dynamic", "-o", built, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return built
}

// net is a network with everything that depends on the whole batch.
const net = `
[[node]]
name = "x"
shape = [784]
[[node]]
name = "h1"
shape = [16]
[[node]]
name = "h2"
shape = [12]
[[node]]
name = "y"
shape = [10]
[[prediction]]
of = "h1"
from = ["x"]
layer = [{ kind = "dense", out = 16 }]
[[prediction]]
of = "h2"
from = ["h1"]
layer = [{ kind = "batchnorm" }, { kind = "tanh" }, { kind = "dropout", rate = 0.2 }, { kind = "dense", out = 12 }]
[[prediction]]
of = "y"
from = ["h2"]
layer = [{ kind = "tanh" }, { kind = "dense", out = 10 }]
`

// training are the arguments of a run of three epochs with Adam; 410 samples make a last
// batch of 26.
func training(t *testing.T, out string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "net.toml")
	if err := os.WriteFile(file, []byte(net), 0o666); err != nil {
		t.Fatal(err)
	}
	return []string{"train", "--rule", "pc", "--train-per-class", "41", "--model", file, "--steps", "6", "--epochs", "3", "--out", out}
}

// hash returns the hash of the weights of a run.
func hash(t *testing.T, out string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(out, "checkpoint", "weights.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// launch returns a command under mpirun.
func launch(command string, flags []string, n int, program string, arguments ...string) *exec.Cmd {
	all := append(append(append([]string(nil), flags...), "-n", strconv.Itoa(n), program), arguments...)
	c := exec.Command(command, all...)
	c.Env = append(os.Environ(), "MPIEXEC_TIMEOUT=300")
	return c
}

// Three epochs with Adam, dropout and batch normalisation end with the same weights on 1,
// 2 and 4 ranks of either MPI, and with --blocks alone; only rank 0 prints.
func TestRanksGiveTheSameWeights(t *testing.T) {
	dir, want := t.TempDir(), ""
	for _, mpi := range implementations {
		t.Run(mpi.name, func(t *testing.T) {
			if _, err := exec.LookPath(mpi.command); err != nil {
				t.Skipf("%s is not installed: apt-get install %s", mpi.command, map[string]string{"openmpi": "openmpi-bin libopenmpi3", "mpich": "mpich"}[mpi.name])
			}
			program := build(t)
			if want == "" {
				out := filepath.Join(dir, "blocks")
				if text, err := exec.Command(program, append(training(t, out), "--blocks", "8")...).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				want = hash(t, out)
			}
			for _, n := range []int{1, 2, 4} {
				out := filepath.Join(dir, mpi.name+strconv.Itoa(n))
				text, err := launch(mpi.command, mpi.flags, n, program, training(t, out)...).CombinedOutput()
				if err != nil {
					t.Fatalf("%d ranks: %v\n%s", n, err, text)
				}
				if got := hash(t, out); got != want {
					t.Errorf("%d ranks: weights %s, want %s", n, got, want)
				}
				if got := strings.Count(string(text), "The run is in "); got != 1 {
					t.Errorf("%d ranks: %d of them tell the result, want 1:\n%s", n, got, text)
				}
			}
			for _, c := range []struct {
				n         int
				arguments []string
				want      string
			}{
				{3, training(t, filepath.Join(dir, "three")), "prospect: mpi: processes, got 3, want a power of two, so that each has as many of the blocks of a batch; start 2 or 4"},
				{2, []string{"train", "--model", "nope"}, `prospect: --model, got "nope", want one of`},
				{2, training(t, filepath.Join(dir, "blocks")), "already holds a run"},
			} {
				text, err := launch(mpi.command, mpi.flags, c.n, program, c.arguments...).CombinedOutput()
				if err == nil || strings.Count(string(text), c.want) != 1 {
					t.Errorf("got %v, want this once: %s\n%s", err, c.want, text)
				}
			}
		})
	}
}

// A launcher whose library is not there is an error with a remedy.
func TestLibraryIsMissing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("names a library of Linux")
	}
	c := exec.Command(build(t), "train", "--epochs", "1")
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), "PMI_RANK=0", "PMI_SIZE=2", "PROSPECT_MPI_LIBRARY=/nowhere/libmpi.so")
	text, err := c.CombinedOutput()
	const want = "prospect: mpi: MPICH has started 2 processes, but no MPI library can be loaded (tried /nowhere/libmpi.so; "
	if err == nil || !strings.HasPrefix(string(text), want) || strings.Count(string(text), "\n") != 1 {
		t.Errorf("got %v, want one line that begins with %q:\n%s", err, want, text)
	}
}

// When a rank is killed, all end with an error, and the run goes on from its checkpoint
// on another number of ranks, to the weights of an undisturbed one.
func TestKilledRank(t *testing.T) {
	if os.Getenv(clusterVariable) == "" {
		t.Skipf("takes a minute; set %s=1 to run it", clusterVariable)
	}
	const kills = 20
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for _, mpi := range implementations {
		t.Run(mpi.name, func(t *testing.T) {
			if _, err := exec.LookPath(mpi.command); err != nil {
				t.Skipf("%s is not installed", mpi.command)
			}
			program, dir := build(t), t.TempDir()
			base := append(training(t, ""), "--epochs", "12", "--checkpoint-every", "5", "--blocks", "8")
			arguments := func(out string) []string { return append(slices.Clone(base), "--out", out) }
			whole, out := filepath.Join(dir, "whole"), filepath.Join(dir, "killed")
			if text, err := exec.Command(program, arguments(whole)...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			want, ends := hash(t, whole), 0
			for killed := 0; killed < kills; {
				n := []int{2, 4}[rng.IntN(2)]
				if killRank(t, launch(mpi.command, mpi.flags, n, program, append(arguments(out), "--resume")...), program, rng, n) {
					killed++
					continue
				}
				if got := hash(t, out); got != want { // it came to its end
					t.Fatalf("after %d kills: weights %s, want %s", killed, got, want)
				}
				ends++
				os.RemoveAll(out)
			}
			c := launch(mpi.command, mpi.flags, 2, program, append(arguments(out), "--resume")...)
			if text, err := c.CombinedOutput(); err != nil {
				t.Fatalf("resume: %v\n%s", err, text)
			}
			if got := hash(t, out); got != want {
				t.Errorf("after %d kills: weights %s, want %s", kills, got, want)
			}
			t.Logf("%d kills, %d ends", kills, ends+1)
		})
	}
}

// killRank starts a command, kills one of its ranks and waits until all are gone. It
// returns false if the command came to its end before.
func killRank(t *testing.T, c *exec.Cmd, program string, rng *rand.Rand, n int) bool {
	t.Helper()
	var text bytes.Buffer
	c.Stdout, c.Stderr = &text, &text
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	victim := awaitRank(t, program, rng.IntN(n), done)
	if victim != 0 {
		time.Sleep(time.Duration(rng.IntN(600)) * time.Millisecond)
		_ = syscall.Kill(victim, syscall.SIGKILL) // unless it has ended
	}
	select {
	case err := <-done:
		if err != nil && victim == 0 {
			t.Fatalf("ended before a rank was killed: %v\n%s", err, &text)
		}
		return err != nil
	case <-time.After(2 * time.Minute):
		_ = c.Process.Kill()
		t.Fatalf("a rank was killed, and the others go on:\n%s", &text)
	}
	return false
}

// awaitRank returns the process of a rank once it trains, or 0 if all have ended.
func awaitRank(t *testing.T, program string, rank int, done chan error) int {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		select {
		case err := <-done:
			done <- err
			return 0
		default:
		}
		entries, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, e := range entries {
			pid := filepath.Base(filepath.Dir(e))
			if exe, err := os.Readlink(filepath.Join("/proc", pid, "exe")); err != nil || exe != program {
				continue
			}
			environ, _ := os.ReadFile(e)
			for _, name := range []string{"OMPI_COMM_WORLD_RANK", "PMI_RANK"} {
				if bytes.Contains(environ, []byte(fmt.Sprintf("\x00%s=%d\x00", name, rank))) {
					id, _ := strconv.Atoi(pid)
					return id
				}
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("no rank has started")
	return 0
}
