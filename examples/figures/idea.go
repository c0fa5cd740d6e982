package main

import (
	"fmt"
	"image/color"
	"math"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed-be841da4/prospect/plot"
)

// The colours of the schematic beside those of the rules.
var (
	ink  = color.Gray{Y: 0x22}
	mid  = color.Gray{Y: 0x77}
	pale = color.Gray{Y: 0xc8}
	full = color.Gray{Y: 0xb4} // of activity that does not change
)

// panel is the 1-1-2 net at one moment: what is coloured changes.
type panel struct {
	caption             string
	state               state
	weights, activities bool // which of them change here
	notes               [2]string
	wrong               [2]bool // notes that tell of a fault
}

// idea draws the order of events under both rules, on the network of Fig. 3a: the numbers
// are those of the update at which the wrong output has lost a little more than half.
func idea() (picture, error) {
	var rows [][]panel
	var updates []int
	for _, r := range rules {
		states, err := unlearn(r.rule, 12)
		if err != nil {
			return nil, err
		}
		start, end := states[0], states[0]
		for k, s := range states {
			if end = s; s.outputs[0] < 0.45 {
				updates = append(updates, k)
				break
			}
		}
		first := panel{"prediction", start, false, false, [2]string{"should be 0", "is right"}, [2]bool{true, false}}
		middle, last := start, end
		if r.color == plot.Vermilion {
			middle.weights = end.weights
			rows = append(rows, []panel{
				first,
				{"1. weights change", middle, true, false, [2]string{}, [2]bool{}},
				{"2. activity follows", last, false, true, [2]string{"", "damaged"}, [2]bool{false, true}},
			})
			continue
		}
		middle.hidden, middle.outputs = 2.0/3, [2]float64{0, 1} // the least energy with the outputs clamped
		rows = append(rows, []panel{
			first,
			{"1. activity settles", middle, false, true, [2]string{"set to 0", "kept at 1"}, [2]bool{}},
			{"2. weights follow", last, true, false, [2]string{"", "kept"}, [2]bool{}},
		})
	}
	titles := []string{"Backpropagation: the weights change first", "Prospective configuration: activity settles first"}
	return plot.Drawing{Name: "idea", Width: 17, Height: 11, Paint: func(c draw.Canvas) {
		say(c, 9.5, ink, false, draw.XLeft, 8, c.Max.Y-16, "A network expects two things. One turns out to be wrong. What is learned must not hurt the other.")
		for i, row := range rows {
			top := c.Max.Y - vg.Length(32+128*i)
			say(c, 11, rules[i].color, true, draw.XLeft, 8, top-10, titles[i])
			for k, p := range row {
				p.paint(c, vg.Point{X: vg.Length(8 + 160*k), Y: top - 118}, rules[i].color)
				if k > 0 {
					arrow(c, vg.Point{X: vg.Length(8+160*k) - 14, Y: top - 62})
				}
			}
		}
		say(c, 8, mid, false, draw.XLeft, 8, 19, "Level of a circle: activity. Width of a line: weight. In colour: what changes at that moment.")
		say(c, 8, mid, false, draw.XLeft, 8, 8, fmt.Sprintf("At the right: where the wrong output is half unlearned, after %d updates of backpropagation and %d of prospective configuration.", updates[0], updates[1]))
	}}, nil
}

// paint draws the panel with its lower left corner at a place.
func (p panel) paint(c draw.Canvas, at vg.Point, changed color.Color) {
	spot := func(x, y float64) vg.Point { return vg.Point{X: at.X + vg.Length(x), Y: at.Y + vg.Length(y)} }
	x, h, y := spot(14, 58), spot(54, 58), [2]vg.Point{spot(94, 84), spot(94, 32)}
	line, fill := color.Color(mid), color.Color(full)
	tint := lighter(changed)
	if p.weights {
		line = changed
	}
	if p.activities {
		fill = tint
	}
	for i, ends := range [][2]vg.Point{{x, h}, {h, y[0]}, {h, y[1]}} {
		edge(c, ends[0], ends[1], p.state.weights[i], line)
	}
	node(c, x, 1, full)
	node(c, h, p.state.hidden, fill)
	for i := range y {
		node(c, y[i], p.state.outputs[i], fill)
		tone := color.Color(mid)
		if p.wrong[i] {
			tone = plot.Vermilion
		} else if p.notes[i] == "kept" {
			tone = plot.Blue
		}
		say(c, 8.5, tone, p.wrong[i] || p.notes[i] == "kept", draw.XLeft, y[i].X+15, y[i].Y, p.notes[i])
	}
	tone, bold := color.Color(mid), false
	if p.weights || p.activities {
		tone, bold = changed, true
	}
	say(c, 9, tone, bold, draw.XLeft, at.X+4, at.Y+8, p.caption)
}

// lighter is a colour on which black can be read.
func lighter(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	mix := func(v uint32) uint8 { return uint8(255 - 6*(255-v>>8)/10) }
	return color.NRGBA{mix(r), mix(g), mix(b), 255}
}

// radius is that of a node in points.
const radius = 12

// node draws an activity of 0 to 1 as the level in a circle.
func node(c draw.Canvas, at vg.Point, activity float64, fill color.Color) {
	circle := func() vg.Path {
		var p vg.Path
		p.Move(vg.Point{X: at.X + radius, Y: at.Y})
		p.Arc(at, radius, 0, 2*math.Pi)
		p.Close()
		return p
	}
	c.SetColor(color.White)
	c.Fill(circle())
	if level := min(1, max(0, activity)); level > 0.005 {
		// The part of the disc below the level, from one side of it to the other.
		half := math.Acos(1 - 2*level)
		var p vg.Path
		p.Move(vg.Point{X: at.X + vg.Length(radius*math.Cos(-math.Pi/2-half)), Y: at.Y + vg.Length(radius*math.Sin(-math.Pi/2-half))})
		p.Arc(at, radius, -math.Pi/2-half, 2*half)
		p.Close()
		c.SetColor(fill)
		c.Fill(p)
	}
	c.SetColor(ink)
	c.SetLineWidth(1)
	c.Stroke(circle())
	text := fmt.Sprintf("%.2f", activity)
	if activity == math.Trunc(activity) {
		text = fmt.Sprintf("%.0f", activity)
	}
	say(c, 8, ink, false, draw.XCenter, at.X, at.Y, text)
}

// edge draws a weight as a line whose width tells it.
func edge(c draw.Canvas, from, to vg.Point, weight float64, tone color.Color) {
	c.StrokeLine2(draw.LineStyle{Color: tone, Width: vg.Length(0.5 + 5*math.Abs(weight))}, from.X, from.Y, to.X, to.Y)
}

// arrow points from one panel to the next.
func arrow(c draw.Canvas, at vg.Point) {
	c.SetColor(pale)
	var p vg.Path
	p.Move(vg.Point{X: at.X - 3, Y: at.Y - 7})
	p.Line(vg.Point{X: at.X + 5, Y: at.Y})
	p.Line(vg.Point{X: at.X - 3, Y: at.Y + 7})
	p.Close()
	c.Fill(p)
}

// say writes a text.
func say(c draw.Canvas, size float64, tone color.Color, bold bool, align draw.XAlignment, x, y vg.Length, words string) {
	s := plot.Sans(size)
	s.Color, s.XAlign, s.YAlign = tone, align, draw.YCenter
	if bold {
		s.Font.Weight = xfont.WeightBold
	}
	c.FillText(s, vg.Point{X: x, Y: y + 1}, words)
}
