package tensorboard

import (
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is an encoded protocol buffer. The numbers of fields are those of event.proto,
// summary.proto, tensor.proto and tensor_shape.proto of TensorFlow.
type message []byte

func (m *message) double(field protowire.Number, x float64) {
	*m = protowire.AppendFixed64(protowire.AppendTag(*m, field, protowire.Fixed64Type), math.Float64bits(x))
}

func (m *message) float(field protowire.Number, x float32) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), math.Float32bits(x))
}

func (m *message) varint(field protowire.Number, x uint64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), x)
}

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), b)
}

// doubles writes a packed field.
func (m *message) doubles(field protowire.Number, x []float64) {
	var packed []byte
	for _, v := range x {
		packed = protowire.AppendFixed64(packed, math.Float64bits(v))
	}
	m.bytes(field, packed)
}

// The fields of Event.
const (
	eventWallTime    = 1
	eventStep        = 2
	eventFileVersion = 3
	eventSummary     = 5
	eventSessionLog  = 7
)

// sessionStart is SessionLog{status: START}: what earlier files hold of this and later
// steps is void.
func sessionStart() []byte {
	const status, start = 1, 1
	var m message
	m.varint(status, start)
	return m
}

// summary is Summary{value: {tag: tag, field: content}}, with the fields of Value that
// write adds.
func summary(tag string, write func(value *message)) []byte {
	const value, valueTag = 1, 1
	var v, m message
	v.bytes(valueTag, []byte(tag))
	write(&v)
	m.bytes(value, v)
	return m
}

// The fields of Summary.Value.
const (
	valueSimple    = 2
	valueImage     = 4
	valueHistogram = 5
	valueTensor    = 8
	valueMetadata  = 9
)

// imageOf is Image{height, width, colorspace: RGBA, encoded_image_string}.
func imageOf(height, width int, file []byte) []byte {
	const rgba = 4
	var m message
	m.varint(1, uint64(height))
	m.varint(2, uint64(width))
	m.varint(3, rgba)
	m.bytes(4, file)
	return m
}

// textOf is TensorProto{dtype: DT_STRING, tensor_shape: {dim: {size: 1}}, string_val}.
func textOf(text string) []byte {
	const dtString = 7
	var dim, shape, m message
	dim.varint(1, 1)
	shape.bytes(2, dim)
	m.varint(1, dtString)
	m.bytes(2, shape)
	m.bytes(8, []byte(text))
	return m
}

// metadataOf is SummaryMetadata{plugin_data: {plugin_name}}.
func metadataOf(plugin string) []byte {
	var data, m message
	data.bytes(1, []byte(plugin))
	m.bytes(1, data)
	return m
}

// buckets is the number of buckets of a histogram.
const buckets = 30

// histogramOf is HistogramProto{min, max, num, sum, sum_squares, bucket_limit, bucket} of
// finite numbers, at least one, in buckets of equal width; numbers that are all the same
// have one bucket.
func histogramOf(x []float64) []byte {
	least, most := slices.Min(x), slices.Max(x)
	var sum, squares float64
	for _, v := range x {
		sum += v
		squares += v * v
	}
	limits, counts := []float64{most}, []float64{float64(len(x))}
	if width := (most/buckets - least/buckets); width > 0 {
		limits, counts = make([]float64, buckets), make([]float64, buckets)
		for i := range limits {
			limits[i] = least + float64(i+1)*width
		}
		limits[buckets-1] = most
		for _, v := range x {
			counts[max(0, min(buckets-1, int((v-least)/width)))]++
		}
	}
	var m message
	m.double(1, least)
	m.double(2, most)
	m.double(3, float64(len(x)))
	m.double(4, sum)
	m.double(5, squares)
	m.doubles(6, limits)
	m.doubles(7, counts)
	return m
}
