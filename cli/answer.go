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
	"github.com/seed-be841da4/prospect/internal/tables"
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

// write prints the answer as a table with a row for each sample.
func (a *answer) write(p *tables.Writer) error {
	t := tables.Table{Columns: []tables.Column{{Name: "#", Key: "sample"}}}
	for i := range a.Question.Samples {
		t.Add(i)
	}
	a.classes(&t)
	for _, name := range slices.Concat(a.read, a.cmd.Predict) {
		if err := a.node(&t, name); err != nil {
			return err
		}
	}
	if a.cmd.Energy {
		t.Columns = append(t.Columns, tables.Column{Name: "energy", Key: "energy"})
		energies := a.Energies()
		form := decimals(slices.Max(energies), 1)
		for i, x := range energies {
			t.Rows[i] = append(t.Rows[i], tables.Cell{Text: form(x), Value: x})
		}
	}
	if head, _ := t.Texts(); len(head) > 1 || !p.ForPeople() {
		p.Table(t)
	}
	a.summary(p)
	return nil
}

// classes adds what the samples are taken for, what they are, and the energies.
func (a *answer) classes(t *tables.Table) {
	guesses := a.Guesses()
	if guesses != nil && (a.cmd.Score || slices.Contains(a.read, a.Net.Label)) {
		t.Columns = append(t.Columns, tables.Column{Name: "class", Key: "class"})
		if a.Truth != nil {
			t.Columns = append(t.Columns, tables.Column{Name: "truth", Key: "truth"})
		}
		for i := range t.Rows {
			t.Rows[i] = append(t.Rows[i], a.class(guesses[i]))
			if a.Truth != nil {
				t.Rows[i] = append(t.Rows[i], a.class(a.Truth[i]))
			}
		}
	}
	if a.cmd.Score {
		addVector(t, "energies", "energy", a.Scores)
	}
}

// class is a cell with the name of a class.
func (a *answer) class(k int) any {
	if a.ClassNames == nil {
		return k
	}
	return run.ClassName(a.ClassNames, k)
}

// node adds what was read of a node, or predicted of it: for people as far as they can
// read it.
func (a *answer) node(t *tables.Table, name string) error {
	v, err := a.Values(name)
	if err != nil {
		return err
	}
	each := rows(v, a.Samples)
	if a.Symbols == nil || name != a.Net.Label {
		addVector(t, name, name, each)
		return nil
	}
	t.Columns = append(t.Columns, tables.Column{Name: name, Key: name})
	for i, x := range each {
		text := spell(x, a.Symbols)
		t.Rows[i] = append(t.Rows[i], tables.Cell{Text: strconv.Quote(text), Value: text})
	}
	return nil
}

// mostNumbers of a vector are printed for people.
const mostNumbers = 16

// addVector adds a column of vectors for people and one of each element for programs.
func addVector(t *tables.Table, name, key string, each [][]float64) {
	if len(each) == 0 {
		return
	}
	size := len(each[0])
	if size <= mostNumbers {
		t.Columns = append(t.Columns, tables.Column{Name: name})
	}
	for j := range size {
		t.Columns = append(t.Columns, tables.Column{Key: fmt.Sprintf("%s_%d", key, j)})
	}
	largest, width := 0.0, 0
	for _, v := range each {
		for _, x := range v {
			largest = max(largest, math.Abs(x))
		}
	}
	form := decimals(largest, size)
	for _, v := range each {
		for _, x := range v {
			width = max(width, len(form(x)))
		}
	}
	for i, v := range each {
		if size <= mostNumbers {
			t.Rows[i] = append(t.Rows[i], aligned(v, form, width))
		}
		for _, x := range v {
			t.Rows[i] = append(t.Rows[i], x)
		}
	}
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
func (a *answer) summary(p *tables.Writer) {
	if right, ok := a.right(); ok {
		p.Line("%d of %d right, %.2f %%", right, a.Question.Samples, 100*float64(right)/float64(a.Question.Samples))
	}
	if a.cmd.Score {
		return
	}
	if a.cmd.PNG != "" {
		p.Line("picture of %d samples in %s", a.Samples, a.cmd.PNG)
	}
	if a.cmd.NPZ != "" {
		p.Line("arrays of %d samples in %s", a.Samples, a.cmd.NPZ)
	}
	p.Line("%s", a.convergence())
}

// aligned prints a few numbers of a column in the same form.
func aligned(v []float64, form func(float64) string, width int) string {
	var parts []string
	for _, x := range v {
		parts = append(parts, fmt.Sprintf("%*s", width, form(x)))
	}
	return strings.Join(parts, " ")
}

// decimals returns how the numbers of vectors of a size are written: with so many
// decimals that the largest has three digits, or five of at most four numbers; with an
// exponent below 0.01 and from 10⁹ on.
func decimals(largest float64, size int) func(float64) string {
	if !(largest >= 0.01 && largest < 1e9) {
		return func(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) }
	}
	digits := 3
	if size <= 4 {
		digits = 5
	}
	n := max(0, digits-1-max(0, int(math.Floor(math.Log10(largest)))))
	return func(x float64) string {
		s := strconv.FormatFloat(x, 'f', n, 64)
		if strings.Trim(s, "-0.") == "" {
			return strings.TrimPrefix(s, "-")
		}
		return s
	}
}

// short prints a few numbers, with four digits or all before the point.
func short(v []float64) string {
	var b strings.Builder
	for _, x := range v {
		b.WriteString(" " + fourDigits(x))
	}
	return b.String()
}

// fourDigits prints a number with four digits, or with all before the point, up to nine:
// an amount of 123456 stays one.
func fourDigits(x float64) string {
	if a := math.Abs(x); a >= 1e4 && a < 1e9 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
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
		ClassNames  []string               `json:"class_names,omitempty"`
		Truth       []int                  `json:"truth,omitempty"`
		Right       *int                   `json:"right,omitempty"`
	}{Event: "answer", Samples: a.Question.Samples, Scores: a.Scores, Classes: a.Guesses(), ClassNames: a.ClassNames, Truth: a.Truth}
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
