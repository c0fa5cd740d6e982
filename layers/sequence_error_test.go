package layers_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

func TestSequenceErrors(t *testing.T) {
	seq, flat := graph.Shape{3, 4}, graph.Shape{10}
	for _, tt := range []struct {
		layer graph.Layer
		in    []graph.Shape
		want  string
	}{
		{layers.LayerNorm{Axes: 2}, []graph.Shape{flat}, "layernorm: Axes, got 2 for an input of shape [10] for each sample"},
		{layers.LayerNorm{Eps: -1}, []graph.Shape{flat}, "layernorm: Eps, got -1, want a positive number"},
		{layers.LayerNorm{}, []graph.Shape{flat, flat}, "layernorm: got 2 inputs, want 1"},
		{layers.GroupNorm{}, []graph.Shape{flat}, "groupnorm: Groups, got 0 for an input of shape [10] for each sample, want a divisor of its 10 channels"},
		{layers.GroupNorm{Groups: 3}, []graph.Shape{flat}, "groupnorm: Groups, got 3"},
		{layers.Embedding{Symbols: 3}, []graph.Shape{flat}, "embedding: Symbols and Width, got 3 and 0, want at least 1"},
		{layers.Position{}, []graph.Shape{flat}, "position: input, got shape [10] for each sample, want two axes: length, width"},
		{layers.MultiHeadAttention{}, []graph.Shape{flat}, "attention: input, got shape [10] for each sample, want two axes: length, width"},
		{layers.MultiHeadAttention{}, []graph.Shape{seq, seq, seq}, "attention: got 3 inputs, want 1, or 2"},
		{layers.MultiHeadAttention{Heads: 3}, []graph.Shape{seq}, "attention: Heads, got 3 for an input of shape [3 4] for each sample, want a divisor of its width 4"},
		{layers.MultiHeadAttention{Heads: -2}, []graph.Shape{seq}, "attention: Heads, got -2"},
		{layers.MultiHeadAttention{Causal: true}, []graph.Shape{seq, {2, 4}}, "attention: Causal, got inputs of shapes [3 4] and [2 4] for each sample, want equal lengths"},
		{layers.TransformerBlock{}, []graph.Shape{flat}, "transformer block: input, got shape [10]"},
		{layers.TransformerBlock{Hidden: -1}, []graph.Shape{seq}, "transformer block: Hidden, got -1"},
		{layers.TransformerBlock{Heads: 3}, []graph.Shape{seq}, "transformer block: attention: body (layers.Sequential): layer 1 (layers.MultiHeadAttention): layers: attention: Heads, got 3"},
		{layers.MaskedDense{Radius: 1}, []graph.Shape{flat}, "masked dense: Out, got 0"},
		{layers.MaskedDense{Out: 2}, []graph.Shape{flat}, "masked dense: Connections and Radius, got lists for 0 units and radius 0, want one of the two"},
		{layers.MaskedDense{Out: 2, Radius: 1, Connections: [][]int{{0}, {1}}}, []graph.Shape{flat}, "got lists for 2 units and radius 1, want one of the two"},
		{layers.MaskedDense{Out: 2, Radius: -1}, []graph.Shape{flat}, "Radius: layers: neighbours: got grids [10] and [2] and radius -1"},
		{layers.MaskedDense{Out: 3, Radius: 1e-9}, []graph.Shape{flat}, "masked dense: none of 10 units is connected to any of 3; use a larger Radius"},
		{layers.MaskedDense{Out: 2, Connections: [][]int{{0}}}, []graph.Shape{flat}, "masked dense: Connections, got lists for 1 units, want 2"},
		{layers.MaskedDense{Out: 1, Connections: [][]int{{0, 10}}}, []graph.Shape{flat}, "masked dense: Connections: unit 0 reads unit 10, want units from 0 to 9"},
		{layers.MaskedDense{Out: 2, Radius: 1}, []graph.Shape{seq}, "masked dense: input, got shape [3 4] for each sample, want one axis; put layers.Flatten{} before it"},
	} {
		wantError(t, tt.layer, tt.in, tt.want)
	}
}
