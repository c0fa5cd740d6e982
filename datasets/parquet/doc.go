// Package parquet reads data sets from Parquet files, as the Hugging Face hub keeps them:
// pictures with labels, or tables.
//
// It is a package of its own because what it depends on is large; see
// docs/adr/0030-readers.md.
package parquet
