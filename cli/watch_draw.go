package cli

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/guptarohit/asciigraph"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/plot"
)

// lines are a screen that is no terminal: a line for each epoch, and how each run ended.
type lines struct {
	c    *console
	what []string
	once bool
	told map[string]int // epochs by directory
	last []watched
}

// show implements screen.
func (l *lines) show(runs []watched) error {
	l.last = runs
	for _, r := range runs {
		for _, e := range r.epochs[min(l.told[r.dir], len(r.epochs)):] {
			text := fmt.Sprintf("%s: epoch %d of %d", r.label(), e.Epoch, e.Epochs)
			for _, k := range curves() {
				if x := k.of(e); x != nil && slices.Contains(l.what, k.name) {
					label := k.label
					if label == "" {
						label = scoreLabel(k.name, e)
					}
					text += fmt.Sprintf("  %s %.4g", label, *x)
				}
			}
			if slices.Contains(l.what, "energies") && len(e.Energies) > 0 {
				text += "  energies: " + largest(e.Energies, len(e.Energies))
			}
			if _, err := fmt.Fprintln(l.c.stdout, text); err != nil {
				return errors.Wrap(err, "watch")
			}
		}
		l.told[r.dir] = len(r.epochs)
	}
	return nil
}

// close implements screen. What is an error is left to that.
func (l *lines) close() error {
	for _, r := range l.last {
		if r.manifest.Settings.Rule == "" || r.state == runStopped && !l.once {
			continue
		}
		if _, err := fmt.Fprintln(l.c.stderr, r.status()); err != nil {
			return errors.Wrap(err, "watch")
		}
	}
	return nil
}

// picture is a terminal that is drawn over whenever something changes.
type picture struct {
	c      *console
	what   []string
	follow bool // until close the other screen of the terminal is used
	size   func() (width, height int, err error)
	open   bool
	drawn  string
}

// show implements screen.
func (p *picture) show(runs []watched) error {
	width, height, err := p.size()
	if err != nil || width < 1 || height < 1 {
		width, height = columns, 24
	}
	text, err := frame(p.c, runs, p.what, width, height-1) // where the cursor stands
	if err != nil || text == p.drawn {
		return err
	}
	p.drawn = text
	if !p.follow {
		return nil
	}
	before := ""
	if !p.open {
		p.open, before = true, "\x1b[?1049h\x1b[?25l" // another screen, no cursor
	}
	_, err = fmt.Fprint(p.c.stdout, before+"\x1b[H"+strings.ReplaceAll(text, "\n", "\x1b[K\n")+"\x1b[J")
	return errors.Wrap(err, "watch")
}

// close implements screen: it leaves the last picture where the terminal was.
func (p *picture) close() error {
	before := ""
	if p.open {
		before = "\x1b[?25h\x1b[?1049l"
	}
	_, err := fmt.Fprint(p.c.stdout, before+p.drawn)
	return errors.Wrap(err, "watch")
}

// leastRows is the least height of a chart, and chartLines what stands around it: its
// title, the axis and its numbers.
const (
	leastRows  = 4
	chartLines = 3
)

// frame draws charts one below the other, and a line for each run, in at most width by
// height characters. Charts that have no room are left out, which a line says.
func frame(c *console, runs []watched, what []string, width, height int) (string, error) {
	var out []string
	var dirs []string
	for _, r := range runs {
		out = append(out, r.status())
		if len(r.epochs) > 0 {
			dirs = append(dirs, r.dir)
		}
	}
	figures, none, err := watchFigures(c, runs, dirs, what)
	if err != nil {
		return "", err
	}
	out = append(none, out...)
	left := height - len(out)
	if fit := left / (leastRows + chartLines); fit < len(figures) {
		fit = max(0, min(fit, (left-1)/(leastRows+chartLines)))
		out = append([]string{fmt.Sprintf("%d of %d charts have no room; make the terminal higher", len(figures)-fit, len(figures))}, out...)
		figures = figures[:fit]
		left--
	}
	var charts []string
	for i, f := range figures {
		rows := left/len(figures) - chartLines
		if i < left%len(figures) {
			rows++
		}
		charts = append(charts, chart(f, width, min(rows, 20))...)
	}
	out = append(charts, out...)
	for i, line := range out[len(charts):] {
		out[len(charts)+i] = cut(line, width)
	}
	return strings.Join(out[:min(len(out), max(1, height))], "\n") + "\n", nil
}

