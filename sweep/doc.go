// Package sweep runs many independent trials of one function, such as a training
// run for each combination of learning rule, learning rate and seed, and keeps what
// they find.
//
// A trial is a value of parameters of the user's own type. [Grid] makes all
// combinations of lists of values; [Random] and [Halton] draw points from ranges, and
// [TPE], by [Minimize], those that promise the most after the trials before. A [Runner]
// runs the trials on all processors. Its results are in the order of the parameters and
// do not depend on how many run at a time. With a [Pruner] it stops trials that [Report]
// scores worse than others.
//
// With a [Store] each result is written to a file as its trial ends, so that a run
// that is killed goes on where it was: at most the trials in flight are lost.
//
//	store, err := sweep.Open("rates.jsonl", sweep.StoreSettings[Params, Result]{
//		Header: sweep.Header{Schema: 1, Name: "rates", Settings: settings}, Resume: true,
//	})
//	...
//	runner := sweep.Runner[Params, Result]{Store: store}
//	records, err := runner.Run(ctx, params, train)
package sweep
