package graph

// DeclarationError is an error of [New] caused by one node or one prediction of the
// declaration. Its message names it; the position is for programs that read
// declarations from a source and can report the line.
type DeclarationError struct {
	// Node is the index in Declaration.Nodes of the faulty node, or −1.
	Node int
	// Prediction is the index in Declaration.Predictions of the faulty prediction, or
	// −1.
	Prediction int
	// Err is the cause.
	Err error
}

// Error returns the message of Err.
func (e *DeclarationError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *DeclarationError) Unwrap() error { return e.Err }

// ofNode attributes err to node i; nil stays nil.
func ofNode(i int, err error) error {
	if err == nil {
		return nil
	}
	return &DeclarationError{Node: i, Prediction: -1, Err: err}
}

// ofPrediction attributes err to prediction k; nil stays nil.
func ofPrediction(k int, err error) error {
	if err == nil {
		return nil
	}
	return &DeclarationError{Node: -1, Prediction: k, Err: err}
}
