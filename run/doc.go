// Package run is a training run in a directory: what the prospect command does
// with its flags, without the command line.
//
//	manifest.json    every setting, the versions of the modules, the host
//	metrics.jsonl    one line for each epoch
//	checkpoint/      weights, optimizer, position; replaced as a whole
//
// [Settings] describe a run, [Settings.Check] looks at them before any work
// is done, and [Run.Train] runs them, from the start or from the last
// checkpoint. A run that is killed at any moment and resumed ends with the same
// weights, bit for bit, as one that was left alone.
package run
