package plot

import (
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
)

// Stepper is a [Block] that shows how numbers change step by step: a slider, curves with a
// mark at its step, and panels with the numbers at that step. It needs a browser with
// JavaScript, and nothing from the network; without, it says so.
type Stepper struct {
	// Unit is what a step is called, such as "relaxation step".
	Unit string
	// Steps are the numbers of the states, rising.
	Steps []int
	// Label says what the curves are. Log draws the logarithms of those that are all above
	// 0.
	Label string
	Log   bool
	// Curves have a number at every state. One that is not finite is left out.
	Curves []StepperCurve
	// Panels stand below.
	Panels []StepperPanel
}

// StepperCurve is a curve of a [Stepper].
type StepperCurve struct {
	Name string
	Y    []float64
	// Strong draws it in black, for a sum of the others.
	Strong bool
}

// StepperPanel is a panel of a [Stepper].
type StepperPanel struct {
	// Title and Note stand above and below it.
	Title, Note string
	// PNG is a picture that stays the same, in place of numbers.
	PNG []byte
	// Values are the numbers, (states)(units), or one row if they stay the same. At most 16
	// are bars, more a map in colours: blue below 0, red above.
	Values [][]float64
	// Shape is how a map lies: rows and columns, or several such, one beside the other.
	// Anything else makes it about square.
	Shape []int
	// Names of the units stand below bars; nil means their numbers.
	Names []string
	// Marks are drawn beside bars, such as what the numbers are to become. Nil means none.
	Marks []float64
}

// stepperScript draws every stepper of a page.
//
//go:embed stepper.js
var stepperScript string

// stepperData are what the script reads. Numbers are 16-bit: value = scale·data/32767.
type stepperData struct {
	Unit   string         `json:"unit"`
	Steps  []int          `json:"steps"`
	Label  string         `json:"label"`
	Log    bool           `json:"log"`
	Curves []curveData    `json:"curves"`
	Panels []stepperPanel `json:"panels"`
}

type curveData struct {
	Name   string     `json:"name"`
	Y      []*float64 `json:"y"`
	Strong bool       `json:"strong"`
}

type stepperPanel struct {
	Title string    `json:"title"`
	Note  string    `json:"note"`
	PNG   []byte    `json:"png,omitempty"`
	Data  string    `json:"data,omitempty"`
	Scale float64   `json:"scale"`
	Units int       `json:"units"`
	Shape []int     `json:"shape"`
	Names []string  `json:"names,omitempty"`
	Marks []float64 `json:"marks,omitempty"`
}

func (s Stepper) write(b *strings.Builder) {
	d := stepperData{Unit: s.Unit, Steps: s.Steps, Label: s.Label, Log: s.Log}
	for _, c := range s.Curves {
		y := make([]*float64, len(c.Y))
		for i, v := range c.Y {
			if v-v == 0 {
				y[i] = &v
			}
		}
		d.Curves = append(d.Curves, curveData{c.Name, y, c.Strong})
	}
	for _, p := range s.Panels {
		d.Panels = append(d.Panels, p.data())
	}
	text, err := json.Marshal(d) // which writes <, > and & as escapes
	if err != nil {
		panic(err) // its numbers are finite
	}
	b.WriteString("<div class=\"stepper\"><noscript><p>This figure needs JavaScript.</p></noscript><script type=\"application/json\">")
	b.Write(text)
	b.WriteString("</script></div>\n")
}

// data packs the numbers of a panel. One that is not finite is 0.
func (p StepperPanel) data() stepperPanel {
	out := stepperPanel{Title: p.Title, Note: p.Note, PNG: p.PNG, Names: p.Names, Marks: p.Marks, Shape: p.Shape}
	for _, row := range p.Values {
		out.Units = len(row)
		for _, v := range row {
			if v-v == 0 {
				out.Scale = max(out.Scale, math.Abs(v))
			}
		}
	}
	var packed []byte
	for _, row := range p.Values {
		for _, v := range row {
			n := int16(0)
			if v-v == 0 && out.Scale > 0 {
				n = int16(math.Round(v / out.Scale * math.MaxInt16))
			}
			packed = binary.LittleEndian.AppendUint16(packed, uint16(n))
		}
	}
	out.Data = base64.StdEncoding.EncodeToString(packed)
	return out
}
