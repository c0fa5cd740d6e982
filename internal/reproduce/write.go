package reproduce

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

// Event is a finished panel as a line of JSON.
type Event struct {
	Event    string   `json:"event"`
	Name     string   `json:"name"`
	Agrees   bool     `json:"agrees"`
	Seconds  float64  `json:"seconds"`
	Preset   Preset   `json:"preset"`
	Protocol Protocol `json:"protocol"`
	Trials   int      `json:"trials"`
	Claims   []Claim  `json:"claims"`
}

// Event returns the event. Its seconds are those of this run, in which stored
// trials take no time.
func (r *Result) Event() Event {
	return Event{
		Event: "panel", Name: r.Panel.Name, Agrees: r.Report.Agrees(), Seconds: r.Wall.Seconds(),
		Preset: r.Options.Preset, Protocol: r.Options.Protocol, Trials: r.Trials, Claims: r.Report.Claims,
	}
}

// Write writes the panel into a directory of its name: the figures as PNG and
// SVG, their numbers as data.csv, the claims as claims.csv and all in words as
// report.txt. command is the command line that was run.
func (r *Result) Write(dir, command string) error {
	dir = filepath.Join(dir, r.Panel.Name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return errors.Wrap(err, "reproduce")
	}
	files := map[string][]byte{"data.csv": r.data(), "claims.csv": r.claims()}
	for _, f := range r.Report.Figures {
		for _, format := range []string{"png", "svg"} {
			picture, err := f.Draw(format)
			if err != nil {
				return err
			}
			files[f.Name+"."+format] = picture
		}
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "command: %s\n", command)
	fmt.Fprintf(&text, "time: %s in %d trials\n\n", r.time(), r.Trials)
	if err := r.WriteText(&text); err != nil {
		return err
	}
	files["report.txt"] = text.Bytes()
	for name, content := range files {
		if err := atomicfile.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// time tells how long the trials took, added up.
func (r *Result) time() string {
	text := fmt.Sprintf("%.1f minutes of one core by the clock", r.Seconds/60)
	if r.CPUSeconds > 0 {
		text = fmt.Sprintf("%.1f minutes of processor time (%s)", r.CPUSeconds/60, text)
	}
	return text
}

// data returns the numbers of the figures as CSV. Bounds are empty where there
// are none.
func (r *Result) data() []byte {
	rows := [][]string{{"figure", "series", "published", "x", "y", "low", "high"}}
	for _, f := range r.Report.Figures {
		for _, l := range f.Lines {
			for i := range l.X {
				low, high := math.NaN(), math.NaN()
				if l.Low != nil {
					low, high = l.Low[i], l.High[i]
				}
				x := plain(l.X[i])
				if k := int(l.X[i]); k >= 0 && k < len(f.Ticks) && float64(k) == l.X[i] {
					x = f.Ticks[k]
				}
				rows = append(rows, []string{f.Name, l.Name, strconv.FormatBool(l.Published), x, plain(l.Y[i]), plain(low), plain(high)})
			}
		}
	}
	return table2csv(rows)
}

func (r *Result) claims() []byte {
	rows := [][]string{{"claim", "published", "ours", "criterion", "agrees"}}
	for _, c := range r.Report.Claims {
		rows = append(rows, []string{c.What, c.Published, c.Ours, c.Criterion, strconv.FormatBool(c.Agrees)})
	}
	return table2csv(rows)
}

func table2csv(rows [][]string) []byte {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // a strings.Builder never fails
	return []byte(b.String())
}

// plain prints a number with six digits, nothing for NaN.
func plain(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}
