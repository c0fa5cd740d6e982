package parquet

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

// Files reads a data set from Parquet files. The zero value serves both layouts of the
// Hugging Face hub:
//
//	pictures: a column of {bytes, path}, PNG or JPEG, and a column of labels
//	tables:   columns of numbers, one of them the target
//
// Class names that the hub notes in the file are kept. Null, NaN, text where a number
// belongs, columns of lists and a missing shard are errors that name the file and, from 0
// as pandas counts, the row.
type Files struct {
	// Picture names the column of pictures. Empty means the only one, if there is one.
	Picture string `json:"picture,omitempty"`
	// Targets names the columns of the targets. Nil means the column called label,
	// target, class, fine_label or y; if there is none, it is an error.
	Targets []string `json:"targets,omitempty"`
	// Ignore names columns that are left out. Beside pictures every column is left out
	// but the targets.
	Ignore []string `json:"ignore,omitempty"`
	// Task says what the targets are. Zero goes by them, see [datasets.Task].
	Task datasets.Task `json:"task,omitempty"`
	// Rows, Columns and Channels are those of [datasets.Pictures].
	Rows     int `json:"rows,omitempty"`
	Columns  int `json:"columns,omitempty"`
	Channels int `json:"channels,omitempty"`
	// Shape of a sample of numbers. Nil means the number of columns.
	Shape []int `json:"shape,omitempty"`
	// Normalization of pictures. Nil maps 0..255 to [0, 1].
	Normalization *datasets.Normalization `json:"normalization,omitempty"`
	// Standardize is that of [datasets.Assembly].
	Standardize bool `json:"standardize,omitempty"`
	// StandardizeTargets is that of [datasets.Assembly].
	StandardizeTargets bool `json:"standardize_targets,omitempty"`
	// Scalings is that of [datasets.Assembly].
	Scalings *datasets.Scalings `json:"scalings,omitempty"`
}

// Read reads a file, or all shards below a folder. Of the names of shards, or of the
// folders they are in, train, test and validation say the part; without test the
// validation part takes its place, and files without any of these words are training
// data.
func (f Files) Read(path string) (*datasets.Split, error) {
	parts, err := findShards(path)
	if err != nil {
		return nil, errors.WithMessagef(err, "datasets: %s", path)
	}
	channels := f.Channels
	var train, test *datasets.Part
	var names []string
	for k, shards := range parts {
		if len(shards) == 0 {
			continue
		}
		c := &collector{settings: f, pictures: &datasets.Pictures{Rows: f.Rows, Columns: f.Columns, Channels: channels}}
		for _, shard := range shards {
			if err := c.file(shard); err != nil {
				return nil, errors.WithMessagef(err, "datasets: %s", shard)
			}
		}
		part, err := c.part()
		if err != nil {
			return nil, errors.WithMessagef(err, "datasets: %s", path)
		}
		if k == 0 {
			train, names = part, c.names
			if channels = 3; len(part.X.Shape) == 3 {
				channels = 1
			}
		} else {
			test = part
		}
	}
	a := datasets.Assembly{
		Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), Task: f.Task, Classes: names,
		Shape: f.Shape, Normalization: f.Normalization, Standardize: f.Standardize, StandardizeTargets: f.StandardizeTargets, Scalings: f.Scalings,
	}
	if f.Task == datasets.NoTargets || f.Task == datasets.Regression {
		a.Classes = nil
	}
	return a.Split(train, test)
}

// collector gathers the rows of the shards of a part.
type collector struct {
	settings Files
	pictures *datasets.Pictures
	layout   *layout  // of the first shard
	names    []string // of the classes, where the file notes them
	shards   []shard

	values  []float32
	targets []float64
	words   []string
	whole   bool
}

// shard is a file that was read, and how many rows all up to its end have.
type shard struct {
	path string
	end  int
}

// row names a row in an error.
func (c *collector) row(i int) string {
	start := 0
	for _, s := range c.shards {
		if i < s.end {
			return "row " + strconv.Itoa(i-start) + " of " + s.path
		}
		start = s.end
	}
	return "row " + strconv.Itoa(i-start)
}

// part makes arrays of what was gathered.
func (c *collector) part() (*datasets.Part, error) {
	n := c.shards[len(c.shards)-1].end
	if n == 0 {
		return nil, errors.New("got no row, want at least 1")
	}
	p := &datasets.Part{File: c.shards[0].path, Row: c.row}
	var err error
	if c.layout.picture != "" {
		if p.X, err = c.pictures.Array(); err != nil {
			return nil, err
		}
	} else {
		p.X = &datasets.Array{Shape: []int{n, len(c.layout.numbers)}, Type: "float32", Floats: c.values}
		p.Columns, p.TargetColumns = c.layout.numbers, c.layout.targets
	}
	switch k := len(c.layout.targets); {
	case k == 0:
	case c.layout.text:
		p.Words = c.words
	default:
		p.Y = &datasets.Array{Shape: []int{n, k}, Type: "float64", Doubles: c.targets}
		if c.whole {
			p.Y.Type = "int64"
		}
	}
	return p, nil
}

// same refuses a shard whose columns are not those of the first.
func (c *collector) same(l *layout) error {
	if c.layout == nil {
		c.layout = l
		return nil
	}
	if a, b := c.layout, l; a.picture != b.picture || a.text != b.text || !slices.Equal(a.numbers, b.numbers) || !slices.Equal(a.targets, b.targets) {
		return errors.Errorf("columns, got %s, want those of %s: %s", b, c.shards[0].path, a)
	}
	return nil
}
