package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/plot"
	"github.com/seed-be841da4/prospect/run"
)

// examined is the number of test samples that a page looks at, shown that of those on it.
const (
	examined = 1000
	shown    = 24
)

// sampleBlocks shows test samples: pictures, texts or numbers.
func sampleBlocks(x *run.Examination) ([]plot.Block, error) {
	blocks := []plot.Block{plot.Text(sampleText(x))}
	var all []float64
	for _, s := range x.Samples {
		all = append(all, s.Input...)
	}
	draw, pictures := x.Manifest.Settings.Pictures(all)
	switch {
	case x.Samples[0].Text != "":
		return append(blocks, textTable(x.Samples)), nil
	case !pictures:
		t, err := sampleTable(x)
		return append(blocks, t), err
	}
	var g plot.Gallery
	for _, s := range x.Samples {
		drawn := s.Input
		caption, err := sampleCaption(x, s)
		if err != nil {
			return nil, err
		}
		if len(s.Output) == len(s.Input) { // beside the sample what is made of it
			drawn = append(append([]float64{}, s.Input...), s.Output...)
		}
		file, err := sampleFile(draw, drawn)
		if err != nil {
			return nil, err
		}
		alt := fmt.Sprintf("test sample %d", s.Index)
		g.Tiles = append(g.Tiles, plot.Tile{PNG: file, Alt: alt, Caption: caption})
	}
	return append(blocks, g), nil
}

// sampleFile draws samples side by side.
func sampleFile(draw run.Pictures, x []float64) ([]byte, error) {
	picture, err := draw.Draw(x, datasets.PictureSettings{Columns: 2, Zoom: 1})
	if err != nil {
		return nil, err
	}
	if inner, ok := picture.(*image.RGBA); ok { // without the gap around it
		picture = inner.SubImage(picture.Bounds().Inset(1))
	}
	var b bytes.Buffer
	err = png.Encode(&b, picture)
	return b.Bytes(), errors.Wrap(err, "report")
}

// sampleText says what the samples are.
func sampleText(x *run.Examination) string {
	first := fmt.Sprintf("Of the first %d test samples", x.Examined)
	switch {
	case x.Classifies && x.Wrong == 0:
		return first + " none is taken for another class."
	case x.Classifies:
		return fmt.Sprintf("%s %d are taken for another class. Those with the greatest error come first, then some that are right.", first, x.Wrong)
	case x.Samples[0].Text != "":
		return first + ": what was read, what follows each character, and what the network says follows. The greatest errors come first, then the first samples."
	case len(x.Samples[0].Output) == len(x.Samples[0].Input):
		return first + ", each beside what the network makes of it: those with the greatest errors come first, then the first samples."
	}
	return first + ": those with the greatest errors, then the first ones."
}

// sampleCaption says what a sample is and what it is taken for.
func sampleCaption(x *run.Examination, s run.TestSample) ([]plot.Span, error) {
	out, names := []plot.Span{{Text: fmt.Sprintf("test %d\n", s.Index)}}, x.Manifest.Settings.ClassNames()
	switch {
	case x.Classifies && s.Wrong():
		text := fmt.Sprintf("label %s, taken for %s", run.ClassName(names, s.Label), run.ClassName(names, s.Guess))
		return append(out, plot.Span{Text: text, Style: plot.Bad}), nil
	case x.Classifies:
		return append(out, plot.Span{Text: "label " + run.ClassName(names, s.Label)}, plot.Span{Text: " right", Style: plot.Good}), nil
	case len(s.Target) <= 4 && len(s.Output) != len(s.Input):
		_, target, output, err := x.InUnits(s)
		return append(out, plot.Span{Text: fmt.Sprintf("target%s\npredicted%s", short(target), short(output))}), err
	}
	return append(out, plot.Span{Text: fmt.Sprintf("squared error %.3g", s.Error)}), nil
}

// sampleTable shows samples that are no pictures, in the numbers of the user's files.
func sampleTable(x *run.Examination) (plot.Table, error) {
	t := plot.Table{Head: []string{"test sample", "input", "target", "predicted", "squared error"}}
	if x.Classifies {
		t.Head[2], t.Head[3] = "label", "taken for"
	}
	names := x.Manifest.Settings.ClassNames()
	for _, s := range x.Samples {
		input, target, output, err := x.InUnits(s)
		if err != nil {
			return t, err
		}
		row := spans(fmt.Sprint(s.Index), few(input), few(target), few(output), fmt.Sprintf("%.3g", s.Error))
		if x.Classifies {
			row[2].Text = run.ClassName(names, s.Label)
			row[3] = plot.Span{Text: run.ClassName(names, s.Guess), Style: plot.Good}
			if s.Wrong() {
				row[3].Style = plot.Bad
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// few prints the first of some numbers.
func few(x []float64) string {
	const most = 8
	if len(x) <= most {
		return strings.TrimSpace(short(x))
	}
	return strings.TrimSpace(short(x[:most])) + fmt.Sprintf(" … (%d numbers)", len(x))
}

// textTable shows samples of text.
func textTable(samples []run.TestSample) plot.Table {
	t := plot.Table{Head: []string{"test sample", "read", "what follows, and what is said to", "wrong"}}
	for _, s := range samples {
		next, said, wrong := []rune(s.Next), []rune(s.Read), 0
		for i := range next {
			if next[i] != said[i] {
				wrong++
			}
		}
		row := spans(fmt.Sprint(s.Index), fmt.Sprintf("%q", s.Text), fmt.Sprintf("%q\n%q", s.Next, s.Read), fmt.Sprintf("%d of %d", wrong, len(next)))
		row[1].Style, row[2].Style = plot.Code, plot.Code
		t.Rows = append(t.Rows, row)
	}
	return t
}
