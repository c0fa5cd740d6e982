package tables

import "github.com/seed-be841da4/prospect/internal/choice"

// Format is how tables are printed.
type Format string

// The formats.
const (
	// Text has a line or more for each row, in columns.
	Text Format = "text"
	// Markdown is a table of GitHub's, with the same texts.
	Markdown Format = "markdown"
	// CSV has the numbers in full under the keys of the columns (RFC 4180, with lines
	// that end in a line feed). Tables of the same keys one after another have one head,
	// others an empty line between them.
	CSV Format = "csv"
	// JSON is an object for each row on a line of its own, by the keys of the columns.
	JSON Format = "json"
)

// Formats lists them.
func Formats() []string {
	return []string{string(Text), string(Markdown), string(CSV), string(JSON)}
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (f *Format) UnmarshalText(text []byte) error {
	name, err := choice.Parse(string(text), Formats())
	*f = Format(name)
	return err
}
