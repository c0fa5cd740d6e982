package reproduce

import "slices"

// Info is what can be told of a panel before it is run.
type Info struct {
	Event      string   `json:"event"`
	Name       string   `json:"name"`
	Aliases    []string `json:"aliases,omitempty"`
	After      string   `json:"after,omitempty"`
	Shows      string   `json:"shows"`
	Experiment string   `json:"experiment"`
	Data       string   `json:"data,omitempty"`
	// Thinner says what the quick preset leaves out, beside seeds.
	Thinner string  `json:"quick_thinner,omitempty"`
	Seeds   Seeds   `json:"seeds,omitzero"`
	Quirks  []Quirk `json:"quirks,omitempty"`
	// PublishedSeeds is how many there are at --seeds published, and PublishedNumbers how
	// many numbers are compared then; 0 if the panel has none.
	PublishedSeeds   int `json:"published_seeds,omitempty"`
	PublishedNumbers int `json:"published_numbers,omitempty"`
	// Minutes is about how long a preset takes on two cores, and Trials how many
	// there are.
	Minutes map[Preset]float64 `json:"minutes"`
	Trials  map[Preset]int     `json:"trials"`
	// SharesTrials names the other panels that show trials of the same store.
	SharesTrials []string `json:"shares_trials,omitempty"`
}

// Info describes the panel.
func (p *Panel) Info() Info {
	trials := map[Preset]int{}
	for _, preset := range []Preset{Quick, Full} {
		trials[preset] = len(p.trials(Options{Preset: preset, Protocol: Published}))
	}
	info := Info{
		Event: "list", Name: p.Name, Aliases: p.Aliases, After: p.After, Shows: p.Shows, Experiment: p.Protocol, Data: p.Data,
		Thinner: p.Thinner, Seeds: p.Seeds, Quirks: p.Quirks, Minutes: p.Minutes, Trials: trials,
		SharesTrials: slices.DeleteFunc(sharing(p.store()), func(name string) bool { return name == p.Name }),
	}
	if p.Exact != nil {
		info.PublishedSeeds, info.PublishedNumbers = p.Exact.most(), len(p.Exact.Numbers(Options{Preset: Full}))
	}
	return info
}
