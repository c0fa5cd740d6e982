// Package atomicfile writes files, and directories of files that belong together,
// so that a reader finds either all of the old content or all of the new one,
// whenever the process is killed or the machine stops.
//
// A file is written under a temporary name in the same directory, flushed to the
// disk and renamed. A directory is written beside the old one, flushed, and
// swapped with two renames; see [WriteDir]. After an error the old content is as
// it was and nothing temporary is left. What a killed process leaves behind is
// removed by the next write to the same path.
//
// One writer at a time may write a path. Two at once never mix their contents,
// but one of them may get an error.
package atomicfile
