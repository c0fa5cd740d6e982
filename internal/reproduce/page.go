package reproduce

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/plot"
)

// PageFile is the page of an output directory.
const PageFile = "index.html"

const pageTitle = "Prospective configuration, reproduced"

const pageIntroduction = "The experiments of Song, Millidge, Salvatori, Lukasiewicz, Xu and Bogacz, “Inferring neural activity before plasticity as a " +
	"foundation for learning beyond backpropagation”, Nature Neuroscience 2024, run again with Prospect. Published numbers are drawn open " +
	"and dashed, ours filled and solid; error bars and bands are 68 % bootstrap intervals over seeds. Each learning rule takes its own best " +
	"learning rate, as in the paper."

// WritePage writes all panels of an output directory, those of earlier runs too,
// in the order of the paper, with later publications in a table of their own, as one
// HTML file that needs no other. A panel of an
// earlier run that cannot be read is left out, and the error says so.
func WritePage(dir string) error {
	page := plot.Page{Title: pageTitle}
	overview := plot.Table{Head: []string{"panel", "shows", "run", "claims that hold", "agrees?"}}
	later := plot.Table{Head: append([]string{"after the paper"}, overview.Head[1:]...)}
	var left error
	for _, p := range Panels() {
		s, err := readSummary(dir, p.Name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var section plot.Section
		if err == nil {
			section, err = s.section(dir)
		}
		if err != nil {
			left = errors.WithMessagef(err, "reproduce: page: panel %s is left out of it; run it again with --resume", p.Name)
			continue
		}
		if s.After == "" {
			overview.Rows = append(overview.Rows, s.row())
		} else {
			later.Rows = append(later.Rows, s.row())
		}
		page.Sections = append(page.Sections, section)
	}
	page.Blocks = []plot.Block{plot.Text(pageIntroduction)}
	for _, t := range []plot.Table{overview, later} {
		if len(t.Rows) > 0 {
			page.Blocks = append(page.Blocks, t)
		}
	}
	page.Blocks = append(page.Blocks, small(plot.Span{Text: legendOfTable + "."}))
	if err := page.Save(filepath.Join(dir, PageFile)); err != nil {
		return err
	}
	return left
}

// small is a remark.
func small(spans ...plot.Span) plot.Paragraph { return plot.Paragraph{Spans: spans, Small: true} }

// row is the panel's in the overview.
func (s *Summary) row() []plot.Span {
	hold := strconv.Itoa(s.Claims.Hold()) + " of " + strconv.Itoa(len(s.Claims))
	if n := s.Claims.TooFewSeeds(); n > 0 {
		hold += ", " + strconv.Itoa(n) + " need more seeds"
	}
	return []plot.Span{
		{Text: s.Name, Link: s.Name},
		{Text: s.Shows},
		{Text: string(s.Options.Preset) + ", " + string(s.Options.Protocol)},
		{Text: hold},
		s.span(),
	}
}

// span is the verdict in a table.
func (c Claim) span() plot.Span {
	switch {
	case c.Agrees:
		return plot.Span{Text: "yes", Style: plot.Good}
	case c.Chaotic, c.TooFewSeeds:
		return plot.Span{Text: c.Verdict()}
	}
	return plot.Span{Text: "no", Style: plot.Bad}
}

// span is the verdict on all claims.
func (s *Summary) span() plot.Span {
	few := s.Claims.TooFewSeeds() > 0
	return Claim{Agrees: s.Claims.Agree(), TooFewSeeds: few && !s.Decided(), Chaotic: !few && !s.Decided()}.span()
}

// section is all there is to say of the panel, with the pictures in its folder.
func (s *Summary) section(dir string) (plot.Section, error) {
	out := plot.Section{ID: s.Name, Title: s.Name + ": " + s.Shows, Blocks: []plot.Block{plot.Text(s.Experiment)}}
	if s.After != "" {
		out.Blocks = append(out.Blocks, small(plot.Span{Text: "After the paper: " + s.After + "."}))
	}
	add := func(blocks ...plot.Block) { out.Blocks = append(out.Blocks, blocks...) }
	for _, q := range s.Quirks {
		add(small(plot.Span{Text: "Slip of the published configuration, "}, plot.Span{Text: q.State(), Style: plot.Strong},
			plot.Span{Text: " here (" + string(q.Name) + "): " + q.Text}))
	}
	if s.Faultless() {
		add(small(plot.Span{Text: "No slip of the published configuration is known: clean is the same as published."}))
	}
	add(small(plot.Span{Text: "Run with " + s.Setting() + ".\n" + s.Time() + ".\n"}, plot.Span{Text: s.Command, Style: plot.Code}))
	for _, f := range s.Figures {
		b, err := os.ReadFile(filepath.Join(dir, s.Name, f.Name+".png"))
		if err != nil {
			return out, errors.Wrap(err, "reproduce: page")
		}
		add(plot.Picture{PNG: b, Alt: s.Name + ": " + f.Title})
	}
	claims := plot.Table{Head: []string{"claim", "published", "ours", "criterion", "agrees?"}}
	digits := s.Claims.compareDigits()
	if digits {
		claims.Head = slices.Insert(claims.Head, 3, "digits that agree")
	}
	for _, c := range s.Claims {
		row := []plot.Span{{Text: c.What}, {Text: c.Published}, {Text: c.Ours}, {Text: c.Criterion}, c.span()}
		if digits {
			row = slices.Insert(row, 3, plot.Span{Text: c.AgreeingDigits()})
		}
		claims.Rows = append(claims.Rows, row)
	}
	add(claims, plot.Paragraph{Spans: []plot.Span{{Text: s.Verdict() + ".", Style: plot.Strong}}})
	for _, note := range s.Notes {
		add(small(plot.Span{Text: note}))
	}
	return out, nil
}
