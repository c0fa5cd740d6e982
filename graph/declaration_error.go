package graph

// DeclarationError is an error of [New] that one node or one prediction of the
// declaration causes. Its message names it; the position is for programs that
// read declarations from somewhere and can say where it stands there.
type DeclarationError struct {
	// Node is the index in Declaration.Nodes of the node at fault, or −1.
	Node int
	// Prediction is the index in Declaration.Predictions of the prediction at
	// fault, or −1.
	Prediction int
	// Err says what is wrong.
	Err error
}

// Error returns the message of Err.
func (e *DeclarationError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *DeclarationError) Unwrap() error { return e.Err }

// ofNode blames node i for err; nil stays nil.
func ofNode(i int, err error) error {
	if err == nil {
		return nil
	}
	return &DeclarationError{Node: i, Prediction: -1, Err: err}
}

// ofPrediction blames prediction k for err; nil stays nil.
func ofPrediction(k int, err error) error {
	if err == nil {
		return nil
	}
	return &DeclarationError{Node: -1, Prediction: k, Err: err}
}
