package baselines

import "github.com/seed-be841da4/prospect/train"

// Travels returns the number of steps per phase.
func (s Settling) Travels() int { return s.Steps }

// Travels returns one node less than there are steps: the first step only brings the
// error to the output.
func (r *AlmeidaPineda) Travels() int { return r.Steps - 1 }

// Travels returns the number of steps.
func (r *FixedPrediction) Travels() int { return r.Steps }

// Abortable reports whether rule is r itself; see [train.Abortable].
func (r *TargetPropagation) Abortable(rule train.Rule) bool { return rule == train.Rule(r) }

// Abortable reports whether rule is r itself; see [train.Abortable].
func (r *FixedPrediction) Abortable(rule train.Rule) bool { return rule == train.Rule(r) }

// Abortable reports whether rule is r itself; see [train.Abortable].
func (r *GeneRec) Abortable(rule train.Rule) bool { return rule == train.Rule(r) }

// Abortable reports whether rule is r itself; see [train.Abortable].
func (r *Hopfield) Abortable(rule train.Rule) bool { return rule == train.Rule(r) }

// Abortable reports whether rule is r itself; see [train.Abortable].
func (r *AlmeidaPineda) Abortable(rule train.Rule) bool { return rule == train.Rule(r) }
