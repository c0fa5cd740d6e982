package cli

import (
	"bytes"
	"fmt"
	"image/png"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/internal/atomicfile"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/run"
)

// answer is what a query has found, and how to show it.
type answer struct {
	*run.Reply
	cmd  *queryCmd
	read []string
}

// values returns what was read of a node, or predicted of it.
func (a *answer) values(name string) ([]float64, error) {
	if v, ok := a.Predictions[name]; ok {
		return v, nil
	}
	return a.Node(name)
}

// right counts the samples whose label was guessed; ok is false if there is no
// telling.
func (a *answer) right() (right int, ok bool) {
	guesses := a.Guesses()
	if guesses == nil || a.Truth == nil {
		return 0, false
	}
	for i, g := range guesses {
		if g == a.Truth[i] {
			right++
		}
	}
	return right, true
}

// write prints the answer for people.
func (a *answer) write(w io.Writer) error {
	var b bytes.Buffer
	guesses := a.Guesses()
	for i := range a.Question.Samples {
		var parts []string
		if guesses != nil && (a.cmd.Score || slices.Contains(a.read, a.Net.Label)) {
			parts = append(parts, "class "+strconv.Itoa(guesses[i]))
			if a.Truth != nil {
				parts = append(parts, "truth "+strconv.Itoa(a.Truth[i]))
			}
		}
		if a.cmd.Score {
			parts = append(parts, "energies"+short(a.Scores[i]))
		}
		for _, name := range slices.Concat(a.read, a.cmd.Predict) {
			v, err := a.Values(name)
			if err != nil {
				return err
			}
			size := len(v) / a.Samples
			if a.Symbols != nil && name == a.Net.Label {
				parts = append(parts, fmt.Sprintf("%s %q", name, spell(v[i*size:(i+1)*size], a.Symbols)))
			} else if size <= 16 {
				parts = append(parts, name+short(v[i*size:(i+1)*size]))
			}
		}
		if a.cmd.Energy {
			parts = append(parts, fmt.Sprintf("energy %.6g", a.Energies()[i]))
		}
		if len(parts) > 0 {
			fmt.Fprintf(&b, "sample %d: %s\n", i, strings.Join(parts, "  "))
		}
	}
	a.summary(&b)
	_, err := w.Write(b.Bytes())
	return errors.Wrap(err, "query")
}

// spell returns the likeliest character at each place of a text.
func spell(v []float64, symbols []rune) string {
	var b strings.Builder
	for ; len(v) >= len(symbols); v = v[len(symbols):] {
		row := v[:len(symbols)]
		b.WriteRune(symbols[slices.Index(row, slices.Max(row))])
	}
	return b.String()
}

// summary prints what concerns all samples.
func (a *answer) summary(b *bytes.Buffer) {
	if right, ok := a.right(); ok {
		fmt.Fprintf(b, "%d of %d right, %.2f %%\n", right, a.Question.Samples, 100*float64(right)/float64(a.Question.Samples))
	}
	if a.cmd.Score {
		return
	}
	if a.cmd.PNG != "" {
		fmt.Fprintf(b, "picture of %d samples in %s\n", a.Samples, a.cmd.PNG)
	}
	if a.cmd.NPZ != "" {
		fmt.Fprintf(b, "arrays of %d samples in %s\n", a.Samples, a.cmd.NPZ)
	}
	fmt.Fprintln(b, a.convergence())
}

// short prints a few numbers.
func short(v []float64) string {
	var b strings.Builder
	for _, x := range v {
		fmt.Fprintf(&b, " %.4g", x)
	}
	return b.String()
}

// convergence says whether the answer is one.
func (a *answer) convergence() string {
	statuses := map[relax.Status]bool{}
	for _, r := range a.Relaxations {
		statuses[r.Status] = true
	}
	switch {
	case a.Converged():
		return fmt.Sprintf("converged within %d steps, gradient norm %.2g", a.Steps(), a.GradNorm())
	case statuses[relax.Stalled]:
		return fmt.Sprintf("stalled at gradient norm %.2g of a sample, want %v: no step lowers the energy beyond rounding", a.GradNorm(), a.cmd.Tolerance)
	}
	text := fmt.Sprintf("not converged after %d steps: gradient norm %.2g of a sample, want %v; raise --steps", a.Steps(), a.GradNorm(), a.cmd.Tolerance)
	if a.cmd.Solver != "lbfgs" {
		text += fmt.Sprintf(", change --step-size (%v), or take --solver lbfgs", a.cmd.StepSize)
	}
	return text
}

