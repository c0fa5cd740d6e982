package graph_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/layers"
)

// A data set that a device has no room for is refused before it is read; so are data that
// cannot be clamped, and nothing of it stays on the device.
func TestXLADataSetRefused(t *testing.T) {
	e := onXLA(t)
	make2 := func(engine graph.Engine) *graph.Network {
		net, err := graph.New(graph.Declaration{
			Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{4}}, {Name: "y", Shape: graph.Shape{2}}},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 2}}},
		}, graph.Settings{Engine: engine})
		if err != nil {
			t.Fatal(err)
		}
		return net
	}
	net := make2(e)
	nodes := []string{"x", "y"}
	before := pjrt.Live().Buffers
	read := func(data map[string][]float32) error {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, values := range data {
			for i := range values {
				values[i] = rng.Float32()
			}
		}
		return nil
	}
	for want, load := range map[string]func() error{
		"memory of device 0": func() error {
			_, err := net.NewDataSet(1<<40, nodes, func(map[string][]float32) error { t.Error("it was read"); return nil })
			return err
		},
		"finite": func() error {
			_, err := net.NewDataSet(3, nodes, func(data map[string][]float32) error { data["y"][5] /= 0 * data["y"][5]; return nil })
			return err
		},
		"not declared": func() error { _, err := net.NewDataSet(3, []string{"z"}, read); return err },
		"no such thing": func() error {
			_, err := net.NewDataSet(3, nodes, func(map[string][]float32) error { return errors.New("no such thing") })
			return err
		},
		"got compiled": func() error { _, err := make2(graph.Compiled{}).NewDataSet(3, nodes, read); return err },
	} {
		if err := load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if n := pjrt.Live().Buffers; n != before {
		t.Errorf("buffers on the device, got %d, want %d", n, before)
	}

	s, err := net.BackpropSession(2, graph.Roles{Clamped: nodes, Training: true})
	if err != nil {
		t.Fatal(err)
	}
	d, err := net.NewDataSet(3, nodes, read)
	if err != nil {
		t.Fatal(err)
	}
	half, err := net.NewDataSet(3, nodes[:1], read)
	if err != nil {
		t.Fatal(err)
	}
	update := func(samples ...int) graph.WholeUpdates {
		return graph.WholeUpdates{Data: d, Each: []graph.EachUpdate{{Samples: samples}}}
	}
	of := func(d *graph.DataSet) graph.WholeUpdates {
		return graph.WholeUpdates{Data: d, Each: []graph.EachUpdate{{Samples: []int{0, 1}}}}
	}
	closed, err := net.NewDataSet(3, nodes, read)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	closed.Close()
	for want, u := range map[string]graph.WholeUpdates{
		"want 0 to 2":            update(0, 3),
		"got number -1":          update(-1, 0),
		"want the batch of 2":    update(0),
		"has no data of":         of(half),
		"want one of NewDataSet": of(closed),
		"got none":               of(nil),
	} {
		if n, err := s.Updates(u, nil); n != 0 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %d, %v, want an error with %q", n, err, want)
		}
	}
	half.Close()
	d.Close()
	if n := pjrt.Live().Buffers; n != before {
		t.Errorf("buffers on the device after Close, got %d, want %d", n, before)
	}
}
