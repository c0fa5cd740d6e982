package baselines_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// embedding remembers more than the rule that it embeds.
type embedding struct {
	*baselines.GeneRec
	cancel context.CancelFunc
	seen   error // of the context, once it has been cancelled
}

func (r *embedding) Gradients(ctx context.Context, net *graph.Network, b *train.Batch) (train.Stats, error) {
	r.cancel()
	r.seen = ctx.Err()
	return r.GeneRec.Gradients(ctx, net, b)
}

// Every rule can be cancelled within a batch, one that embeds a rule cannot.
func TestAbortable(t *testing.T) {
	net := mlp(t, models.MLP{Widths: []int{4, 8, 8, 3}}, 1)
	b := randomBatch(net, 4, rand.New(rand.NewPCG(1, 2)))
	forever := baselines.Settling{Steps: 1 << 40, Size: 1e-9}
	for _, rule := range []train.Rule{
		&baselines.GeneRec{Settling: forever}, &baselines.Hopfield{Settling: forever}, &baselines.AlmeidaPineda{Settling: forever},
		&baselines.FixedPrediction{Steps: 1 << 40, Size: 1e-9},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_, err := train.Learn(ctx, net, rule, &train.SGD{}, 0.1, b)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%T: got %v, want that the deadline is exceeded", rule, err)
		}
	}
	target := &baselines.TargetPropagation{}
	if !target.Abortable(target) || target.Abortable(&baselines.TargetPropagation{}) {
		t.Error("TargetPropagation is not abortable as itself alone")
	}

	ctx, cancel := context.WithCancel(t.Context())
	rule := &embedding{GeneRec: &baselines.GeneRec{Settling: baselines.Settling{Steps: 2, Size: 0.1}}, cancel: cancel}
	if _, err := train.Learn(ctx, net, rule, &train.SGD{}, 0.1, b); err != nil || rule.seen != nil {
		t.Errorf("embedded: got %v, context %v, want that the batch is finished", err, rule.seen)
	}
}
