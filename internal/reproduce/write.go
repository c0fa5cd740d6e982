package reproduce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/plot"
)

// Event is a finished panel as a line of JSON.
type Event struct {
	Event  string `json:"event"`
	Name   string `json:"name"`
	Agrees bool   `json:"agrees"`
	// After is the later publication that the panel is of, see [Panel].
	After string `json:"after,omitempty"`
	// Hold and TooFewSeeds count claims: those that hold, and those that need more
	// seeds for a verdict.
	Hold        int `json:"hold"`
	TooFewSeeds int `json:"too_few_seeds"`
	// Seconds is the time of this run, in which stored trials take none.
	// TrialSeconds and CPUSeconds are those of all trials added up.
	Seconds      float64            `json:"seconds"`
	TrialSeconds float64            `json:"trial_seconds"`
	CPUSeconds   float64            `json:"cpu_seconds,omitempty"`
	Preset       Preset             `json:"preset"`
	Protocol     Protocol           `json:"protocol"`
	Quirks       map[QuirkName]bool `json:"quirks,omitempty"`
	Seeds        int                `json:"seeds,omitempty"`
	// PublishedSeeds says that the seeds are those of the paper.
	PublishedSeeds bool   `json:"published_seeds,omitempty"`
	Trials         int    `json:"trials"`
	Out            string `json:"out"`
	Claims         Claims `json:"claims"`
}

// Event returns the event. Out is the output directory.
func (r *Result) Event(out string) Event {
	c := r.Report.Claims
	return Event{
		Event: "panel", Name: r.Panel.Name, Agrees: c.Agree(), After: r.Panel.After, Hold: c.Hold(), TooFewSeeds: c.TooFewSeeds(),
		Seconds: r.Wall.Seconds(), TrialSeconds: r.Seconds, CPUSeconds: r.CPUSeconds,
		Preset: r.Options.Preset, Protocol: r.Options.Protocol, Quirks: r.Panel.repeated(r.Options),
		Seeds: r.Panel.seeds(r.Options), PublishedSeeds: r.Options.PublishedSeeds, Trials: len(r.Records), Out: out, Claims: c,
	}
}

// Write writes the panel into a directory of its name: the figures as PNG,
// SVG and PDF, their numbers as data.csv, those of every trial as trials.csv, mean and
// deviation of every cell as cells.csv, the claims as claims.csv, all in words as report.txt and for programs as report.json,
// the last. Command is the command line that was run.
func (r *Result) Write(dir, command string) error {
	dir = filepath.Join(dir, r.Panel.Name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return errors.Wrap(err, "reproduce")
	}
	data, err := dataCSV(r.Report.Figures)
	if err != nil {
		return errors.WithMessage(err, "reproduce")
	}
	files := map[string][]byte{
		"data.csv": data, "trials.csv": trialsCSV(r.Records), "claims.csv": claimsCSV(r.Report.Claims), "cells.csv": cellsCSV(r.Records),
	}
	for _, f := range r.Report.Figures {
		for _, format := range []plot.Format{plot.PNG, plot.SVG, plot.PDF} {
			picture, err := f.plot().Encode(format)
			if err != nil {
				return errors.WithMessage(err, "reproduce")
			}
			files[f.Name+"."+string(format)] = picture
		}
	}
	s := r.Summary(command)
	var text bytes.Buffer
	fmt.Fprintf(&text, "command: %s\ntime: %s\n\n", command, s.Time())
	s.Print(tables.New(&text, tables.Text, 0)) // into memory
	files["report.txt"] = text.Bytes()
	for name, content := range files {
		if err := atomicfile.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			return err
		}
	}
	summary, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return errors.Wrap(err, "reproduce: summary")
	}
	return atomicfile.WriteFile(filepath.Join(dir, summaryFile), append(summary, '\n'), 0o666)
}
