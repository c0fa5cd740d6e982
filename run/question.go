package run

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/query"
)

// questioner puts a question together.
type questioner struct {
	ask      Ask
	settings Settings
	dataDir  string
	net      *Network
	split    *datasets.Split // nil until needed
	rows     map[string][]float32
	counts   map[string]int // of the samples of each node
	truth    []int
}

// question fills in what is known.
func (a Ask) question(r *Reply, s Settings, dataDir string) error {
	q := &questioner{ask: a, settings: s, dataDir: dataDir, net: r.Net, rows: map[string][]float32{}, counts: map[string]int{}}
	for _, text := range a.Clamp {
		node, spec, ok := strings.Cut(text, "=")
		if !ok {
			return settingf("{clamp}, got %q, want NODE=VALUES, for example %s=3 or %s=test:0..63", text, q.example(r.Net.Label), r.Net.Sample[0])
		}
		if _, twice := q.rows[node]; twice {
			return settingf("{clamp}: node %q, got it twice, want it once", node)
		}
		if err := q.clamp(node, spec); err != nil {
			if r.Net.places > 0 && node == r.Net.Sample[0] {
				return q.textQuestion(err)
			}
			return err
		}
	}
	if _, ok := q.rows[r.Net.Sample[0]]; !ok && r.Net.places > 0 {
		return q.textQuestion(nil)
	}
	samples, err := q.samples()
	if err != nil {
		return err
	}
	r.Question = query.Question{Samples: samples, Clamp: q.rows, Known: map[string][]bool{}}
	r.Truth = q.truth
	if r.Truth != nil && len(r.Truth) != samples {
		r.Truth = slices.Repeat(r.Truth, samples)
	}
	return q.mask(&r.Question)
}

func (q *questioner) example(label string) string {
	if label == "" {
		return "NODE"
	}
	return label
}

// clamp reads the values of one node:
//
//	test, train              all samples of the dataset, or their labels
//	test:5, test:0..63       some of them
//	7, 0..9, cat             classes, of the node that holds labels, by their names
//	0.1,0.2,...              the numbers themselves
//	@FILE.npy, @FILE.png     the numbers of an array, a picture
func (q *questioner) clamp(node, spec string) error {
	n, err := q.net.Node(node)
	if err != nil {
		return withSetting(err, "{clamp}")
	}
	size := n.Shape.Size()
	part, span, _ := strings.Cut(spec, ":")
	var data []float32
	switch {
	case strings.HasPrefix(spec, "@"):
		if data, err = q.fromFile(node, spec[1:], size); err == nil {
			err = q.scale(node, data)
		}
	case q.net.places > 0 && !strings.Contains(spec, ","):
		err = errors.Errorf("got %q, want %d numbers with commas", spec, size)
	case part == "test" || part == "train":
		data, err = q.fromData(node, part, span)
	case strings.Contains(spec, ","):
		data, err = numbers(spec)
		if err == nil && len(data)%size != 0 {
			err = errors.Errorf("got %d numbers, want %d for shape %v", len(data), size, n.Shape)
		}
		if err == nil {
			err = q.scale(node, data)
		}
	case node == q.net.Label && !q.net.regresses:
		data, err = q.classes(spec, size)
	case size == 1:
		if data, err = numbers(spec); err == nil {
			err = q.scale(node, data)
		}
	default:
		err = errors.Errorf("got %q, want test:0..63, train:0..63 or %d numbers with commas", spec, size)
	}
	if err != nil {
		return withSetting(err, "{clamp} %s", node)
	}
	q.rows[node], q.counts[node] = data, len(data)/size
	return nil
}

// scale maps the numbers of the user's files to those of the network, in place.
func (q *questioner) scale(node string, data []float32) error {
	if s := q.net.scaling(q.settings.Scalings, node); s != nil {
		return s.Apply(data)
	}
	return nil
}

// fromData returns samples of the dataset, or their encoded labels.
func (q *questioner) fromData(node, part, span string) ([]float32, error) {
	if q.split == nil {
		var err error
		if q.split, err = q.settings.load(q.dataDir); err != nil {
			return nil, err
		}
	}
	data := q.split.Test
	if part == "train" {
		data = q.split.Train
	}
	first, last := 0, data.Len()-1
	if span != "" {
		var err error
		if first, last, err = parseSpan(span, data.Len()-1); err != nil {
			return nil, err
		}
	}
	var labels []int
	for i := first; i <= last; i++ {
		if labels = append(labels, 0); !q.net.regresses && q.net.Label != "" {
			labels[i-first] = data.Label(i)
		}
	}
	switch {
	case slices.Contains(q.net.Sample, node):
		if q.net.Label != "" && !q.net.regresses {
			q.truth = labels
		}
		size := datasets.SampleSize(data)
		rows := make([]float32, len(labels)*size)
		for i := range labels {
			data.Read(first+i, rows[i*size:(i+1)*size])
		}
		return rows, nil
	case node == q.net.Label && q.net.regresses:
		return q.targets(data, first, len(labels))
	case node == q.net.Label:
		return q.encode(labels, data.Classes())
	}
	return nil, errors.Errorf("the node holds neither samples nor labels; clamp %s, or give numbers with commas", strings.Join(q.net.Clamped(), " or "))
}

