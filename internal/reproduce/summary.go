package reproduce

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"
)

// summaryFile holds the summary of a panel, in the folder of its name.
const summaryFile = "report.json"

// Summary is what is known of a finished panel but its numbers and pictures: all
// that is printed about it.
type Summary struct {
	Schema int    `json:"schema"`
	Name   string `json:"name"`
	// After is the later publication that the panel is of, see [Panel].
	After string `json:"after,omitempty"`
	Shows string `json:"shows"`
	// Experiment describes the published experiment, Command how it was run.
	Experiment string  `json:"experiment"`
	Command    string  `json:"command"`
	Options    Options `json:"options"`
	// Thinner says what the preset leaves out, beside seeds.
	Thinner string `json:"thinner,omitempty"`
	// Seeds is how many there were, and FullSeeds how many the full preset has.
	Seeds     int           `json:"seeds,omitempty"`
	FullSeeds int           `json:"full_seeds,omitempty"`
	Quirks    []QuirkChoice `json:"quirks,omitempty"`
	Trials    int           `json:"trials"`
	// Seconds and CPUSeconds are as in Result.
	Seconds    float64   `json:"trial_seconds"`
	CPUSeconds float64   `json:"cpu_seconds,omitempty"`
	Claims     Claims    `json:"claims"`
	Notes      []string  `json:"notes,omitempty"`
	Figures    []Picture `json:"figures"`
}

// QuirkChoice is a slip and whether it was repeated.
type QuirkChoice struct {
	Quirk
	Repeated bool `json:"repeated"`
}

// Picture is a drawn figure: the file's name without its ending, and the title.
type Picture struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// Summary returns the summary. Command is the command line that was run.
func (r *Result) Summary(command string) *Summary {
	p, o := r.Panel, r.Options
	s := &Summary{
		Schema: schema, Name: p.Name, After: p.After, Shows: p.Shows, Experiment: p.Protocol, Command: command, Options: o,
		Seeds: p.seeds(o), FullSeeds: p.Seeds.Full, Quirks: p.choices(o), Trials: len(r.Records),
		Seconds: r.Seconds, CPUSeconds: r.CPUSeconds, Claims: r.Report.Claims, Notes: r.Report.Notes,
	}
	switch {
	case o.PublishedSeeds:
		s.FullSeeds, s.Thinner = s.Seeds, p.Exact.thinner(o)
	case !o.full():
		s.Thinner = p.Thinner
	}
	for _, f := range r.Report.Figures {
		s.Figures = append(s.Figures, Picture{f.Name, f.Title})
	}
	return s
}

// readSummary reads the summary of a panel in an output directory.
func readSummary(dir, panel string) (*Summary, error) {
	path := filepath.Join(dir, panel, summaryFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Wrap(err, "reproduce: summary")
	}
	s := &Summary{}
	err = json.Unmarshal(text, s)
	if err == nil && (s.Schema != schema || s.Name != panel) {
		err = errors.Errorf("got schema %d of %q, want %d of %q", s.Schema, s.Name, schema, panel)
	}
	return s, errors.WithMessagef(err, "reproduce: summary: %s; run the panel again with --resume", path)
}

// Setting says in one line what was run.
func (s *Summary) Setting() string {
	text := fmt.Sprintf("preset %s, protocol %s", s.Options.Preset, s.Options.Protocol)
	for _, q := range s.Quirks {
		if q.Repeated != (s.Options.Protocol != Clean) {
			text += fmt.Sprintf(", %s %s", q.Name, q.State())
		}
	}
	switch {
	case s.Options.PublishedSeeds:
		text += ", " + count(s.Seeds, "published seed")
	case s.Seeds > 0:
		text += ", " + count(s.Seeds, "seed")
	}
	if s.Seeds != s.FullSeeds {
		text += fmt.Sprintf(" (full: %d)", s.FullSeeds)
	}
	text += ", " + count(s.Trials, "trial")
	if s.Thinner != "" {
		text += "; thinner than published: " + s.Thinner
	}
	return text
}

// State says what was done about the slip.
func (q QuirkChoice) State() string {
	if q.Repeated {
		return "repeated"
	}
	return "left out"
}

// Faultless says so if clean is asked for and nothing is known to be left out.
func (s *Summary) Faultless() bool { return s.Options.Protocol == Clean && len(s.Quirks) == 0 }

// Time tells how long the trials took.
func (s *Summary) Time() string {
	text := spell(s.Seconds) + " by the clock, added up over trials that run side by side"
	if s.CPUSeconds > 0 {
		text = spell(s.CPUSeconds) + " of processor time; " + text
	}
	return text
}

// spell prints seconds, minutes or hours.
func spell(seconds float64) string {
	switch d := time.Duration(seconds * float64(time.Second)); {
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.1f hours", d.Hours())
	case d >= 2*time.Minute:
		return fmt.Sprintf("%.1f minutes", d.Minutes())
	}
	return fmt.Sprintf("%.2g seconds", seconds)
}

// Decided reports whether there is a verdict: every claim holds, or one does not.
func (s *Summary) Decided() bool {
	few := s.Claims.TooFewSeeds() + s.Claims.Chaotic()
	return few == 0 || s.Claims.Hold()+few < len(s.Claims)
}

// Verdict is one line.
func (s *Summary) Verdict() string {
	c := s.Claims
	hold, few, chaotic := c.Hold(), c.TooFewSeeds(), c.Chaotic()
	text, more := "AGREES", ""
	switch {
	case !s.Decided():
		text = "IS NOT DECIDED"
	case hold < len(c):
		text = "DOES NOT AGREE"
	}
	if few > 0 {
		more = fmt.Sprintf(", %d need more seeds", few)
	}
	if n := c.Failures(); n < len(c)-hold-few-chaotic {
		more += fmt.Sprintf(", %d that fail share their initial weights and count as %d", len(c)-hold-few-chaotic, n)
	}
	if chaotic > 0 {
		more += fmt.Sprintf(", rounding decides %d", chaotic)
	}
	return fmt.Sprintf("%s %s: %d of %d claims hold%s", s.Name, text, hold, len(c), more)
}

// count prints a number of things.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
