package sweep

import (
	"encoding/json"
	"fmt"

	"github.com/pkg/errors"
)

// Record is what a trial found.
type Record[P, R any] struct {
	// Params are what was tried.
	Params P `json:"params"`
	// Result is what the function returned.
	Result R `json:"result"`
	// Seconds is how long the trial took by the clock, and CPUSeconds the processor
	// time of its thread, which other work on the machine does not change, but which
	// lacks what other goroutines did for the trial; 0 where it is not known.
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds,omitempty"`
	// Reports are the scores that it reported; see [Report]. Infinity is read back as NaN,
	// and both are worse than all numbers.
	Reports Numbers `json:"reports,omitempty"`
	// Pruned says that it was stopped before its end, with what the function returned
	// beside [ErrPruned] as its result.
	Pruned bool `json:"pruned,omitempty"`
}

// Codec writes records as lines of text and reads them. A [Store] has one of JSON
// unless it is given another, to read files that something else wrote.
type Codec[P, R any] interface {
	// Encode returns the line without its end.
	Encode(r Record[P, R]) ([]byte, error)
	// Decode reads a line. It is an error if it is not the whole of a record.
	Decode(line []byte) (Record[P, R], error)
}

// jsonCodec writes a record as a JSON object.
type jsonCodec[P, R any] struct{}

// Encode implements Codec.
func (jsonCodec[P, R]) Encode(r Record[P, R]) ([]byte, error) {
	line, err := json.Marshal(r)
	return line, errors.Wrap(err, "result: has no JSON; give a number that may be NaN the type Numbers")
}

// Decode implements Codec.
func (jsonCodec[P, R]) Decode(line []byte) (Record[P, R], error) {
	var r Record[P, R]
	var parts struct {
		Params json.RawMessage `json:"params"`
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(line, &parts); err != nil {
		return r, err
	}
	if len(parts.Params) == 0 || len(parts.Result) == 0 {
		return r, errors.New("got no params or no result, want both")
	}
	return r, json.Unmarshal(line, &r)
}

// key tells parameters apart: their JSON.
func key[P any](p P) (string, error) {
	text, err := json.Marshal(p)
	return string(text), errors.Wrap(err, "sweep: params: have no JSON; leave out what cannot be written")
}

// describe prints parameters: with their own method, or as JSON.
func describe[P any](p P) string {
	if s, ok := any(p).(fmt.Stringer); ok {
		return s.String()
	}
	if text, err := json.Marshal(p); err == nil {
		return string(text)
	}
	return fmt.Sprintf("%+v", p)
}