// targets returns the numbers to predict of n samples.
func (q *questioner) targets(data datasets.Dataset, first, n int) ([]float32, error) {
	t, ok := datasets.Targets(data)
	if !ok {
		return nil, errors.New("the data have no numbers to predict")
	}
	size := graph.Shape(t.TargetShape()).Size()
	rows := make([]float32, n*size)
	for i := range n {
		t.ReadTarget(first+i, rows[i*size:(i+1)*size])
	}
	return rows, nil
}

func (q *questioner) encode(labels []int, classes int) ([]float32, error) {
	if q.net.oneUnit {
		e := q.settings.Encoding()
		rows := make([]float32, len(labels))
		for i, label := range labels {
			rows[i] = float32(map[bool]float64{true: float64(e.On), false: float64(e.Off)}[label == 1])
		}
		return rows, nil
	}
	rows := make([]float32, len(labels)*classes)
	return rows, q.settings.Encoding().Encode(labels, classes, rows)
}

// classes reads "7" or "0..9", or names of classes.
func (q *questioner) classes(spec string, classes int) ([]float32, error) {
	first, last, err := 0, 0, error(nil)
	if names := q.settings.ClassNames(); names != nil {
		first, last, err = namedClasses(spec, names)
	} else {
		first, last, err = parseSpan(spec, classes-1)
	}
	if err != nil {
		return nil, err
	}
	var labels []int
	for c := first; c <= last; c++ {
		labels = append(labels, c)
	}
	return q.encode(labels, classes)
}

// samples returns the number of samples and repeats what was given once.
func (q *questioner) samples() (int, error) {
	samples := max(1, q.ask.Samples)
	for _, n := range q.counts {
		samples = max(samples, n)
	}
	for _, node := range slices.Sorted(maps.Keys(q.counts)) {
		switch n := q.counts[node]; n {
		case samples:
		case 1:
			q.rows[node] = slices.Repeat(q.rows[node], samples)
		default:
			return 0, settingf("{clamp} %s: got %d samples, want %d as elsewhere, or 1 for all", node, n, samples)
		}
	}
	return samples, nil
}

// mask hides a part of the clamped samples.
func (q *questioner) mask(out *query.Question) error {
	if q.ask.Mask == "" {
		return nil
	}
	node := ""
	for _, name := range q.net.Sample {
		if _, ok := q.rows[name]; ok {
			node = name
		}
	}
	if node == "" {
		return settingf("{mask} hides a part of the samples that are clamped; add {clamp} %s=test:0..63", q.net.Sample[0])
	}
	kind, share, random := strings.Cut(q.ask.Mask, ":")
	if kind == "random" {
		p, err := strconv.ParseFloat(share, 64)
		if err != nil || !(p >= 0 && p <= 1) {
			return settingf("{mask}, got %q, want random:P with P from 0 to 1", q.ask.Mask)
		}
		rng := rand.New(rand.NewPCG(q.ask.Seed, 0x6d61736b))
		known, err := query.HideRandom(len(out.Clamp[node]), p, rng)
		if err == nil && slices.Contains(known, false) { // a mask that hides nothing is none
			out.Known[node] = known
		}
		return err
	}
	info, err := q.settings.sizes()
	if err != nil {
		return err
	}
	if random || !slices.Contains([]string{"left", "right", "top", "bottom"}, kind) {
		return settingf("{mask}, got %q, want left, right, top, bottom or random:P", q.ask.Mask)
	}
	out.Known[node], err = query.HideHalf(graph.Shape(info.Shape), query.Side(kind))
	return err
}

// parseSpan reads "a" or "a..b", both within 0 to most.
func parseSpan(text string, most int) (first, last int, err error) {
	from, to, span := strings.Cut(text, "..")
	if first, err = strconv.Atoi(from); err == nil {
		last = first
		if span {
			last, err = strconv.Atoi(to)
		}
	}
	if err != nil || first < 0 || last > most || last < first {
		return 0, 0, errors.Errorf("got %q, want a number of 0 to %d, or FIRST..LAST", text, most)
	}
	return first, last, nil
}

func numbers(text string) ([]float32, error) {
	var out []float32
	for _, field := range strings.Split(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(field), 32)
		if err != nil {
			return nil, errors.Errorf("got %q, want a number", field)
		}
		out = append(out, float32(v))
	}
	return out, nil
}
