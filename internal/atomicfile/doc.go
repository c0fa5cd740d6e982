// Package atomicfile writes files, and directories of files that belong together, so
// that a reader finds either all of the old content or all of the new, whenever the
// process is killed or the machine stops.
//
// A file is written under a temporary name in the same directory, flushed to the disk
// and renamed. A directory is written beside the old one, flushed, and swapped with two
// renames; see [WriteDir]. After an error the old content is unchanged and nothing
// temporary is left. Leftovers of a killed process are removed by the next write to the
// same path.
//
// Only one writer at a time may write a path. Concurrent writers never mix their
// contents, but one of them may get an error.
package atomicfile
