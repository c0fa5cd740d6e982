package parquet

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
)

const noTargets = datasets.NoTargets

// file gathers the rows of a file.
func (c *collector) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return errors.Wrap(err, "open")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return errors.Wrap(err, "open")
	}
	return c.read(path, f, info.Size())
}

// read gathers the rows of a file of size bytes. The library that decodes it trusts what
// a file says of itself and panics at some of what is damaged, so its sizes are checked
// first and a panic becomes an error.
func (c *collector) read(path string, r io.ReaderAt, size int64) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Errorf("got a file that cannot be decoded (%.200s), want a whole one; fetch it again", fmt.Sprint(p))
		}
	}()
	if err := checkFooter(r, size); err != nil {
		return err
	}
	file, err := pq.OpenFile(r, size, pq.SkipPageIndex(true), pq.SkipBloomFilters(true))
	if err != nil {
		return errors.Errorf("%v: this is no Parquet file, or it is damaged; fetch it again", err)
	}
	l, err := c.settings.layoutOf(file.Root())
	if err != nil {
		return err
	}
	if err := c.same(l); err != nil {
		return err
	}
	if c.names == nil {
		c.names = l.classNames(file)
	}
	start := 0
	if len(c.shards) > 0 {
		start = c.shards[len(c.shards)-1].end
	} else {
		c.whole = true
	}
	rows := file.NumRows()
	const most = math.MaxInt32
	if width := int64(max(1, len(l.numbers))); rows < 0 || rows > most/width-int64(start) {
		return errors.Errorf("got %d rows, want at most %d numbers in all", rows, most)
	}
	c.shards = append(c.shards, shard{path: path, end: start + int(rows)})
	if err := checkPages(r, size, file, l.leaves(file.Root())); err != nil {
		return err
	}
	if l.picture != "" {
		err = c.readPictures(path, file, start)
	} else {
		err = c.readNumbers(file, start, int(rows))
	}
	if err != nil {
		return err
	}
	return c.readTargets(file, start, int(rows))
}

// leaves are the numbers of the columns that are read, among the leaves of the file.
func (l *layout) leaves(root *pq.Column) []int {
	var leaves []int
	if l.picture != "" {
		leaves = append(leaves, root.Column(l.picture).Column("bytes").Index())
	}
	for _, name := range slices.Concat(l.numbers, l.targets) {
		leaves = append(leaves, root.Column(name).Index())
	}
	return leaves
}

// each calls do with every value of a column, from row start on.
func each(file *pq.File, leaf *pq.Column, name string, start, rows int, do func(row int, v pq.Value) error) error {
	row := start
	for _, group := range file.RowGroups() {
		err := eachPage(group.ColumnChunks()[leaf.Index()], func(values []pq.Value) error {
			for _, v := range values {
				if row >= start+rows {
					return errors.Errorf("column %s, got more values than the %d rows, want one for each; fetch the file again", name, rows)
				}
				if v.IsNull() {
					return errors.Errorf("row %d, column %s: got null, want a value; fill it, or leave the row out", row-start, name)
				}
				if err := do(row, v); err != nil {
					return errors.WithMessagef(err, "row %d, column %s", row-start, name)
				}
				row++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if row != start+rows {
		return errors.Errorf("column %s, got %d values, want one for each of the %d rows; fetch the file again", name, row-start, rows)
	}
	return nil
}

// eachPage calls do with the values of a chunk of a column.
func eachPage(chunk pq.ColumnChunk, do func([]pq.Value) error) error {
	pages := chunk.Pages()
	defer pages.Close()
	buffer := make([]pq.Value, 256)
	for {
		page, err := pages.ReadPage()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return errors.Errorf("%v: the file is damaged; fetch it again", err)
		}
		values := page.Values()
		for {
			n, err := values.ReadValues(buffer)
			if doErr := do(buffer[:n]); doErr != nil {
				return doErr
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return errors.Errorf("%v: the file is damaged; fetch it again", err)
			}
		}
		pq.Release(page)
	}
}

func (c *collector) readPictures(path string, file *pq.File, start int) error {
	name := c.layout.picture
	leaf := file.Root().Column(name).Column("bytes")
	return each(file, leaf, name, start, int(file.NumRows()), func(row int, v pq.Value) error {
		return c.pictures.Add(c.row(row), v.ByteArray())
	})
}

// readNumbers reads the columns of samples, column by column.
func (c *collector) readNumbers(file *pq.File, start, rows int) error {
	width := len(c.layout.numbers)
	for k, name := range c.layout.numbers {
		leaf := file.Root().Column(name)
		err := each(file, leaf, name, start, rows, func(row int, v pq.Value) error {
			x, _ := number(leaf, v)
			if y := float32(x); y-y != 0 {
				return errors.Errorf("got %g, want a finite number of float32; fill the gap, or leave the row out", x)
			}
			for len(c.values) <= row*width+k { // grows as values arrive, not as rows are promised
				c.values = append(c.values, 0)
			}
			c.values[row*width+k] = float32(x)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readTargets reads the columns of targets.
func (c *collector) readTargets(file *pq.File, start, rows int) error {
	width := len(c.layout.targets)
	for k, name := range c.layout.targets {
		leaf := file.Root().Column(name)
		err := each(file, leaf, name, start, rows, func(row int, v pq.Value) error {
			if c.layout.text {
				c.words = append(c.words, string(v.ByteArray()))
				return nil
			}
			x, whole := number(leaf, v)
			if x-x != 0 {
				return errors.Errorf("got %g, want a finite number; fill the gap, or leave the row out", x)
			}
			if whole && math.Abs(x) > 1<<53 {
				return errors.Errorf("got about %.3g, want whole numbers up to 2⁵³; is the column an identifier rather than a target?", x)
			}
			c.whole = c.whole && whole
			for len(c.targets) <= row*width+k {
				c.targets = append(c.targets, 0)
			}
			c.targets[row*width+k] = x
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// number reads a value; whole reports whether its column holds whole numbers.
func number(leaf *pq.Column, v pq.Value) (x float64, whole bool) {
	switch v.Kind() {
	case pq.Boolean:
		if v.Boolean() {
			return 1, true
		}
		return 0, true
	case pq.Int32:
		if unsigned(leaf) {
			return float64(v.Uint32()), true
		}
		return float64(v.Int32()), true
	case pq.Int64:
		if unsigned(leaf) {
			return float64(v.Uint64()), true
		}
		return float64(v.Int64()), true
	case pq.Float:
		return float64(v.Float()), false
	}
	return v.Double(), false
}

// unsigned reports whether a column of whole numbers has no sign.
func unsigned(leaf *pq.Column) bool {
	l := leaf.Type().LogicalType()
	if l == nil {
		return false
	}
	t, ok := l.Value.(*format.IntType)
	return ok && !t.IsSigned
}
