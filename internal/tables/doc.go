// Package tables prints tables and the lines around them: for people as text that is no
// wider than their terminal, or as Markdown; for programs as CSV or JSON.
//
// A [Table] is plain data. For people a number is a formatted text, such as "65.70 %",
// on the right of its column; for programs it is the number in full, under a key that
// does not change with its wording. Lines around tables are for people alone.
package tables
