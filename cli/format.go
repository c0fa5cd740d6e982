package cli

import "github.com/seed-be841da4/prospect/internal/tables"

// formatFlags are the flags of a command that prints tables.
type formatFlags struct {
	Format tables.Format `xor:"format" placeholder:"NAME" help:"How to print: text, no wider than the terminal, or markdown; for programs csv, a table with its numbers in full, or json, one object a line (default text)."`
	JSON   bool          `xor:"format" name:"json" help:"The same as --format json."`
}

// AfterApply makes the two flags agree.
func (f *formatFlags) AfterApply() error {
	switch {
	case f.JSON:
		f.Format = tables.JSON
	case f.Format == "":
		f.Format = tables.Text
	}
	f.JSON = f.Format == tables.JSON
	return nil
}

// printer returns a writer to standard output in the format of the flags.
func (f *formatFlags) printer(c *console) *tables.Writer {
	return tables.New(c.stdout, f.Format, c.width)
}
