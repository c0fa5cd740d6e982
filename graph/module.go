package graph

// module returns the jobs of the session.
func (s *Session) module() Module {
	m := Module{Graph: s.plan.g, Precision: s.net.settings.Precision, Inputs: s.moduleInputs(ClampedInput), Batch: s.plan.batch}
	feedforward := s.passJob()
	if s.state.measures() {
		feedforward.Stages = nil // it is a separate module
	}
	if len(s.terms.active) == 0 { // nothing else can run
		m.Jobs = []Job{jobFeedforward: feedforward}
		return m
	}
	m.Jobs = []Job{
		jobFeedforward: feedforward,
		jobRelax:       {Name: "relax", Loop: true, Stages: []Stage{s.relaxStage(false)}},
		jobLearn:       {Name: "learn", Parts: true, Stages: []Stage{s.learnStage()}},
	}
	if d, ok := s.net.settings.Engine.(interface{ Steps() bool }); ok && d.Steps() {
		m.Jobs = append(m.Jobs, Job{Name: "descend", Loop: true, Stages: []Stage{s.relaxStage(true)}})
	}
	if len(s.firsts) > 0 {
		s.jobFirst = len(m.Jobs)
		m.Jobs = append(m.Jobs, Job{Name: "first predictions", Stages: []Stage{s.firstStage()}})
	}
	return m
}

// passModule is the feedforward pass of a session that also computes the batch's values
// of buffers. There they change from one stage to the next; all other programs treat
// them as data that stay constant until the next pass.
func (s *Session) passModule() Module {
	m := Module{Graph: s.plan.g, Precision: s.net.settings.Precision, Inputs: s.moduleInputs(FreeInput)}
	m.Jobs, s.measured = s.state.divide(s.passJob())
	return m
}

func (s *Session) passJob() Job { return Job{Name: "feedforward", Stages: s.feedforwardStages()} }

// feedforwardStages lists the predictions in order, in training each after the batch's
// values that it reads, and last the values that other predictions read.
func (s *Session) feedforwardStages() []Stage {
	var stages []Stage
	done := make([]bool, len(s.net.decl.Predictions))
	for _, st := range s.order {
		stages = append(stages, s.state.stages(s.plan, st.prediction)...)
		stages = append(stages, Stage{{Node: s.plan.means[st.prediction], Tensor: s.acts[st.node]}})
		done[st.prediction] = true
	}
	for k := range done {
		if !done[k] && (s.roles.active[k] || s.roles.amortised[k]) {
			stages = append(stages, s.state.stages(s.plan, k)...)
		}
	}
	return append(stages, s.state.stages(s.plan, -1)...)
}

// moduleInputs lists the inputs of all jobs of this session. values is the kind of the
// batch's values of buffers.
func (s *Session) moduleInputs(values InputKind) []Input {
	var in []Input
	for i, x := range s.plan.acts {
		kind := FreeInput
		if s.roles.clamped[i] {
			kind = ClampedInput
		}
		in = append(in, Input{Node: x, Kind: kind, Tensor: s.acts[i], Sampled: true})
		if still := s.plan.still[i]; still != nil {
			in = append(in, Input{Node: still, Kind: kind, Tensor: s.acts[i], Sampled: true})
		}
	}
	in = append(in, s.plan.fixedInputs()...)
	in = append(in, s.state.inputs(s.plan, values)...)
	return append(in, s.terms.inputs(s.plan)...)
}

// relaxStage computes energies and the gradients of the free nodes, which are stored,
// or descended in place.
func (s *Session) relaxStage(descend bool) Stage {
	stage := s.terms.outputs(s.plan)
	for _, i := range s.roles.free {
		o := Output{Node: s.plan.dActs[i], Tensor: s.grads[i]}
		if descend {
			o.Tensor, o.Descend = nil, s.plan.acts[i]
		}
		stage = append(stage, o)
	}
	return stage
}

// learnStage computes energies and the gradients of the parameters.
func (s *Session) learnStage() Stage {
	stage := s.terms.outputs(s.plan)
	for i, g := range s.plan.dParams {
		stage = append(stage, Output{Node: g, Tensor: s.net.params[i].Grad})
	}
	return stage
}
