package datasets

import "github.com/pkg/errors"

// Channels says in which order the axes of coloured samples are.
type Channels int

const (
	// ChannelsUnstated takes samples as they are, but refuses 8-bit ones that look like
	// (row, column, channel): three axes, of which only the last is 1, 3 or 4.
	ChannelsUnstated Channels = iota
	// ChannelsFirst is (channel, row, column), as this framework wants it.
	ChannelsFirst
	// ChannelsLast is (row, column, channel), which is transposed.
	ChannelsLast
)

func channelNames() []string { return []string{"unstated", "first", "last"} }

// String returns the name: unstated, first or last.
func (c Channels) String() string { return nameOf("channels", channelNames(), int(c)) }

// MarshalText returns the name.
func (c Channels) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a name.
func (c *Channels) UnmarshalText(text []byte) error {
	return numberOf("channels", channelNames(), text, (*int)(c))
}

// apply puts samples into the order (channel, row, column).
func (c Channels) apply(x *Array) error {
	channels := func(n int) bool { return n == 1 || n == 3 || n == 4 }
	shape := x.Shape[1:]
	switch {
	case c < ChannelsUnstated || c > ChannelsLast:
		return errors.Errorf("Channels, got %d, want ChannelsFirst or ChannelsLast", int(c))
	case c == ChannelsLast && len(shape) != 3:
		return errors.Errorf("samples of shape %v, got Channels last, want (row, column, channel)", shape)
	case c == ChannelsUnstated && x.Bytes != nil && len(shape) == 3 && channels(shape[2]) && !channels(shape[0]):
		return errors.Errorf("samples of shape %v, got what looks like (row, column, channel); say ChannelsLast if it is, else ChannelsFirst", shape)
	case c != ChannelsLast:
		return nil
	}
	rows, columns, n := shape[0], shape[1], shape[2]
	*x = Array{
		Shape: []int{x.Shape[0], n, rows, columns}, Type: x.Type,
		Bytes:   channelsFirst(x.Bytes, rows*columns, n),
		Floats:  channelsFirst(x.Floats, rows*columns, n),
		Doubles: channelsFirst(x.Doubles, rows*columns, n),
	}
	return nil
}

// channelsFirst turns (samples, pixels, channels) into (samples, channels, pixels).
func channelsFirst[T any](x []T, pixels, channels int) []T {
	if x == nil {
		return nil
	}
	out := make([]T, len(x))
	for i, v := range x {
		s, rest := i/(pixels*channels), i%(pixels*channels)
		out[s*pixels*channels+rest%channels*pixels+rest/channels] = v
	}
	return out
}
