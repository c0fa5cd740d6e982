package tensorboard

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// Writer appends to an event file. Every call writes whole records, so that TensorBoard
// shows them while the program runs; after a kill at most the last record is torn, which
// TensorBoard leaves out. It is not safe for concurrent use.
type Writer struct {
	file *os.File
}

// version is what the first record of an event file says.
const version = "brain.Event:2"

// Create starts a new event file in a folder, which it makes if it is missing.
// TensorBoard takes all event files of a folder as one run, in the order of their names.
// first is the first step that is going to be written: what earlier files of the folder
// hold of it and of later steps is void, as for a run that goes on from a checkpoint.
func Create(dir string, first int) (*Writer, error) {
	if first < 0 {
		return nil, errors.Errorf("tensorboard: first step, got %d, want at least 0", first)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, errors.Wrap(err, "tensorboard")
	}
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	host = strings.Map(func(r rune) rune {
		if r == filepath.Separator || r == '/' {
			return '-'
		}
		return r
	}, host)
	for at := max(time.Now().Unix(), lastFile(dir)+1); ; at++ {
		name := fmt.Sprintf("events.out.tfevents.%010d.%s", at, host)
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue // of another process
		}
		if err != nil {
			return nil, errors.Wrap(err, "tensorboard")
		}
		w := &Writer{file: f}
		if err := w.start(first); err != nil {
			f.Close()
			return nil, err
		}
		return w, nil
	}
}

// lastFile is the time in the name of the last event file of a folder, 0 if there is
// none.
func lastFile(dir string) int64 {
	names, _ := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	last := int64(0)
	for _, name := range names {
		at, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(name), "events.out.tfevents."), ".")
		if n, err := strconv.ParseInt(at, 10, 64); err == nil {
			last = max(last, n)
		}
	}
	return last
}

// start writes the records that begin a file.
func (w *Writer) start(first int) error {
	if err := w.event(first, func(m *message) { m.bytes(eventFileVersion, []byte(version)) }); err != nil {
		return err
	}
	return w.event(first, func(m *message) { m.bytes(eventSessionLog, sessionStart()) })
}

// event writes a record of now.
func (w *Writer) event(step int, write func(m *message)) error {
	if w.file == nil {
		return errors.New("tensorboard: the writer is closed")
	}
	var m message
	m.double(eventWallTime, float64(time.Now().UnixMicro())/1e6)
	m.varint(eventStep, uint64(step))
	write(&m)
	_, err := w.file.Write(appendRecord(nil, m))
	return errors.Wrap(err, "tensorboard")
}

// value writes a record with a summary.
func (w *Writer) value(tag string, step int, write func(value *message)) error {
	if tag == "" || step < 0 {
		return errors.Errorf("tensorboard: tag %q at step %d, want a tag and a step of at least 0", tag, step)
	}
	return w.event(step, func(m *message) { m.bytes(eventSummary, summary(tag, write)) })
}

// Scalar adds a point to a curve. What stands before a slash in the tag is the group of
// curves that TensorBoard shows it in.
func (w *Writer) Scalar(tag string, step int, x float64) error {
	return w.value(tag, step, func(v *message) { v.float(valueSimple, float32(x)) })
}

// Histogram adds the distribution of numbers, in 30 buckets of equal width. They must be
// finite; none are an error.
func (w *Writer) Histogram(tag string, step int, x []float64) error {
	if len(x) == 0 {
		return errors.Errorf("tensorboard: histogram %q: got no numbers, want at least one", tag)
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.Errorf("tensorboard: histogram %q: number %d, got %v, want a finite one", tag, i, v)
		}
	}
	return w.value(tag, step, func(m *message) { m.bytes(valueHistogram, histogramOf(x)) })
}

// Image adds a picture.
func (w *Writer) Image(tag string, step int, picture image.Image) error {
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return errors.Wrapf(err, "tensorboard: image %q", tag)
	}
	size := picture.Bounds().Size()
	return w.value(tag, step, func(v *message) { v.bytes(valueImage, imageOf(size.Y, size.X, b.Bytes())) })
}

// Text adds a text in Markdown.
func (w *Writer) Text(tag string, step int, text string) error {
	return w.value(tag, step, func(v *message) {
		v.bytes(valueTensor, textOf(text))
		v.bytes(valueMetadata, metadataOf("text"))
	})
}

// Close closes the file. Closing twice does nothing.
func (w *Writer) Close() error {
	if w.file == nil {
		return nil
	}
	f := w.file
	w.file = nil
	return errors.Wrap(f.Close(), "tensorboard")
}
