// Package plot draws figures of measurements: lines with error bars or bands, dots
// for single seeds, bars, and numbers of others beside one's own.
//
// A [Figure] is plain data. It is written as PNG at 300 dpi, as SVG or as PDF, and
// its numbers as CSV, so that a picture can always be checked against what is in it.
// Every series is named where it ends, at the right of the axes, in a palette that
// the colour-blind can tell apart. A [Page] holds figures and tables in one HTML
// file that needs nothing else.
//
// Files are written under a temporary name and renamed: no one finds half of one.
package plot
