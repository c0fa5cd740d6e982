package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseModel(t *testing.T) {
	for _, c := range []struct{ data, model, want string }{
		{"glyphs", "mlp", "mlp:784-64-64-10"},
		{"optdigits", "mlp", "mlp:64-64-64-10"},
		{"fashion-mnist", "mlp", "mlp:784-256-256-10"},
		{"cifar-10", "mlp", "mlp:3072-256-256-10"},
		{"glyphs", "mlp:784-10", "mlp:784-10"},
		{"glyphs", "mlp:784-7-10", "mlp:784-7-10"},
		{"glyphs", "mlp:784-7-7-7-10", "mlp:784-7-7-7-10"},
		{"glyphs", "mlp:784-7x5-10,no_bias=true", "mlp:784-7x5-10,no_bias"},
		{"glyphs", "mlpresidual:784-16x20-10", "mlpresidual:inputs=784,width=16,depth=20,outputs=10"},
		{"glyphs", "mlpresidual:depth=3,parametrization=standard", "mlpresidual:inputs=784,width=64,depth=3,outputs=10,parametrization=standard"},
		{"glyphs", "generative", "generative:64-64,size=784,classes=10"},
		{"glyphs", "generative:latent=8,classes=0", "generative:64-64,size=784,classes=0,latent=8"},
		{"cifar-10", "autoencoder", "autoencoder:3072-256-32"},
		{"cifar-10", "autoencoder:3072-128-64-16,tied=true", "autoencoder:3072-128-64-16,tied"},
		{"optdigits", "recurrent:topology=clique", "recurrent:64-64-64-10,topology=clique"},
		{"optdigits", "memory", "memory:64-128,size=64"},
		{"cifar-10", "convnet", "convnet:input=3-32-32,classes=10"},
		{"glyphs", "convnet:64-32", "convnet:64-32,input=28-28,classes=10"},
		{"cifar-10", "vgg5", "vgg5:input=3-32-32,classes=10"},
		{"cifar-10", "vgg7", "vgg7:input=3-32-32,classes=10"},
		{"cifar-10", "resnet:2-2,norm=batch-norm", "resnet:2-2,input=3-32-32,classes=10,width=16,norm=batch-norm"},
		{"cifar-10", "resnet18", "resnet18:input=3-32-32,classes=10"},
		{"glyphs", "mlp:no_bias=true", "mlp:784-64-64-10,no_bias"},
	} {
		s := Settings{Data: c.data, Model: c.model}
		if err := s.Complete(); err != nil || s.Model != c.want {
			t.Errorf("%s on %s, got %s, %v, want %s", c.model, c.data, s.Model, err, c.want)
			continue
		}
		again := s
		if err := again.Complete(); err != nil || again.Model != s.Model {
			t.Errorf("%s completed again, got %s, %v, want the same", s.Model, again.Model, err)
		}
		s.Init, s.Energy, s.Engine = "fan-in", "gaussian", "compiled"
		if _, err := s.Network(); err != nil {
			t.Errorf("%s: %v", s.Model, err)
		}
	}
}

// TestMetrics writes lines, tears the last one and goes on from earlier epochs.
func TestMetrics(t *testing.T) {
	dir := t.TempDir()
	add := func(done int, epochs ...int) {
		t.Helper()
		m, err := openMetrics(dir, done)
		if err != nil {
			t.Fatal(err)
		}
		defer m.close()
		for _, n := range epochs {
			if err := m.add(Epoch{Epoch: n}); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(dir, metricsFile)
	add(0, 1, 2, 3)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, `{"epoch":4,`...), 0o666); err != nil {
		t.Fatal(err)
	}
	add(2, 3)
	again, err := os.ReadFile(path)
	if err != nil || string(again) != string(text) {
		t.Errorf("got %q, %v, want %q", again, err, text)
	}
	if _, err := openMetrics(dir, 4); err == nil || !strings.Contains(err.Error(), "got 3 lines") {
		t.Errorf("more epochs than lines, got %v, want an error", err)
	}
}
