package baselines

// Divisible returns nil: the gradients are sums over the samples; see [train.Divisible].
func (*TargetPropagation) Divisible() error { return nil }

// Divisible returns nil: the gradients are sums over the samples; see [train.Divisible].
func (*FixedPrediction) Divisible() error { return nil }

// Divisible returns nil: the gradients are sums over the samples; see [train.Divisible].
func (*GeneRec) Divisible() error { return nil }

// Divisible returns nil: the gradients are sums over the samples; see [train.Divisible].
func (*Hopfield) Divisible() error { return nil }

// Divisible returns nil: the gradients are sums over the samples; see [train.Divisible].
func (*AlmeidaPineda) Divisible() error { return nil }
