// Command group measures what the processes of a group cost each other: it trains
// networks of 0.1 to 20 million parameters and prints, for each, the least time of an
// update alone, in blocks and in the group, and the least time spent in exchanges.
//
//	go build -o group ./internal/bench/group && mpirun -n 2 ./group
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
	"unsafe"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/mpi"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// timed measures a communicator, update by update.
type timed struct {
	train.Communicator
	now, least exchanges
}

// exchanges are those of an update, up to 64 KiB and above.
type exchanges struct {
	small, large   time.Duration
	nSmall, nLarge int
	bytes          int
}

// end ends an update, and keeps the least of all.
func (c *timed) end() {
	if c.least.bytes == 0 {
		c.least = c.now
	}
	c.least.small, c.least.large = min(c.least.small, c.now.small), min(c.least.large, c.now.large)
	c.now = exchanges{}
}

// Exchange implements train.Communicator.
func (c *timed) Exchange(rank int, send, receive []byte) (int, error) {
	start := time.Now()
	n, err := c.Communicator.Exchange(rank, send, receive)
	if took := time.Since(start); max(len(send), n) > 1<<16 {
		c.now.large += took
		c.now.nLarge++
	} else {
		c.now.small += took
		c.now.nSmall++
	}
	c.now.bytes += len(send)
	return n, err
}

func main() {
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "group:", err)
		os.Exit(1)
	}
}

func measure() error {
	w := mpi.World()
	if w.Err() != nil {
		return w.Err()
	}
	defer w.Close()
	lead := w.Rank() == 0
	if lead {
		fmt.Printf("%d processes, %s\n\n", w.Size(), w.Library())
	}
	if err := transfers(w); err != nil {
		return err
	}
	if lead {
		fmt.Println("| network | parameters | rule | whole, ms | blocks, ms | group, ms | small exchanges | ms | large ones | ms | MB sent |")
		fmt.Println("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	}
	for _, widths := range [][]int{{784, 128, 10}, {784, 256, 256, 10}, {784, 1024, 1024, 10}, {784, 2048, 2048, 2048, 10}, {784, 2900, 2900, 2900, 10}} {
		for _, rule := range []string{"pc", "pc, constant size", "bp"} {
			if err := row(w, lead, widths, rule); err != nil {
				return err
			}
		}
	}
	return nil
}

// transfers measures exchanges of parameters alone, in messages of at most 1 MiB, with
// and without the addition.
func transfers(w *mpi.Communicator) error {
	if w.Size() < 2 {
		return nil
	}
	if w.Rank() == 0 {
		fmt.Println("| float32 | MB | exchange, ms | with the sum, ms |\n| ---: | ---: | ---: | ---: |")
	}
	for _, n := range []int{1, 100_000, 1_000_000, 10_000_000, 20_000_000} {
		x := make([]float32, n)
		least := [2]time.Duration{time.Hour, time.Hour}
		for range max(5, min(300, 30_000_000/n)) {
			for adds := range 2 {
				start := time.Now()
				if err := transfer(w, x, adds == 1); err != nil {
					return err
				}
				least[adds] = min(least[adds], time.Since(start))
			}
		}
		if w.Rank() == 0 {
			fmt.Printf("| %d | %.2f | %.3f | %.3f |\n", n, float64(4*n)/1e6, least[0].Seconds()*1e3, least[1].Seconds()*1e3)
		}
	}
	if w.Rank() == 0 {
		fmt.Println()
	}
	return nil
}

// received is where transfer receives: 1 MiB.
var received = make([]float32, 1<<18)

// transfer exchanges numbers with the neighbour.
func transfer(w *mpi.Communicator, x []float32, adds bool) error {
	for len(x) > 0 {
		part := x[:min(len(x), len(received))]
		if _, err := w.Exchange(w.Rank()^1, bytesOf(part), bytesOf(received[:len(part)])); err != nil {
			return err
		}
		if adds {
			for i, v := range received[:len(part)] {
				part[i] += v
			}
		}
		x = x[len(part):]
	}
	return nil
}

func bytesOf(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}

// row measures a network and a rule.
func row(w *mpi.Communicator, lead bool, widths []int, rule string) error {
	var whole, blocks time.Duration
	var err error
	if lead {
		if whole, err = updates(widths, rule, 0, nil); err != nil {
			return err
		}
		if blocks, err = updates(widths, rule, max(2, w.Size()), nil); err != nil {
			return err
		}
	}
	c := &timed{Communicator: w}
	if _, err := train.Broadcast(w, nil); err != nil { // the others wait
		return err
	}
	group, err := updates(widths, rule, max(2, w.Size()), c)
	if err != nil || !lead {
		return err
	}
	net, err := models.MLP{Widths: widths}.New(graph.Settings{})
	if err != nil {
		return err
	}
	n := 0
	for _, p := range net.Params() {
		n += p.Value.DataSize()
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	x := c.least
	fmt.Printf("| %v | %.2f M | %s | %.2f | %.2f | %.2f | %d | %.2f | %d | %.2f | %.2f |\n", widths, float64(n)/1e6, rule,
		ms(whole), ms(blocks), ms(group), x.nSmall, ms(x.small), x.nLarge, ms(x.large), float64(x.bytes)/1e6)
	return nil
}

// updates returns the least time of an update: on a machine with other work the median
// tells of that.
func updates(widths []int, rule string, blocks int, c *timed) (time.Duration, error) {
	net, err := models.MLP{Widths: widths, Activation: layers.Tanh{}}.New(graph.Settings{Seed: 1, Engine: graph.Compiled{Threads: 1}})
	if err != nil {
		return 0, err
	}
	src := &train.Pairs{Settings: datasets.BatchSettings{Size: 64}}
	for i := range 64 * (1 + max(8, 400/(widths[1]/32))) {
		x, y := make([]float32, widths[0]), make([]float32, widths[len(widths)-1])
		x[i%len(x)], y[i%len(y)] = 1, 1
		src.X, src.Y = append(src.X, x), append(src.Y, y)
	}
	var r train.Rule = &train.Backprop{}
	switch rule {
	case "pc":
		r = &train.Prospective{Relax: relax.Settings{Steps: 20, Control: relax.Discount{Size: 0.1, Factor: 0.5}, SkipFinal: true}}
	case "pc, constant size":
		r = &train.Prospective{Relax: relax.Settings{Steps: 20, Control: relax.Constant{Size: 0.1}, SkipFinal: true}}
	}
	t := &train.Trainer{Network: net, Rule: r, Optimizer: &train.SGD{}, Rate: 1e-4, Epochs: 1, Blocks: blocks}
	if c != nil {
		t.Group = c
	}
	var times []time.Duration
	last := time.Now()
	t.OnStep(1, func(_ context.Context, t *train.Trainer, _ train.Stats) error {
		if t.Progress.Updates == 1 && c != nil {
			c.now = exchanges{} // without the compilation
		} else if t.Progress.Updates > 1 {
			times = append(times, time.Since(last))
			if c != nil {
				c.end()
			}
		}
		last = time.Now()
		return nil
	})
	if err := t.Fit(context.Background(), src); err != nil {
		return 0, err
	}
	return slices.Min(times), nil
}
