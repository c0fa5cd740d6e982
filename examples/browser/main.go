// Browser makes a page on which a visitor draws a digit, watches the activities of a
// network settle layer by layer, and compares what two learning rules do to it in one
// update. The network runs in the page, compiled to WebAssembly.
//
//	go run ./examples/browser -serve localhost:8080  # then open http://localhost:8080
//	go run ./examples/browser -out DIR               # a folder for any static server
//	go run ./examples/browser -train FILE            # trains its weights anew
//
// The weights it holds are what -train examples/browser/demo/weights.safetensors wrote.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/examples/browser/demo"
	"github.com/seed-be841da4/prospect/examples/browser/site"
	"github.com/seed-be841da4/prospect/train"
)

func main() {
	serve := flag.String("serve", "", "address to serve the page at, such as localhost:8080")
	out := flag.String("out", "", "folder to write the page into")
	weights := flag.String("train", "", "file to write weights into that are trained anew")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch {
	case *weights != "":
		check(learn(ctx, *weights))
	case *out != "":
		check(site.Build(ctx, *out))
		fmt.Println("the page is in", *out)
	case *serve != "":
		check(serveAt(ctx, *serve))
	default:
		flag.Usage()
		os.Exit(2)
	}
}

// serveAt builds the page and serves it until the program is interrupted.
func serveAt(ctx context.Context, address string) error {
	dir, err := os.MkdirTemp("", "prospect-browser-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := site.Build(ctx, dir); err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: http.FileServer(http.Dir(dir))}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	fmt.Println("serving the page at", address)
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// learn trains on drawn digits by prospective configuration, and writes the weights.
func learn(ctx context.Context, path string) error {
	net, err := demo.NewNetwork()
	if err != nil {
		return err
	}
	digits, err := datasets.Load("glyphs", datasets.LoadSettings{Seed: 1})
	if err != nil {
		return err
	}
	evaluator, err := train.NewEvaluator(net, "y")
	if err != nil {
		return err
	}
	trainer := train.Trainer{Network: net, Rule: train.Paper(20, 0.1, 0.5), Optimizer: &train.Adam{}, Rate: 0.001, Epochs: 30}
	trainer.OnEpoch(func(ctx context.Context, t *train.Trainer, _ train.Stats) error {
		test, err := evaluator.Evaluate(ctx, &train.Labelled{Data: digits.Test, Settings: datasets.BatchSettings{Size: 100}})
		fmt.Printf("epoch %d: test accuracy %.1f %%\n", t.Progress.Epoch+1, 100*test.Accuracy())
		return err
	})
	if err := trainer.Fit(ctx, &train.Labelled{Data: digits.Train, Settings: datasets.BatchSettings{Size: 32, Shuffle: true}}); err != nil {
		return err
	}
	return train.SaveWeights(net, path)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
