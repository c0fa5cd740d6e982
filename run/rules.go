package run

// The learning rules.
const (
	PC          = "pc"          // prospective configuration
	BP          = "bp"          // backprop
	Incremental = "incremental" // prospective configuration with a weight step at every relaxation step
	ZIL         = "z-il"        // predictive coding that is backprop exactly

	// Rules written out by hand, for chains of dense layers.
	TargetPropagation = "target-propagation"
	GeneRec           = "generec"
	Hopfield          = "hopfield"
	AlmeidaPineda     = "almeida-pineda"
)

// rules is the table of learning rules that the command line accepts.
var rules = []struct {
	name, title string
	relaxes     bool // takes as many relaxation steps as it is told
}{
	{PC, "prospective configuration", true},
	{BP, "backprop", false},
	{Incremental, "incremental predictive coding", true},
	{ZIL, "zero-divergence inference learning", false},
	{TargetPropagation, "target propagation (linear networks)", false},
	{GeneRec, "GeneRec", true},
	{Hopfield, "continuous Hopfield network", true},
	{AlmeidaPineda, "Almeida-Pineda", true},
}

// RuleNames returns the names of the learning rules.
func RuleNames() []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// RuleTitle returns what a rule is called in full.
func RuleTitle(name string) string {
	for _, r := range rules {
		if r.name == name {
			return r.title
		}
	}
	return name
}

// Relaxes reports whether a rule takes as many relaxation steps as it is told.
func Relaxes(name string) bool {
	for _, r := range rules {
		if r.name == name {
			return r.relaxes
		}
	}
	return false
}
