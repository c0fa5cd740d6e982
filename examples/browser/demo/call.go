package demo

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/pkg/errors"
)

// Request is what the page asks.
type Request struct {
	// Ask is "info", "example", "answer", "settle", "learn" or "reset".
	Ask string `json:"ask"`
	// Lines are what is drawn.
	Lines [][]Point `json:"lines,omitempty"`
	// Label is what the digit shall be; of "example" the digit to draw.
	Label int `json:"label,omitempty"`
	// Rule, Share and Keep are those of [Demo.Learn].
	Rule  string  `json:"rule,omitempty"`
	Share float64 `json:"share,omitempty"`
	Keep  bool    `json:"keep,omitempty"`
}

// Info describes the network.
type Info struct {
	Nodes []string `json:"nodes"`
	Sizes []int    `json:"sizes"`
	// Weights counts them, Others the digits on which side effects are measured, and
	// Steps those of a relaxation of StepSize.
	Weights  int     `json:"weights"`
	Others   int     `json:"others"`
	Steps    int     `json:"steps"`
	StepSize float64 `json:"step_size"`
}

// Answered is the answer to a picture.
type Answered struct {
	Picture []float32 `json:"picture"`
	Answer  []float64 `json:"answer"`
}

// Call answers a request, both as JSON.
func (d *Demo) Call(ctx context.Context, request []byte) ([]byte, error) {
	var r Request
	decoder := json.NewDecoder(bytes.NewReader(request))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return nil, errors.Wrap(err, "demo: request")
	}
	answer, err := d.call(ctx, r)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(answer)
	return text, errors.Wrap(err, "demo: answer")
}

func (d *Demo) call(ctx context.Context, r Request) (any, error) {
	if r.Label < 0 || r.Label >= classes {
		return nil, errors.Errorf("demo: label, got %d, want 0 to %d", r.Label, classes-1)
	}
	switch r.Ask {
	case "info":
		return d.info(), nil
	case "example":
		return Example(r.Label), nil
	case "reset":
		return nil, d.Reset()
	case "answer":
		a := Answered{Picture: Picture(r.Lines)}
		var err error
		a.Answer, err = d.Answer(a.Picture)
		return a, err
	case "settle":
		return d.Settle(ctx, Picture(r.Lines), r.Label)
	case "learn":
		if d.rules[r.Rule] == nil {
			return nil, errors.Errorf("demo: rule, got %q, want pc or bp", r.Rule)
		}
		if !(r.Share > 0 && r.Share < 1) {
			return nil, errors.Errorf("demo: share, got %v, want more than 0 and less than 1", r.Share)
		}
		return d.Learn(ctx, Picture(r.Lines), r.Label, r.Rule, r.Share, r.Keep)
	}
	return nil, errors.Errorf("demo: ask, got %q, want info, example, answer, settle, learn or reset", r.Ask)
}

func (d *Demo) info() Info {
	i := Info{Others: others, Steps: steps, StepSize: size}
	for _, n := range d.net.Declaration().Nodes {
		i.Nodes, i.Sizes = append(i.Nodes, n.Name), append(i.Sizes, n.Shape.Size())
	}
	for _, p := range d.net.Params() {
		i.Weights += p.Value.Size()
	}
	return i
}