// writeJSON prints the answer for programs.
func (a *answer) writeJSON(w io.Writer) error {
	event := struct {
		Event       string                 `json:"event"`
		Samples     int                    `json:"samples"`
		Converged   *bool                  `json:"converged,omitempty"`
		Steps       int                    `json:"steps,omitempty"`
		GradNorm    *float64               `json:"gradient_norm,omitempty"`
		Nodes       map[string][][]float64 `json:"nodes,omitempty"`
		Predictions map[string][][]float64 `json:"predictions,omitempty"`
		Energies    []float64              `json:"energies,omitempty"`
		Scores      [][]float64            `json:"scores,omitempty"`
		Classes     []int                  `json:"classes,omitempty"`
		Truth       []int                  `json:"truth,omitempty"`
		Right       *int                   `json:"right,omitempty"`
	}{Event: "answer", Samples: a.Question.Samples, Scores: a.Scores, Classes: a.Guesses(), Truth: a.Truth}
	if right, ok := a.right(); ok {
		event.Right = &right
	}
	if !a.cmd.Score {
		converged, norm := a.Converged(), a.GradNorm()
		event.Converged, event.Steps = &converged, a.Steps()
		if !math.IsNaN(norm) {
			event.GradNorm = &norm
		}
		if a.cmd.Energy {
			event.Energies = a.Energies()
		}
		if a.cmd.NPZ != "" { // which has them
			return writeEvent(w, event)
		}
		event.Nodes, event.Predictions = map[string][][]float64{}, map[string][][]float64{}
		for _, name := range a.read {
			v, err := a.Values(name)
			if err != nil {
				return err
			}
			event.Nodes[name] = rows(v, a.Samples)
		}
		for _, name := range a.cmd.Predict {
			v, err := a.Values(name)
			if err != nil {
				return err
			}
			event.Predictions[name] = rows(v, a.Samples)
		}
	}
	return writeEvent(w, event)
}

// rows cuts v into n rows.
func rows(v []float64, n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = v[i*len(v)/n : (i+1)*len(v)/n]
	}
	return out
}

// draw writes a picture of the first node that holds samples, of those read or
// predicted.
func (a *answer) draw(path string) error {
	node := ""
	for _, name := range slices.Concat(a.read, a.cmd.Predict) {
		if node == "" && slices.Contains(a.Net.Sample, name) {
			node = name
		}
	}
	if node == "" {
		return usage(errors.Errorf("--png: nothing that is read holds samples; add --read %s", a.Net.Sample[0]))
	}
	x, err := a.values(node)
	if err != nil {
		return err
	}
	picture := datasets.PictureSettings{}
	if known, partly := a.Question.Known[node]; partly {
		x, picture.Columns = a.triples(x, node, known)
	}
	shape, norm, err := a.Pictures()
	if err != nil {
		return errors.WithMessage(err, "--png")
	}
	drawn, err := datasets.Picture(x, shape, norm, picture)
	if err != nil {
		return errors.WithMessage(err, "--png")
	}
	var b bytes.Buffer
	if err := png.Encode(&b, drawn); err != nil {
		return errors.Wrap(err, "--png")
	}
	return errors.WithMessage(atomicfile.WriteFile(path, b.Bytes(), 0o666), "--png")
}

// triples puts below one another what was known, the answer, and the truth, in
// rows of at most 16 samples.
func (a *answer) triples(x []float64, node string, known []bool) ([]float64, int) {
	truth := a.Question.Clamp[node]
	size := len(x) / a.Samples
	columns := min(16, a.Samples)
	var out []float64
	for first := 0; first < a.Samples; first += columns {
		for row := range 3 {
			for i := first; i < first+columns; i++ {
				for j := i * size; j < (i+1)*size; j++ {
					switch {
					case i >= a.Samples || row == 0 && !known[j%len(known)]:
						out = append(out, math.NaN())
					case row == 1:
						out = append(out, x[j])
					default:
						out = append(out, float64(truth[j]))
					}
				}
			}
		}
	}
	return out, columns
}