// watchFigures are what is to be drawn of the runs that have epochs, and lines about what
// they do not have.
func watchFigures(c *console, runs []watched, dirs, what []string) (figures []plot.Figure, none []string, err error) {
	if len(dirs) == 0 {
		return nil, nil, nil
	}
	p := &plotCmd{Runs: dirs[:1]}
	if slices.ContainsFunc(runs, func(r watched) bool { return r.named }) {
		p.Runs = dirs // whose names tell them apart
	}
	for _, name := range what {
		f := plot.Figure{}
		p.What = name
		if name == "energies" {
			err = p.energies(c, &f, dirs)
		} else {
			err = p.curves(c, &f, dirs)
		}
		if err != nil {
			none = append(none, name+": these runs have none")
			continue
		}
		figures = append(figures, f)
	}
	return figures, none, nil
}

// cut cuts a line that is too long.
func cut(line string, width int) string {
	if utf8.RuneCountInString(line) > width {
		return string([]rune(line)[:max(0, width-1)]) + "…"
	}
	return line
}

// chartColors are the palette of package plot in a terminal's 256 colours: blue,
// vermilion, green, purple, orange, sky.
var chartColors = []asciigraph.AnsiColor{25, 166, 36, 175, 178, 74}

// chartMarks are in their place where NO_COLOR is set.
var chartMarks = []string{"*", "o", "+", "x", "#", "."}

// labelWidth is the width of the numbers beside a chart.
const labelWidth = 9

// chart draws a figure over epochs in rows lines, between its title and an axis with
// numbers.
func chart(f plot.Figure, width, rows int) []string {
	first, last := math.Inf(1), math.Inf(-1)
	least, most := math.Inf(1), math.Inf(-1)
	for _, s := range f.Series {
		for i, x := range s.X {
			first, last = min(first, x), max(last, x)
			least, most = min(least, s.Y[i]), max(most, s.Y[i])
		}
	}
	plain := os.Getenv("NO_COLOR") != ""
	title := title(f, width, plain)
	if first >= last {
		lines := []string{title}
		for _, s := range f.Series {
			lines = append(lines, cut(fmt.Sprintf("%*.4g  %s, epoch %.0f; a curve needs two epochs", labelWidth, s.Y[0], s.Name, first), width))
		}
		return lines[:min(len(lines), rows+chartLines)]
	}
	value, format := func(y float64) float64 { return y }, func(y float64) string { return fmt.Sprintf("%*.4g", labelWidth, y) }
	if f.Y.Log && least > 0 && most > 10*least {
		value, format = math.Log10, func(y float64) string { return fmt.Sprintf("%*.3g", labelWidth, math.Pow(10, y)) }
	}
	var data [][]float64
	for _, s := range f.Series {
		row := make([]float64, int(last-first)+1)
		for i := range row {
			row[i] = math.NaN()
		}
		for i, x := range s.X {
			row[int(x-first)] = value(s.Y[i])
		}
		data = append(data, row)
	}
	options := []asciigraph.Option{
		asciigraph.Height(rows - 1), asciigraph.Width(max(4, width-labelWidth-6)), asciigraph.Offset(3),
		asciigraph.YAxisValueFormatter(format), asciigraph.XAxisRange(first, last),
		asciigraph.XAxisTickCount(min(int(last-first)+1, max(2, width/16))),
		asciigraph.XAxisValueFormatter(func(x float64) string { return fmt.Sprintf("%.0f", x) }),
	}
	var colors []asciigraph.AnsiColor
	var marks []asciigraph.CharSet
	for i := range data {
		colors = append(colors, chartColors[i%len(chartColors)])
		marks = append(marks, asciigraph.CreateCharSet(chartMarks[i%len(chartMarks)]))
	}
	switch {
	case len(data) > 1 && !plain:
		options = append(options, asciigraph.SeriesColors(colors...))
	case len(data) > 1:
		options = append(options, asciigraph.SeriesChars(marks...))
	}
	return append([]string{title}, strings.Split(asciigraph.PlotMany(data, options...), "\n")...)
}

// title is what a chart shows, and which line is which.
func title(f plot.Figure, width int, plain bool) string {
	left := width - utf8.RuneCountInString(f.Y.Label)
	text := cut(f.Y.Label, width)
	for i, s := range f.Series {
		mark, color := "■ ", chartColors[i%len(chartColors)]
		switch {
		case len(f.Series) == 1:
			mark = ""
		case plain:
			mark = chartMarks[i%len(chartMarks)] + " "
		}
		if left -= 2 + utf8.RuneCountInString(mark+s.Name); left < 0 {
			break
		}
		if mark != "" && !plain {
			mark = color.String() + mark + asciigraph.Default.String()
		}
		text += "  " + mark + s.Name
	}
	return text
}
