package pjrt_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/pjrt"
	_ "github.com/seed-be841da4/prospect/xla"
)

// client returns the client of the plugin of this machine, or skips.
func client(t *testing.T, options map[string]int64) *pjrt.Client {
	t.Helper()
	if len(pjrt.Find()) == 0 {
		t.Skipf("no PJRT plugin: set %s, or pip install xla-cpu-pjrt", pjrt.Variable)
	}
	c, err := pjrt.Open("", options)
	if errors.Is(err, pjrt.ErrNoLoader) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settle collects garbage until nothing is live, or fails.
func settle(t *testing.T, want pjrt.Counts) {
	t.Helper()
	for range 100 {
		runtime.GC()
		if pjrt.Live() == want {
			return
		}
		time.Sleep(time.Millisecond) // finalizers run on a goroutine of their own
	}
	t.Errorf("live objects: got %+v, want %+v", pjrt.Live(), want)
}

func upload(t *testing.T, d *pjrt.Device, data any, shape ...int) *pjrt.Buffer {
	t.Helper()
	b, err := d.Upload(data, shape)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compile(t *testing.T, code string, devices ...*pjrt.Device) *pjrt.Executable {
	t.Helper()
	e, err := pjrt.Compile(code, devices...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const affine = `module @affine {
  func.func public @main(%a: tensor<2x3xf32>, %b: tensor<3x2xf32>) -> (tensor<2x2xf32>, tensor<2x3xf32>) {
    %c = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0], precision = [HIGHEST, HIGHEST] : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
    %d = stablehlo.add %a, %a : tensor<2x3xf32>
    return %c, %d : tensor<2x2xf32>, tensor<2x3xf32>
  }
}`

func TestRun(t *testing.T) {
	before := pjrt.Live()
	c := client(t, nil)
	if c.Platform == "" || c.Plugin.Major != 0 || len(c.Devices) == 0 {
		t.Errorf("client: got %+v", c)
	}
	d := c.Devices[0]
	e := compile(t, affine, d)
	a, b := upload(t, d, []float32{1, 2, 3, 4, 5, 6}, 2, 3), upload(t, d, []float32{1, 0, 0, 1, 1, 1}, 3, 2)
	if got := pjrt.Live(); got.Buffers != before.Buffers+2 || got.Executables != before.Executables+1 || got.Events != before.Events {
		t.Errorf("live objects: got %+v, want two buffers and a program more than %+v", got, before)
	}
	if shape, err := a.Shape(); err != nil || !cmp.Equal(shape, []int{2, 3}) {
		t.Errorf("shape: got %v, %v", shape, err)
	}
	for range 3 {
		out, err := e.Run([]*pjrt.Buffer{a, b})
		if err != nil {
			t.Fatal(err)
		}
		product, twice := make([]float32, 4), make([]float32, 6)
		if err := out[0].Download(product); err != nil {
			t.Fatal(err)
		}
		if err := out[1].Download(twice); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]float32{4, 5, 10, 11}, product); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]float32{2, 4, 6, 8, 10, 12}, twice); diff != "" {
			t.Error(diff)
		}
		out[0].Close()
		out[0].Close() // closing twice does nothing
		out[1].Close()
	}
	for _, b := range []*pjrt.Buffer{a, b} {
		b.Close()
	}
	e.Close()
	if got := pjrt.Live(); got != before {
		t.Errorf("live objects: got %+v, want %+v", got, before)
	}
	if _, err := e.Run([]*pjrt.Buffer{a, b}); err == nil {
		t.Error("a closed program runs")
	}
}

// What is not closed is freed by the garbage collector.
func TestCollected(t *testing.T) {
	d := client(t, nil).Devices[0]
	before := pjrt.Live()
	func() {
		e := compile(t, affine, d)
		a, b := upload(t, d, make([]float32, 6), 2, 3), upload(t, d, make([]float32, 6), 3, 2)
		for range 10 {
			if _, err := e.Run([]*pjrt.Buffer{a, b}); err != nil {
				t.Fatal(err)
			}
		}
	}()
	settle(t, before)
}

const donating = `module @donating {
  func.func public @main(%a: tensor<4xf64> {tf.aliasing_output = 0 : i32}) -> (tensor<4xf64>) {
    %b = stablehlo.add %a, %a : tensor<4xf64>
    return %b : tensor<4xf64>
  }
}`

func TestDonate(t *testing.T) {
	d := client(t, nil).Devices[0]
	before := pjrt.Live()
	e := compile(t, donating, d)
	a := upload(t, d, []float64{1, 2, 3, 4}, 4)
	out, err := e.Run([]*pjrt.Buffer{a})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Download(make([]float64, 4)); err == nil {
		t.Error("a donated buffer is read")
	}
	if _, err := e.Run([]*pjrt.Buffer{a}); err == nil {
		t.Error("a donated buffer is an argument")
	}
	got := make([]float64, 4)
	if err := out[0].Download(got); err != nil || !cmp.Equal(got, []float64{2, 4, 6, 8}) {
		t.Errorf("got %v, %v", got, err)
	}
	a.Close()
	out[0].Close()
	e.Close()
	if got := pjrt.Live(); got != before {
		t.Errorf("live objects: got %+v, want %+v", got, before)
	}
}

