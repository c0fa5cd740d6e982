// Package tensorboard writes event files, which TensorBoard shows: scalars, histograms,
// images and texts over the steps of a run.
//
//	w, err := tensorboard.Create("runs/a", 0)
//	trainer.OnEpoch(w.Epoch) // what a trainer observes, and its weights
//	...
//	err = w.Close()
//
// and then "tensorboard --logdir runs". An event file is a sequence of records, each a
// protocol buffer of the message Event between two checksums; the fields are those of
// tensorflow/core/util/event.proto and framework/summary.proto.
package tensorboard