const summing = `module @summing {
  func.func public @main(%a: tensor<2xf32>) -> (tensor<2xf32>) {
    %b = "stablehlo.all_reduce"(%a) ({
    ^bb0(%x: tensor<f32>, %y: tensor<f32>):
      %s = stablehlo.add %x, %y : tensor<f32>
      stablehlo.return %s : tensor<f32>
    }) {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2xf32>) -> tensor<2xf32>
    return %b : tensor<2xf32>
  }
}`

// A CPU offers several devices if it is asked to.
func TestReplicas(t *testing.T) {
	if client(t, nil).Platform != "cpu" {
		t.Skip("not a CPU")
	}
	c := client(t, map[string]int64{"cpu_device_count": 2})
	if len(c.Devices) != 2 {
		t.Fatalf("devices: got %d, want 2", len(c.Devices))
	}
	e := compile(t, summing, c.Devices...)
	out, err := e.RunReplicas([][]*pjrt.Buffer{
		{upload(t, c.Devices[0], []float32{1, 2}, 2)},
		{upload(t, c.Devices[1], []float32{10, 20}, 2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for r := range out {
		got := make([]float32, 2)
		if err := out[r][0].Download(got); err != nil || !cmp.Equal(got, []float32{11, 22}) {
			t.Errorf("replica %d: got %v, %v", r, got, err)
		}
	}
	second := compile(t, affine, c.Devices[1])
	a, b := upload(t, c.Devices[1], make([]float32, 6), 2, 3), upload(t, c.Devices[1], make([]float32, 6), 3, 2)
	if _, err := second.Run([]*pjrt.Buffer{a, b}); err != nil {
		t.Errorf("on the second device: %v", err)
	}
}

func TestErrors(t *testing.T) {
	d := client(t, nil).Devices[0]
	before := pjrt.Live()
	var e *pjrt.Error
	if _, err := pjrt.Compile("module @broken {", d); !errors.As(err, &e) || e.Code == 0 || e.Message == "" {
		t.Errorf("compile: got %v, want the plugin's error", err)
	}
	if _, err := d.Upload([]float32{1}, []int{2}); err == nil {
		t.Error("data of another size are uploaded")
	}
	if _, err := d.Upload([]string{"a"}, []int{1}); err == nil {
		t.Error("strings are uploaded")
	}
	a := upload(t, d, []float32{1}, 1)
	if err := a.Download(make([]float64, 1)); err == nil {
		t.Error("float32 is downloaded as float64")
	}
	if err := a.Download(make([]float32, 2)); err == nil {
		t.Error("a buffer is downloaded to another size")
	}
	program := compile(t, affine, d)
	if _, err := program.Run([]*pjrt.Buffer{a}); err == nil {
		t.Error("a program runs with too few arguments")
	}
	if _, err := program.Run([]*pjrt.Buffer{a, a}); err == nil {
		t.Error("a program runs with arguments of another shape")
	}
	a.Close()
	if err := a.Download(make([]float32, 1)); err == nil {
		t.Error("a closed buffer is downloaded")
	}
	program.Close()
	if got := pjrt.Live(); got != before {
		t.Errorf("live objects: got %+v, want %+v", got, before)
	}
}

func TestLoadRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "plugin.so")
	if err := os.WriteFile(text, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, filepath.Join(t.TempDir(), "missing.so")} {
		if _, err := pjrt.Load(path); err == nil || !strings.Contains(err.Error(), "pjrt: ") {
			t.Errorf("%s: got %v, want an error", path, err)
		}
	}
}

func TestFindByVariable(t *testing.T) {
	t.Setenv(pjrt.Variable, "/nowhere/plugin.so")
	if got := pjrt.Find(); !cmp.Equal(got, []string{"/nowhere/plugin.so"}) {
		t.Errorf("got %q", got)
	}
}

func TestFindInEnvironment(t *testing.T) {
	root := t.TempDir()
	folder := filepath.Join(root, "lib", "python3.12", "site-packages")
	cpu, gpu := filepath.Join(folder, "xla_plugins", "cpu", "cpu.so"), filepath.Join(folder, "jax_plugins", "xla_cuda12", "xla_cuda_plugin.so")
	for _, path := range []string{cpu, gpu} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(pjrt.Variable, "")
	t.Setenv("VIRTUAL_ENV", root)
	got := pjrt.Find()
	for i := range got {
		got[i], _ = filepath.EvalSymlinks(got[i])
	}
	if len(got) < 2 || filepath.Base(got[0]) != "xla_cuda_plugin.so" || !strings.Contains(strings.Join(got, " "), "cpu.so") {
		t.Errorf("got %q, want the GPU before the CPU", got)
	}
}
